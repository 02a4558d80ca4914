package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Trampoline;
import dev.velox.reactor.internal.Waiter;
import dev.velox.reactor.internal.WaiterQueue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits until a ref of a set has changed: one waiter, linked at each of the refs.
 *
 * <p>No change is missed: the waiter is linked at all refs first, then each head is compared with
 * the one that was read; a commit installs its heads first, then looks for waiters. Both use
 * volatile accesses, so one of the two sees the other.
 *
 * <p>Nothing stays behind: whoever ends the waiter (a commit, a cancellation, a time-out, or the
 * comparison above) unlinks it from all refs. As it may still be in the middle of linking itself,
 * it looks once more at the end of linking whether it has ended, and unlinks again.
 */
final class RetryWaiter extends Waiter<Boolean> {

  /**
   * Who waits at one ref. Ended waiters are swept when they outnumber the living, so each
   * cancellation pays O(1).
   */
  record Line(WaiterQueue<RetryWaiter> queue, int ended) {

    static final Line EMPTY = new Line(WaiterQueue.empty(), 0);

    Line plus(RetryWaiter waiter) {
      return new Line(queue.plus(waiter), ended);
    }

    @Nullable Line withOneEnded() {
      int now = ended + 1;
      if (2 * now <= queue.size()) {
        return new Line(queue, now);
      }
      WaiterQueue<RetryWaiter> living = WaiterQueue.withoutEnded(queue);
      return living.isEmpty() ? null : new Line(living, 0);
    }
  }

  private static final AtomicLong TICKETS = new AtomicLong();

  private final long ticket = TICKETS.getAndIncrement();
  private final Runnable wake;
  private final List<TRef<?>> refs;

  RetryWaiter(List<TRef<?>> refs, Runnable wake) {
    this.refs = refs;
    this.wake = wake;
  }

  /**
   * Begins to wait.
   *
   * @param current whether each ref still has the head that was read
   * @return whether it waits; if not, either a ref has changed already (it was abandoned here,
   *     nobody else wakes it), or someone else has ended it
   */
  boolean await(Supplier<Boolean> current) {
    for (TRef<?> ref : refs) {
      ref.addWaiter(this);
    }
    if (!current.get() && abandon() != null) {
      unlink();
      return false;
    }
    if (!isWaiting()) {
      unlink();
    }
    return true;
  }

  /** Ends the waiting on behalf of who unlinks it himself. */
  boolean quit() {
    return abandon() != null;
  }

  /** Ends the waiting without a wake-up. */
  void leave() {
    if (abandon() != null) {
      unlink();
    }
  }

  private void unlink() {
    for (TRef<?> ref : refs) {
      ref.waiterEnded();
    }
  }

  @Override
  public void run() {
    unlink();
    if (beginDelivery() != null) {
      wake.run();
    }
  }

  /** Wakes who waits at a ref just written, first come first served across all of them. */
  static void wakeAll(List<WaiterQueue<RetryWaiter>> lines) {
    List<RetryWaiter> woken = new ArrayList<>();
    for (WaiterQueue<RetryWaiter> line : lines) {
      for (WaiterQueue<RetryWaiter> rest = line; ; rest = rest.minusFirst()) {
        RetryWaiter waiter = rest.peek();
        if (waiter == null) {
          break;
        }
        if (waiter.grant(true)) {
          woken.add(waiter);
        }
      }
    }
    if (lines.size() > 1) {
      woken.sort(Comparator.comparingLong(waiter -> waiter.ticket));
    }
    woken.forEach(Trampoline::run);
  }
}
