package dev.velox.reactor.sync;

import dev.velox.reactor.internal.WaiterQueue;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is signalled, and moves those from the line of the condition to the line of the
 * mutex. It knows no publisher, so that a model checker can drive it.
 *
 * <p>Two lines, never changed together: a waiter joins the condition's <i>before</i> its mutex is
 * given back, so that whoever comes in then finds it; and it is woken (see {@link
 * ConditionRequest}) before it joins the mutex's, which only the one thread does that woke it.
 */
final class ConditionCore {

  private final PermitCore mutex;
  private final Line<ConditionRequest> line = new Line<>();

  ConditionCore(PermitCore mutex) {
    this.mutex = mutex;
  }

  /** Joins the line; the mutex is to be given back next. */
  boolean join(ConditionRequest request, int maxWaiters) {
    if (line.join(request, maxWaiters) != Line.Joined.JOINED) {
      return false;
    }
    if (!request.isWaiting()) {
      line.left(); // it was cancelled just before it was linked
    }
    return true;
  }

  /** Wakes the first that still waits; it is to be {@linkplain #readmit readmitted} next. */
  @Nullable ConditionRequest next() {
    for (; ; ) {
      ConditionRequest first = line.poll();
      if (first == null || first.wake(ConditionRequest.Phase.SIGNALLED)) {
        return first;
      }
    }
  }

  /** All who stand in line; each is to be woken and readmitted next. */
  WaiterQueue<ConditionRequest> all() {
    return line.takeAll();
  }

  /**
   * Gives one that was woken the mutex, or lines it up for it.
   *
   * @return who is granted the mutex by this
   */
  @Nullable Request readmit(ConditionRequest woken) {
    if (mutex.acquire(1, woken, Integer.MAX_VALUE) == PermitCore.Answer.TAKEN) {
      return woken.grant(Request.GRANTED) ? woken : mutex.give(1);
    }
    // It may have been cancelled just before it was linked.
    return woken.hasLeft() ? mutex.left() : null;
  }

  /** One has left the line by itself. */
  void left() {
    line.left();
  }

  /** How many were not woken yet. One whose time is over may still be linked. */
  int waiting() {
    return line.count(request -> request.phase() == ConditionRequest.Phase.WAITING);
  }
}
