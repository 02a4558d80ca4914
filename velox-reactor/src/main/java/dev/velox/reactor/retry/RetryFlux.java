package dev.velox.reactor.retry;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;

/** A stream under a policy. Holds no state: each subscription is an operation of its own. */
final class RetryFlux<T> extends Flux<T> implements Scannable {

  private final RetryPolicy policy;
  private final AttemptSource<T> source;
  private final boolean remembers;
  private final @Nullable Publisher<? extends T> parent;

  private RetryFlux(
      RetryPolicy policy,
      AttemptSource<T> source,
      boolean remembers,
      @Nullable Publisher<? extends T> parent) {
    this.policy = policy;
    this.source = source;
    this.remembers = remembers;
    this.parent = parent;
  }

  static <T> Flux<T> calling(RetryPolicy policy, AttemptSource<T> source, boolean remembers) {
    return onAssembly(new RetryFlux<>(policy, source, remembers, null));
  }

  static <T> Flux<T> over(RetryPolicy policy, Flux<? extends T> parent) {
    return onAssembly(new RetryFlux<>(policy, (number, failure, last) -> parent, false, parent));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    RetrySubscriber<T> subscriber = new RetrySubscriber<>(actual, policy, source, false, remembers);
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
