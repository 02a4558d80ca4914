package dev.velox.reactor.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Somebody who waits for a condition, and then for the mutex again.
 *
 * <p>Whether it was signalled is one word, {@code phase}; whether it has the mutex, or has left, is
 * its waiter's. A cancellation first ends the waiter, then looks at the phase.
 *
 * <pre>
 *   NEW --begin--> WAITING --signal, broadcast, time-out--> SIGNALLED, BROADCAST, TIMED_OUT
 *   NEW, WAITING --cancel--> LEFT
 * </pre>
 *
 * <p>Each arrow is a compare-and-set. So a signal and a cancellation can't both win: a signal that
 * finds LEFT goes to the next waiter, and a cancellation that finds SIGNALLED passes the signal on.
 */
abstract class ConditionRequest extends Request {

  /** How far the waiting has come. */
  enum Phase {
    NEW,
    WAITING,
    SIGNALLED,
    BROADCAST,
    TIMED_OUT,
    LEFT
  }

  private static final VarHandle PHASE;

  static {
    try {
      PHASE = MethodHandles.lookup().findVarHandle(ConditionRequest.class, "phase", Phase.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile Phase phase = Phase.NEW;

  ConditionRequest() {
    super(1);
  }

  final Phase phase() {
    return phase;
  }

  final boolean begin() {
    return PHASE.compareAndSet(this, Phase.NEW, Phase.WAITING);
  }

  final boolean wake(Phase why) {
    return PHASE.compareAndSet(this, Phase.WAITING, why);
  }

  /** Marks one that has left; answers the phase in which it was. */
  final Phase leave() {
    for (; ; ) {
      Phase seen = phase;
      if ((seen != Phase.NEW && seen != Phase.WAITING)
          || PHASE.compareAndSet(this, seen, Phase.LEFT)) {
        return seen;
      }
    }
  }
}
