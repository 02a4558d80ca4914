package dev.velox.tck.actor;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Signal;
import reactor.util.context.Context;

/** How a {@code Mono} ended, once it has. */
final class Ending<T> implements CoreSubscriber<T> {

  private final Runnable whenOver;
  private volatile @Nullable Subscription subscription;
  private volatile @Nullable Signal<T> signal;

  Ending(Runnable whenOver) {
    this.whenOver = whenOver;
  }

  void subscribeTo(Mono<T> mono) {
    mono.subscribe(this);
  }

  boolean isOver() {
    return signal != null;
  }

  /** The value, the error, or a completion without a value; {@code null} if it has not ended. */
  @Nullable Signal<T> signal() {
    return signal;
  }

  void cancel() {
    Subscription running = subscription;
    if (running != null) {
      running.cancel();
    }
  }

  private void end(Signal<T> last) {
    if (signal == null) {
      signal = last;
      whenOver.run();
    }
  }

  @Override
  public void onSubscribe(Subscription given) {
    if (Operators.validate(subscription, given)) {
      subscription = given;
      given.request(Long.MAX_VALUE);
    }
  }

  @Override
  public void onNext(T value) {
    end(Signal.next(value));
  }

  @Override
  public void onError(Throwable error) {
    end(Signal.error(error));
  }

  @Override
  public void onComplete() {
    end(Signal.complete());
  }

  @Override
  public Context currentContext() {
    return Context.empty();
  }
}
