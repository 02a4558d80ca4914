package dev.velox.reactor.worker;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * How a worker's own thread waits for a {@code Mono}. {@code Mono.block} would give up at an
 * interrupt, and could lose an element that arrives at that moment.
 *
 * <p>One latch, opened by the first of a terminal signal and {@link #cancel()}; what was written
 * before is seen by the thread that waited.
 *
 * @param <T> the type of the element
 */
final class Awaiting<T> implements CoreSubscriber<T> {

  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Subscription subscription;
  private volatile boolean cancelled;
  private @Nullable T value;
  private @Nullable Throwable failure;

  private Awaiting() {}

  static <T> Awaiting<T> of(Mono<T> mono) {
    Awaiting<T> awaiting = new Awaiting<>();
    mono.subscribe(awaiting);
    return awaiting;
  }

  @Override
  public void onSubscribe(Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(T element) {
    value = element;
  }

  @Override
  public void onError(Throwable error) {
    failure = error;
    ended.countDown();
  }

  @Override
  public void onComplete() {
    ended.countDown();
  }

  @Override
  public Context currentContext() {
    return Context.empty();
  }

  /** Gives up, from any thread. */
  void cancel() {
    Subscription seen = subscription;
    if (seen != null) {
      seen.cancel();
    }
    cancelled = true;
    ended.countDown();
  }

  /** Waits, whatever interrupts come: they were not meant for this. */
  void await() {
    boolean waits = true;
    while (waits) {
      try {
        ended.await();
        waits = false;
      } catch (InterruptedException nobodys) {
        // Waits on.
      }
    }
  }

  /** Waits until the end or an interrupt, which is passed on. */
  void awaitInterruptibly() throws InterruptedException {
    ended.await();
  }

  @Nullable T value() {
    return value;
  }

  @Nullable Throwable failure() {
    return failure;
  }

  boolean isCancelled() {
    return cancelled;
  }
}
