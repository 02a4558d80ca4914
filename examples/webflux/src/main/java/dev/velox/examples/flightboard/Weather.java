package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.FailedAttempt;
import dev.velox.reactor.retry.Jitter;
import dev.velox.reactor.retry.NetworkException;
import dev.velox.reactor.retry.NetworkFailures;
import dev.velox.reactor.retry.RetryListener;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.retry.RetryableException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The weather at the airports, from an upstream that fails, hangs, and asks for patience.
 *
 * <p>A call is tried again by a policy: an attempt that hangs is cancelled, {@code Retry-After} is
 * honoured, delays have jitter, and all of it has a deadline. What is known is kept for a while,
 * and however many ask for one airport, one asks the upstream.
 */
final class Weather {

  /** How long an answer may take, with all attempts. */
  static final Duration DEADLINE = Duration.ofSeconds(30);

  private final WebClient client = WebClient.create();
  private final Function<String, URI> upstream;
  private final Duration attemptTimeout;
  private final ConcurrentMap<String, Report> reports;
  private final Broadcast<Tried> attempts = Broadcast.<Tried>builder().replay(32).build();

  // Attempts are made side by side; one after the other they get their numbers.
  private final Channel<Tried> told = Channel.unbounded();

  /**
   * @param upstream where the weather of an airport is asked for
   * @param kept for how long it is not asked for again
   * @param attemptTimeout how long an attempt may take
   */
  Weather(Function<String, URI> upstream, Duration kept, Duration attemptTimeout) {
    this.upstream = upstream;
    this.attemptTimeout = attemptTimeout;
    this.reports =
        ConcurrentMap.<String, Report>builder().name("weather").expireAfterWrite(kept).build();
    told.asFlux()
        .index((index, tried) -> tried.numbered(index + 1))
        .subscribe(attempts::tryPublish);
  }

  /** Fails with the last error of the upstream, when no attempt has brought an answer. */
  Mono<Report> at(String code) {
    return reports.getOrLoad(code, this::ask);
  }

  /** Each attempt as it is made, and a few of the last ones; who is slow misses some. */
  Flux<Tried> attempts() {
    return attempts.asFlux(SlowSubscriber.DROP_OLDEST, 64);
  }

  private Mono<Report> ask(String code) {
    return policy(code)
        .executeAttempts(
            attempt -> {
              tell(code, attempt.number(), "begun", attempt.lastFailure(), null);
              return client
                  .get()
                  .uri(upstream.apply(code))
                  .retrieve()
                  .bodyToMono(Sky.class)
                  .onErrorMap(
                      WebClientResponseException.class,
                      refused ->
                          NetworkFailures.mapStatus(
                              refused.getStatusCode().value(),
                              refused.getHeaders().getFirst("Retry-After"),
                              refused))
                  .onErrorMap(NetworkFailures::map)
                  .map(sky -> new Report(code, sky.sky(), sky.celsius(), attempt.number()))
                  .doOnNext(answered -> tell(code, attempt.number(), "answered", null, null));
            });
  }

  /** The same rules for all airports, and a listener that knows which airport this is about. */
  private RetryPolicy policy(String code) {
    return RetryPolicy.builder()
        .maxAttempts(5)
        .backoff(Backoff.exponential(Duration.ofMillis(50)).jitter(Jitter.FULL))
        .retryOn(NetworkException.class, RetryableException.class, TimeoutException.class)
        .attemptTimeout(attemptTimeout)
        .deadline(DEADLINE)
        .name("weather")
        .listener(
            new RetryListener() {
              @Override
              public void onRetry(FailedAttempt failed, Duration delay) {
                tell(code, failed.attempt(), "failed", failed.error(), delay);
              }

              @Override
              public void onGiveUp(FailedAttempt failed, Reason reason) {
                tell(code, failed.attempt(), "given up", failed.error(), null);
              }
            })
        .build();
  }

  private void tell(
      String code, int attempt, String what, @Nullable Throwable after, @Nullable Duration delay) {
    told.trySend(
        new Tried(
            0,
            Instant.now(),
            code,
            attempt,
            what,
            after == null ? null : after.getClass().getSimpleName(),
            delay == null ? null : delay.toMillis()));
  }

  /**
   * What the upstream answers.
   *
   * @param sky in a word
   * @param celsius the temperature
   */
  record Sky(String sky, int celsius) {}

  /**
   * The weather at an airport.
   *
   * @param code which airport
   * @param sky in a word
   * @param celsius the temperature
   * @param attempts how often the upstream was asked for it
   */
  record Report(String code, String sky, int celsius, int attempts) {}

  /**
   * What becomes of an attempt to ask the upstream.
   *
   * @param number which of all these it is, from 1; 0 as long as it has none
   * @param at when
   * @param code for which airport
   * @param attempt which one, from 1
   * @param what {@code begun}, {@code answered}, {@code failed}, or, if it was the last, {@code
   *     given up}
   * @param after how it failed, or, if it has begun, how the one before did; {@code null} if none
   * @param delayMillis how long is waited before the next, if it {@code failed}
   */
  record Tried(
      long number,
      Instant at,
      String code,
      int attempt,
      String what,
      @Nullable String after,
      @Nullable Long delayMillis) {

    Tried numbered(long which) {
      return new Tried(which, at, code, attempt, what, after, delayMillis);
    }
  }
}
