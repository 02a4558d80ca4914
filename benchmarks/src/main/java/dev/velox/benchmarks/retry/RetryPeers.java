package dev.velox.benchmarks.retry;

import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.RetryPolicy;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.RetryConfig;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.IntSupplier;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * The peers by name: each a call that is assembled once, and subscribed to by each {@code
 * getAsInt}.
 */
final class RetryPeers {

  private static final int ATTEMPTS = 4;

  private RetryPeers() {}

  static IntSupplier of(String peer, boolean fails) {
    FailsOnce call = new FailsOnce(fails);
    Mono<Integer> mono = Mono.fromCallable(call);
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(ATTEMPTS).backoff(Backoff.none()).build();
    return switch (peer) {
      case "limit-no-retry" -> reactor(mono);
      case "retry-n" -> reactor(mono.retry(ATTEMPTS - 1));
      case "reactor-max" -> reactor(mono.retryWhen(Retry.max(ATTEMPTS - 1)));
      case "reactor-backoff" -> reactor(mono.retryWhen(Retry.backoff(ATTEMPTS - 1, Duration.ZERO)));
      case "resilience4j" -> reactor(mono.transformDeferred(RetryOperator.of(resilience4j())));
      case "mutiny" ->
          mutiny(Uni.createFrom().item(call::call).onFailure().retry().atMost(ATTEMPTS - 1));
      case "velox" -> reactor(mono.transform(policy.operator()));
      case "velox-execute" -> reactor(policy.execute(() -> mono));
      case "velox-retryWhen" -> reactor(mono.retryWhen(policy));
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }

  private static io.github.resilience4j.retry.Retry resilience4j() {
    RetryConfig config =
        RetryConfig.custom().maxAttempts(ATTEMPTS).intervalFunction(IntervalFunction.of(1)).build();
    return io.github.resilience4j.retry.Retry.of("benchmark", config);
  }

  private static IntSupplier reactor(Mono<Integer> mono) {
    return () -> {
      Seen seen = new Seen();
      mono.subscribe(seen);
      return seen.value;
    };
  }

  private static IntSupplier mutiny(Uni<Integer> uni) {
    return () -> {
      Seen seen = new Seen();
      uni.subscribe().with(seen::onNext, seen::onError);
      return seen.value;
    };
  }

  /** Everything happens inside of subscribe: there is nothing to wait for. */
  private static final class Seen implements CoreSubscriber<Integer> {
    private int value = -1;

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Integer next) {
      value = next;
    }

    @Override
    public void onError(Throwable error) {
      throw new IllegalStateException(error);
    }

    @Override
    public void onComplete() {}
  }
}
