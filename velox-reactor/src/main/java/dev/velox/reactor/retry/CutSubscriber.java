package dev.velox.reactor.retry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Between a source and its subscriber: cancels the source and signals an error if the source has
 * not ended in time. Counts the whole life of the source, elements or not.
 *
 * <pre>
 *   IDLE ---onNext---&gt; EMITTING ---delivered---&gt; IDLE
 *   IDLE ---timer----&gt; ENDED      the timer signals
 *   EMITTING --timer-&gt; CUT        the source's thread signals after the delivery, so that signals
 *                                 stay serial, and goes to ENDED
 *   IDLE, EMITTING ---onError, onComplete---&gt; ENDED
 *   IDLE, EMITTING, CUT ---cancel---&gt; CANCELLED
 * </pre>
 *
 * <p>Each is one compare-and-set, so one of end, cut and cancellation wins. After a cancellation an
 * element that is on its way still passes, for downstream to discard as it does; after a cut none
 * does. A source that signals its end inside of its own {@code onNext} is serial with itself, so
 * ENDED may follow EMITTING directly.
 */
final class CutSubscriber<T> extends Operators.DeferredSubscription implements CoreSubscriber<T> {

  private static final int IDLE = 0;
  private static final int EMITTING = 1;
  private static final int CUT = 2;
  private static final int ENDED = 3;
  private static final int CANCELLED = 4;

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<CutSubscriber> STATE =
      AtomicIntegerFieldUpdater.newUpdater(CutSubscriber.class, "state");

  private final CoreSubscriber<? super T> actual;
  private final Supplier<? extends Throwable> late;
  private final Disposable.Swap timer = Disposables.swap();
  private volatile int state;

  CutSubscriber(CoreSubscriber<? super T> actual, Supplier<? extends Throwable> late) {
    this.actual = actual;
    this.late = late;
  }

  /** Subscribes the actual subscriber to this and starts the clock; the source comes after. */
  void start(Scheduler scheduler, long nanos) {
    actual.onSubscribe(this);
    if (state == IDLE) {
      timer.update(scheduler.schedule(this::expire, nanos, TimeUnit.NANOSECONDS));
    }
  }

  @Override
  public Context currentContext() {
    return actual.currentContext();
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    set(subscription);
  }

  @Override
  public void onNext(T element) {
    while (true) {
      int now = state;
      if (now == IDLE) {
        if (STATE.compareAndSet(this, IDLE, EMITTING)) {
          actual.onNext(element);
          delivered();
          return;
        }
      } else {
        if (now == EMITTING || now == CANCELLED) {
          // From within its own onNext, serial with itself: the outer call will look for a cut. Or
          // nobody will signal an end any more.
          actual.onNext(element);
        } else {
          Operators.onDiscard(element, currentContext());
        }
        return;
      }
    }
  }

  private void delivered() {
    if (!STATE.compareAndSet(this, EMITTING, IDLE) && STATE.compareAndSet(this, CUT, ENDED)) {
      actual.onError(late.get());
    }
  }

  @Override
  public void onError(Throwable error) {
    if (end()) {
      actual.onError(error);
    } else {
      Operators.onErrorDropped(error, currentContext());
    }
  }

  @Override
  public void onComplete() {
    if (end()) {
      actual.onComplete();
    }
  }

  private boolean end() {
    while (true) {
      int now = state;
      if (now >= CUT) {
        return false;
      }
      if (STATE.compareAndSet(this, now, ENDED)) {
        timer.dispose();
        return true;
      }
    }
  }

  private void expire() {
    while (true) {
      int now = state;
      if (now >= CUT) {
        return;
      }
      if (STATE.compareAndSet(this, now, now == IDLE ? ENDED : CUT)) {
        super.cancel();
        if (now == IDLE) {
          actual.onError(late.get());
        }
        return;
      }
    }
  }

  @Override
  public void cancel() {
    int now = state;
    while (now < ENDED && !STATE.compareAndSet(this, now, CANCELLED)) {
      now = state;
    }
    timer.dispose();
    super.cancel();
  }

  @Override
  @SuppressWarnings("rawtypes") // Reactor declares it so.
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.TERMINATED) {
      return state == ENDED;
    }
    if (key == Attr.CANCELLED) {
      return state == CANCELLED;
    }
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.ASYNC;
    }
    return super.scanUnsafe(key);
  }
}
