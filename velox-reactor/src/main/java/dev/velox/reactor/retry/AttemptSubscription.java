package dev.velox.reactor.retry;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/**
 * One subscription for downstream over the changing subscriptions of the attempts: carries demand
 * that is not yet met from one to the next.
 *
 * <p>One owner: {@code wip} counts changes made and not yet taken in. Who raises it from zero takes
 * them in; the fields {@code current} and {@code outstanding} belong to that owner alone.
 *
 * <pre>
 *   request(n)    by downstream, at any time:    missed demand + n          then drain
 *   attach(s)     by the attempt that begins:    arrived = s                then drain
 *   detach(n)     by the attempt that has ended: n elements were delivered  then drain
 *   cancel()      by downstream, at any time:    cancelled, for good        then drain
 * </pre>
 *
 * <p>Each change is visible before the increment of {@code wip} that announces it, and the owner
 * leaves only by bringing {@code wip} back to zero, so none is left behind. Upstream is asked after
 * the owner has left: what it does in answer (deliver, fail, begin another attempt) meets no half
 * made change. A request or cancellation that reaches an attempt which has ended meanwhile is lost
 * on it without harm, since {@code outstanding} has it and the next attempt asks for all of that.
 * An attempt attached after {@code cancelled} was set is cancelled by whoever drains, and the
 * setter of {@code cancelled} drains after setting it.
 */
abstract class AttemptSubscription implements Subscription, Scannable {

  private static final AtomicIntegerFieldUpdater<AttemptSubscription> WIP =
      AtomicIntegerFieldUpdater.newUpdater(AttemptSubscription.class, "wip");
  private static final AtomicLongFieldUpdater<AttemptSubscription> MISSED =
      AtomicLongFieldUpdater.newUpdater(AttemptSubscription.class, "missed");
  private static final AtomicLongFieldUpdater<AttemptSubscription> DELIVERED =
      AtomicLongFieldUpdater.newUpdater(AttemptSubscription.class, "delivered");

  @SuppressWarnings("rawtypes")
  private static final AtomicReferenceFieldUpdater<AttemptSubscription, Subscription> ARRIVED =
      AtomicReferenceFieldUpdater.newUpdater(
          AttemptSubscription.class, Subscription.class, "arrived");

  private volatile int wip;
  private volatile long missed;
  private volatile long delivered;
  private volatile @Nullable Subscription arrived;
  private volatile boolean cancelled;
  private volatile boolean unbounded;

  private @Nullable Subscription current;
  private long outstanding;

  @Override
  public final void request(long n) {
    if (!Operators.validate(n) || unbounded) {
      return;
    }
    if (wip == 0 && WIP.compareAndSet(this, 0, 1)) {
      add(n);
      Subscription target = current;
      if (WIP.decrementAndGet(this) != 0) {
        drain();
      }
      if (target != null) {
        target.request(n);
      }
    } else {
      Operators.addCap(MISSED, this, n);
      announce();
    }
  }

  /** The next attempt's subscription: it is asked for what is outstanding. */
  final void attach(Subscription subscription) {
    if (wip == 0 && WIP.compareAndSet(this, 0, 1)) {
      current = subscription;
      long demand = outstanding;
      if (cancelled) {
        subscription.cancel();
      }
      if (WIP.decrementAndGet(this) != 0) {
        drain();
      }
      if (demand != 0) {
        subscription.request(demand);
      }
    } else {
      ARRIVED.set(this, subscription);
      announce();
    }
  }

  /** The attempt has ended after so many elements. */
  final void detach(long elements) {
    if (wip == 0 && WIP.compareAndSet(this, 0, 1)) {
      current = null;
      subtract(elements);
      if (WIP.decrementAndGet(this) != 0) {
        drain();
      }
    } else if (elements != 0) {
      Operators.addCap(DELIVERED, this, elements);
      announce();
    }
  }

  @Override
  public void cancel() {
    if (!cancelled) {
      cancelled = true;
      announce();
    }
  }

  final boolean isCancelled() {
    return cancelled;
  }

  final long outstanding() {
    return outstanding;
  }

  private void announce() {
    if (WIP.getAndIncrement(this) == 0) {
      drain();
    }
  }

  private void drain() {
    Subscription target = null;
    long demand = 0;
    int taken = wip;
    do {
      Subscription next = arrived == null ? null : ARRIVED.getAndSet(this, null);
      long more = missed == 0 ? 0 : MISSED.getAndSet(this, 0);
      long less = delivered == 0 ? 0 : DELIVERED.getAndSet(this, 0);
      add(more);
      subtract(less);
      if (cancelled) {
        cancel(next);
        cancel(current);
        current = null;
        target = null;
      } else if (next != null) {
        current = next;
        target = next;
        demand = outstanding;
      } else if (more != 0 && current != null) {
        demand = Operators.addCap(target == current ? demand : 0, more);
        target = current;
      }
      taken = WIP.addAndGet(this, -taken);
    } while (taken != 0);
    if (target != null && demand != 0) {
      target.request(demand);
    }
  }

  private void add(long more) {
    if (more != 0) {
      outstanding = Operators.addCap(outstanding, more);
      if (outstanding == Long.MAX_VALUE) {
        unbounded = true;
      }
    }
  }

  private void subtract(long less) {
    if (outstanding != Long.MAX_VALUE) {
      // A source that gave more than it was asked for owes nothing after that.
      outstanding = Math.max(0, outstanding - less);
    }
  }

  private static void cancel(@Nullable Subscription subscription) {
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
