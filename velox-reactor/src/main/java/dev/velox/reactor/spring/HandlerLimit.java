package dev.velox.reactor.spring;

import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Semaphore;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.server.HandlerFilterFunction;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Lets only so many requests into a handler at once, as many as a semaphore has permits. The others
 * wait, first come, first served, without a thread; when as many wait as may, or one has waited as
 * long as it may, the answer is 503 with {@code Retry-After}.
 *
 * <pre>{@code
 * RouterFunction<ServerResponse> search = RouterFunctions.route()
 *     .GET("/search", this::search)
 *     .filter(HandlerLimit.of(semaphores.get("search")).maxWait(Duration.ofSeconds(2)))
 *     .build();
 * }</pre>
 *
 * <p>A request has its permit until its response is written, so a stream has it as long as it
 * lasts; it gives it back too when the handler fails, or the client leaves. A filter outside of
 * this one may look at the response, but has to pass it on: the permit comes back with the writing
 * of what this one answered.
 *
 * <p>For a controller there is the semaphore itself: {@code semaphore.withPermit(result)}. A value:
 * each method answers a new limit and leaves this one as it is.
 */
public final class HandlerLimit implements HandlerFilterFunction<ServerResponse, ServerResponse> {

  private static final Duration ALMOST_A_SECOND = Duration.ofSeconds(1).minusNanos(1);

  private final Semaphore semaphore;
  private final @Nullable Duration maxWait;
  private final Duration retryAfter;

  private HandlerLimit(Semaphore semaphore, @Nullable Duration maxWait, Duration retryAfter) {
    this.semaphore = semaphore;
    this.maxWait = maxWait;
    this.retryAfter = retryAfter;
  }

  /**
   * A limit. How many may wait says the semaphore; how long is not limited, and {@code Retry-After}
   * is one second.
   *
   * @param semaphore whose permits the requests take, one each
   * @return a new limit
   */
  public static HandlerLimit of(Semaphore semaphore) {
    return new HandlerLimit(Args.notNull(semaphore, "semaphore"), null, Duration.ofSeconds(1));
  }

  /**
   * How long a request may wait for its permit.
   *
   * @param time the time; zero not to wait
   * @return a new limit
   * @throws IllegalArgumentException if it is negative
   */
  public HandlerLimit maxWait(Duration time) {
    return new HandlerLimit(semaphore, Args.notNegative(time, "maxWait"), retryAfter);
  }

  /**
   * When a client that is turned away is asked to come again.
   *
   * @param time the time, rounded up to seconds
   * @return a new limit
   * @throws IllegalArgumentException if it is negative
   */
  public HandlerLimit retryAfter(Duration time) {
    return new HandlerLimit(semaphore, maxWait, Args.notNegative(time, "retryAfter"));
  }

  /** Called by Spring. */
  @Override
  public Mono<ServerResponse> filter(ServerRequest request, HandlerFunction<ServerResponse> next) {
    Mono<Lease> permit = maxWait == null ? semaphore.acquire() : semaphore.acquire(1, maxWait);
    // Errors are told apart before the handler is called, whose own are none of this filter's.
    return permit
        .map(lease -> handle(request, next, lease))
        .onErrorResume(TooManyWaitersException.class, full -> Mono.just(unavailable()))
        .onErrorResume(TimeoutException.class, late -> Mono.just(unavailable()))
        .flatMap(answer -> answer);
  }

  private static Mono<ServerResponse> handle(
      ServerRequest request, HandlerFunction<ServerResponse> next, Lease lease) {
    return Mono.defer(() -> next.handle(request))
        .<ServerResponse>map(response -> new HeldResponse(response, lease))
        .switchIfEmpty(Mono.fromRunnable(lease::release))
        .doOnError(failure -> lease.release())
        // Also when the client leaves between the handler's answer and its writing.
        .doOnCancel(lease::release);
  }

  private Mono<ServerResponse> unavailable() {
    return ServerResponse.status(HttpStatus.SERVICE_UNAVAILABLE)
        .header(HttpHeaders.RETRY_AFTER, seconds(retryAfter))
        .build();
  }

  /** What a Retry-After header says: whole seconds, rounded up. */
  static String seconds(Duration time) {
    return Long.toString(time.plus(ALMOST_A_SECOND).toSeconds());
  }

  /** Gives the permit back when it is written, whatever becomes of that. */
  private record HeldResponse(ServerResponse response, Lease lease) implements ServerResponse {

    @Override
    public HttpStatusCode statusCode() {
      return response.statusCode();
    }

    @Override
    public HttpHeaders headers() {
      return response.headers();
    }

    @Override
    public MultiValueMap<String, ResponseCookie> cookies() {
      return response.cookies();
    }

    @Override
    public Mono<Void> writeTo(ServerWebExchange exchange, Context context) {
      return Mono.defer(() -> response.writeTo(exchange, context))
          .doFinally(end -> lease.release());
    }
  }
}
