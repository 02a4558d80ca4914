package dev.velox.reactor.retry;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** A call under a policy. Holds no state: each subscription is an operation of its own. */
final class RetryMono<T> extends Mono<T> implements Scannable {

  private final RetryPolicy policy;
  private final AttemptSource<T> source;
  private final @Nullable Publisher<? extends T> parent;

  private RetryMono(
      RetryPolicy policy, AttemptSource<T> source, @Nullable Publisher<? extends T> parent) {
    this.policy = policy;
    this.source = source;
    this.parent = parent;
  }

  static <T> Mono<T> calling(RetryPolicy policy, AttemptSource<T> source) {
    return onAssembly(new RetryMono<>(policy, source, null));
  }

  static <T> Mono<T> over(RetryPolicy policy, Mono<? extends T> parent) {
    return onAssembly(new RetryMono<>(policy, (number, failure, last) -> parent, parent));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    RetrySubscriber<T> subscriber = new RetrySubscriber<>(actual, policy, source, true, false);
    actual.onSubscribe(subscriber);
    subscriber.start();
  }

  @Override
  @SuppressWarnings("rawtypes") // Reactor declares it so.
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return parent;
    }
    return policy.scan(key);
  }
}
