package dev.velox.reactor.sync;

import dev.velox.reactor.internal.Waiter;
import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A line of waiters that only an event releases: those of a condition or a latch.
 *
 * <p>State: one reference to an immutable queue, replaced by one compare-and-set per operation;
 * {@code null} once the line is closed, for ever. A waiter that is unlinked belongs to the thread
 * that unlinked it. One that leaves may stay linked until it is at the head or until the next
 * sweep, which comes when about half have left.
 *
 * @param <W> the kind of waiter
 */
final class Line<W extends Waiter<?>> {

  /** What became of a {@link #join}. */
  enum Joined {
    JOINED,
    CLOSED,
    FULL
  }

  private static final int KEPT_ENDED = 16;

  private static final VarHandle QUEUE;
  private static final VarHandle ENDED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      QUEUE = lookup.findVarHandle(Line.class, "queue", WaiterQueue.class);
      ENDED = lookup.findVarHandle(Line.class, "ended", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile @Nullable WaiterQueue<W> queue = WaiterQueue.empty();

  // About how many of the linked have ended; see PermitCore.
  @SuppressWarnings("UnusedVariable") // through ENDED
  private volatile int ended;

  /** Goes to the end of the line. */
  Joined join(W waiter, int maxWaiters) {
    for (; ; ) {
      WaiterQueue<W> seen = queue;
      if (seen == null) {
        return Joined.CLOSED;
      }
      if (seen.size() >= maxWaiters) {
        if ((int) ENDED.getVolatile(this) == 0) {
          return Joined.FULL;
        }
        sweep(seen);
      } else if (QUEUE.compareAndSet(this, seen, seen.plus(waiter))) {
        return Joined.JOINED;
      }
    }
  }

  /** Takes the first out of the line, whether it still waits or not. */
  @Nullable W poll() {
    for (; ; ) {
      WaiterQueue<W> seen = queue;
      W first = seen == null ? null : seen.peek();
      if (seen == null || first == null) {
        return null;
      }
      if (QUEUE.compareAndSet(this, seen, seen.minusFirst())) {
        if (!first.isWaiting()) {
          ENDED.getAndAdd(this, -1);
        }
        return first;
      }
    }
  }

  /** Takes all out of the line. */
  WaiterQueue<W> takeAll() {
    for (; ; ) {
      WaiterQueue<W> seen = queue;
      if (seen == null) {
        return WaiterQueue.empty();
      }
      if (QUEUE.compareAndSet(this, seen, WaiterQueue.empty())) {
        ENDED.setVolatile(this, 0);
        return seen;
      }
    }
  }

  /** Takes all out of the line, and lets nobody join it any more. */
  WaiterQueue<W> close() {
    for (; ; ) {
      WaiterQueue<W> seen = queue;
      if (seen == null) {
        return WaiterQueue.empty();
      }
      if (QUEUE.compareAndSet(this, seen, null)) {
        return seen;
      }
    }
  }

  boolean isClosed() {
    return queue == null;
  }

  /** A waiter has left by itself, or may have left before it was linked. */
  void left() {
    int count = (int) ENDED.getAndAdd(this, 1) + 1;
    for (; ; ) {
      WaiterQueue<W> seen = queue;
      if (seen == null) {
        return;
      }
      W first = seen.peek();
      boolean worth = count > seen.size() / 2 + KEPT_ENDED;
      if (!worth && first != null && !first.isWaiting()) {
        if (QUEUE.compareAndSet(this, seen, seen.minusFirst())) {
          count = (int) ENDED.getAndAdd(this, -1) - 1;
        }
      } else if (!worth || sweep(seen)) {
        return;
      }
    }
  }

  private boolean sweep(WaiterQueue<W> seen) {
    if (!QUEUE.compareAndSet(this, seen, WaiterQueue.withoutEnded(seen))) {
      return false;
    }
    ENDED.setVolatile(this, 0);
    return true;
  }

  /** How many are linked for whom something holds. It counts them. */
  int count(Predicate<? super W> which) {
    WaiterQueue<W> seen = queue;
    if (seen == null) {
      return 0;
    }
    int[] count = new int[1];
    seen.forEach(waiter -> count[0] += which.test(waiter) ? 1 : 0);
    return count[0];
  }
}
