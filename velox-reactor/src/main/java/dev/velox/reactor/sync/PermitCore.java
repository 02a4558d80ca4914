package dev.velox.reactor.sync;

import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides who gets permits: the one engine of mutexes (one permit), semaphores and read-write
 * mutexes (a reader takes one of very many, a writer takes all). It knows no publisher, so that a
 * model checker can drive it.
 *
 * <p><b>State.</b> One reference to an immutable {@link State}: how many permits are free, and who
 * stands in line. Each operation reads it and replaces it by one compare-and-set, which is the
 * instant at which it takes effect. States with an empty line are shared constants, so that to take
 * and give back a free permit is one compare-and-set each and allocates nothing.
 *
 * <pre>
 *   free >= wanted, nobody in line  --acquire-->  free - wanted
 *   otherwise                       --acquire-->  the request goes to the end of the line
 *   free + n fits the first ones    --give----->  they leave the line together, and are granted
 *   otherwise                       --give----->  free + n
 *   all free, nobody in line        --retire--->  RETIRED, for ever (keyed mutexes)
 * </pre>
 *
 * <p>After each operation the first in line, if it still waits, wants more than is free. So nobody
 * overtakes: a newcomer that finds a line joins it, and a big request at its head keeps what is
 * released from the small ones behind it until it has enough.
 *
 * <p><b>Requests</b> have a word of their own (see {@code Waiter}), since their subscriber may
 * leave at any time. The two words are never changed together; the order is <i>unlink, then
 * grant</i>. The compare-and-set that unlinks a request makes its thread the only one that can
 * grant it. If the request has left meanwhile, its permits are still in that thread's hand and
 * {@link #give} starts over with them: it counts as granted and given back, and others may see its
 * permits taken in between. A request that leaves calls {@link #left}, which serves those behind
 * it.
 *
 * <p><b>Lost wake-ups</b> can't be: a request joins the line by the same compare-and-set that sees
 * that it has to wait.
 *
 * <p><b>Signals</b> are not sent from here: the granted are handed to the caller, as a list linked
 * through themselves, who signals them when its own work is done.
 */
class PermitCore {

  /** What became of an {@link #acquire}. */
  enum Answer {
    TAKEN,
    WAITING,
    REFUSED,
    TOO_MANY,
    RETIRED
  }

  private static final class State {
    final int free;
    final WaiterQueue<Request> line;

    State(int free, WaiterQueue<Request> line) {
      this.free = free;
      this.line = line;
    }
  }

  private static final int CONSTANTS = 128;
  private static final State[] WITHOUT_LINE = new State[CONSTANTS];
  private static final State RETIRED = new State(0, WaiterQueue.empty());

  static {
    for (int free = 0; free < CONSTANTS; free++) {
      WITHOUT_LINE[free] = new State(free, WaiterQueue.empty());
    }
  }

  private static final VarHandle STATE;
  private static final VarHandle ENDED;
  private static final VarHandle TOTAL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(PermitCore.class, "state", State.class);
      ENDED = lookup.findVarHandle(PermitCore.class, "ended", int.class);
      TOTAL = lookup.findVarHandle(PermitCore.class, "total", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  // Ended requests may stay in line until they outnumber the living by this.
  private static final int KEPT_ENDED = 16;

  private volatile State state;

  // About how many of those in line have ended. It only says when to sweep: a request that left
  // before it was linked is counted too soon, and a sweep sets it to zero.
  @SuppressWarnings("UnusedVariable") // through ENDED
  private volatile int ended;

  private volatile int total;

  PermitCore(int permits) {
    this.total = permits;
    this.state = stateOf(permits, WaiterQueue.empty());
  }

  /**
   * Takes permits, or joins the line for them.
   *
   * @param wanted how many
   * @param waiter who waits if there are not enough; {@code null} if nobody does
   * @param maxWaiters how long the line may be
   */
  final Answer acquire(int wanted, @Nullable Request waiter, int maxWaiters) {
    for (; ; ) {
      State seen = state;
      if (seen == RETIRED) {
        return Answer.RETIRED;
      }
      Request first = seen.line.peek();
      if (first == null) {
        if (seen.free >= wanted) {
          if (change(seen, seen.free - wanted, seen.line)) {
            return Answer.TAKEN;
          }
          continue;
        }
      } else if (!first.isWaiting()) {
        dropFirst(seen); // it has left, and is about to serve those behind it
        continue;
      }
      if (waiter == null) {
        return Answer.REFUSED;
      }
      if (seen.line.size() >= maxWaiters) {
        if ((int) ENDED.getVolatile(this) == 0) {
          return Answer.TOO_MANY;
        }
        sweep(seen);
        continue;
      }
      if (change(seen, seen.free, seen.line.plus(waiter))) {
        return Answer.WAITING;
      }
    }
  }

  /**
   * Adds permits and serves those first in line for whom there are enough now.
   *
   * @param permits how many; less than zero to take away what may not be free yet
   * @return who was granted, the first one first, linked by {@code nextGranted}
   */
  final @Nullable Request give(int permits) {
    Granted granted = new Granted();
    int inHand = permits;
    for (; ; ) {
      State seen = state;
      WaiterQueue<Request> line = seen.line;
      int free = seen.free + inHand;
      int ended = 0;
      Request first = null;
      List<Request> others = null;
      for (Request next = line.peek(); next != null; next = line.peek()) {
        if (!next.isWaiting()) {
          ended++;
        } else if (next.wanted > free) {
          break;
        } else {
          free -= next.wanted;
          if (first == null) {
            first = next;
          } else {
            others = others == null ? new ArrayList<>() : others;
            others.add(next);
          }
        }
        line = line.minusFirst();
      }
      if (line == seen.line && inHand == 0) {
        return granted.first;
      }
      if (!change(seen, free, line)) {
        continue;
      }
      if (ended > 0) {
        ENDED.getAndAdd(this, -ended);
      }
      inHand = first == null ? 0 : granted.orBack(first);
      if (others != null) {
        for (Request other : others) {
          inHand += granted.orBack(other);
        }
      }
      if (inHand == 0) {
        return granted.first;
      }
    }
  }

  /** Those granted so far, the first one first. */
  private static final class Granted {
    @Nullable Request first;
    private @Nullable Request last;

    /** Grants; answers what comes back if the request has left. */
    int orBack(Request request) {
      if (!request.grant(Request.GRANTED)) {
        return request.wanted;
      }
      if (last == null) {
        first = request;
      } else {
        last.nextGranted = request;
      }
      last = request;
      return 0;
    }
  }

  /**
   * A request has left the line by itself, or may have left before it was linked.
   *
   * @return who can be served without it
   */
  final @Nullable Request left() {
    int count = (int) ENDED.getAndAdd(this, 1) + 1;
    for (; ; ) {
      State seen = state;
      if (count <= seen.line.size() / 2 + KEPT_ENDED || sweep(seen)) {
        return give(0);
      }
    }
  }

  /**
   * Changes how many permits there are in all.
   *
   * @param permits the new total
   * @return who can be served now
   */
  final @Nullable Request resize(int permits) {
    int before = (int) TOTAL.getAndSet(this, permits);
    return give(permits - before);
  }

  /**
   * Ends the life of a core that nobody holds or waits for.
   *
   * @return whether it has ended, by this call
   */
  final boolean retire() {
    State seen = state;
    return seen.free == total
        && seen != RETIRED
        && seen.line.isEmpty()
        && STATE.compareAndSet(this, seen, RETIRED);
  }

  final boolean isRetired() {
    return state == RETIRED;
  }

  /** How many permits there are in all. */
  final int total() {
    return total;
  }

  /** How many can be taken; less than zero if more are out than there should be. */
  final int free() {
    return state.free;
  }

  /** How many wait. It counts them, and is an estimate while they come and go. */
  final int waiting() {
    int[] count = new int[1];
    state.line.forEach(request -> count[0] += request.isWaiting() ? 1 : 0);
    return count[0];
  }

  private void dropFirst(State seen) {
    if (change(seen, seen.free, seen.line.minusFirst())) {
      ENDED.getAndAdd(this, -1);
    }
  }

  private boolean sweep(State seen) {
    if (!change(seen, seen.free, WaiterQueue.withoutEnded(seen.line))) {
      return false;
    }
    ENDED.setVolatile(this, 0);
    return true;
  }

  private boolean change(State seen, int free, WaiterQueue<Request> line) {
    return STATE.compareAndSet(this, seen, stateOf(free, line));
  }

  private static State stateOf(int free, WaiterQueue<Request> line) {
    return line.isEmpty() && free >= 0 && free < CONSTANTS
        ? WITHOUT_LINE[free]
        : new State(free, line);
  }
}
