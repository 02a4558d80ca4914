package dev.velox.examples.quickstart;

import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.NetworkException;
import dev.velox.reactor.retry.RetryPolicy;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.reactor.circuitbreaker.operator.CircuitBreakerOperator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/**
 * More on section 10: a retry around Resilience4j's circuit breaker. The breaker sits inside and so
 * sees each attempt; once it is open there is no point in asking it again, so its refusal is not
 * retried.
 */
public final class CircuitBreakerExample {

  CircuitBreakerExample() {}

  private final CircuitBreaker breaker =
      CircuitBreaker.of(
          "weather",
          CircuitBreakerConfig.custom().slidingWindowSize(4).minimumNumberOfCalls(4).build());

  private final RetryPolicy policy =
      RetryPolicy.builder()
          .maxAttempts(3)
          .backoff(Backoff.none())
          .abortOn(CallNotPermittedException.class)
          .build();

  Mono<String> guarded(Mono<String> call) {
    return call.transformDeferred(CircuitBreakerOperator.of(breaker)).transform(policy.operator());
  }

  static List<String> run() {
    CircuitBreakerExample example = new CircuitBreakerExample();
    AtomicInteger calls = new AtomicInteger();
    Mono<String> down =
        Mono.defer(
            () -> {
              calls.incrementAndGet();
              return Mono.error(new NetworkException("down"));
            });
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      calls.set(0);
      String outcome =
          example
              .guarded(down)
              .onErrorResume(error -> Mono.just(error.getClass().getSimpleName()))
              .block();
      lines.add("operation " + i + ": " + calls.get() + " calls, " + outcome);
    }
    return lines;
  }

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    run().forEach(System.out::println);
  }
}
