package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.util.context.Context;

/**
 * A request that becomes its own lease.
 *
 * <p>Its waiting is its waiter's word. What it holds is another, {@code hold}, which decides who
 * gives it back, so that it is given back once:
 *
 * <pre>
 *   NOTHING -first request-> ASKED -granted n-> n -release, cancel, end of the section-> RELEASED
 *                                               n -Condition.await-> AWAY -granted again-> n
 *                                                                    AWAY -release, cancel-> RELEASED
 *                                               n -keep(m), m less than n-> m
 * </pre>
 *
 * <p>All but the grant are compare-and-sets. The grant is a plain write by the one thread that
 * delivers it, before it claims the delivery: a cancellation that comes after that claim finds
 * {@code n} here, and one that came before it has taken the grant away, and nobody looks here any
 * more.
 */
abstract class LeasedRequest extends Request implements Lease {

  private static final int NOTHING = 0;
  private static final int RELEASED = -1;
  private static final int AWAY = -2;
  private static final int ASKED = -3;

  private static final VarHandle HOLD;
  private static final VarHandle GATE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HOLD = lookup.findVarHandle(LeasedRequest.class, "hold", int.class);
      GATE = lookup.findVarHandle(LeasedRequest.class, "gate", Gate.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** What only a request with a time limit, or one that somebody listens to, has to carry. */
  private static final class Times {
    volatile @Nullable Disposable timer;
    long waitsSince;
    long holdsSince;
  }

  // The gate lined up at or held; set before the request can be seen by another thread but for a
  // reentrant or keyed one, whose gate may change while it is on its way in.
  volatile Gate gate;

  private volatile int hold;
  private @Nullable Times times;

  @SuppressWarnings("NullAway.Init") // through the handle
  LeasedRequest(Gate gate, int wanted) {
    super(wanted);
    GATE.set(this, gate); // without a fence: nobody else can see it yet
    if (gate.options.hasMetrics()) {
      times = new Times();
    }
  }

  /** Takes the permits if that can be done at once. To be called before anybody can cancel. */
  final boolean enterAtOnce(Door door) {
    PermitCore.Answer answer = gate.acquire(wanted, null, 0);
    while (answer == PermitCore.Answer.RETIRED) {
      gate = door.gate();
      answer = gate.acquire(wanted, null, 0);
    }
    if (answer != PermitCore.Answer.TAKEN) {
      return false;
    }
    holds();
    return true;
  }

  /**
   * Takes the permits, or lines up for them.
   *
   * @return {@code null} if it lines up, or has ended otherwise and nothing is left to do; {@link
   *     Request#GRANTED} if it is to deliver the grant; else the error to deliver
   */
  final @Nullable Object enter(Door door, @Nullable Duration maxWait, Context context) {
    boolean mayWait = maxWait == null || !maxWait.isZero();
    PermitCore.Answer answer;
    try {
      answer = pass(door, mayWait, context);
    } catch (SelfDeadlockException deadlock) {
      gate.options.tell(Event.REJECTED);
      return finish() ? deadlock : null;
    }
    Gate entered = gate;
    if (answer == PermitCore.Answer.WAITING) {
      entered.options.tell(Event.WAITING);
      if (!isWaiting()) {
        if (hasLeft()) {
          entered.leave(); // it was cancelled just before it was linked
        }
      } else if (maxWait != null) {
        startTimer(entered, maxWait);
      }
      return null;
    }
    if (answer == PermitCore.Answer.TAKEN) {
      holds();
      if (finish()) {
        return GRANTED;
      }
      giveBackUnseen();
      return null;
    }
    if (!finish()) {
      return null;
    }
    if (answer == PermitCore.Answer.REFUSED) {
      entered.options.tell(Event.TIMED_OUT);
      return timedOut();
    }
    return entered.tooMany();
  }

  private PermitCore.Answer pass(Door door, boolean mayWait, Context context) {
    for (; ; ) {
      PermitCore.Answer answer = gate.acquire(wanted, null, 0);
      if (answer == PermitCore.Answer.REFUSED) {
        Gate inner = gate.within(context);
        gate = inner;
        Times waiting = times;
        if (waiting != null) {
          waiting.waitsSince = inner.options.clock();
        }
        answer = inner.acquire(wanted, mayWait ? this : null, inner.options.maxWaiters());
      }
      if (answer != PermitCore.Answer.RETIRED) {
        return answer;
      }
      gate = door.gate();
    }
  }

  private void startTimer(Gate entered, Duration limit) {
    Times running = times;
    if (running == null) {
      running = new Times();
      times = running;
    }
    Disposable started =
        entered.options.timer().schedule(this::onTimer, limit.toNanos(), TimeUnit.NANOSECONDS);
    running.timer = started;
    if (!isWaiting()) {
      started.dispose();
    }
  }

  private void onTimer() {
    if (tryTimeOut()) {
      Gate waitedAt = gate;
      waitedAt.options.tell(Event.TIMED_OUT);
      waitedAt.leave();
      waitedAt.options.signal(this);
    }
  }

  final Throwable timedOut() {
    return new TimeoutException(gate + " was not to be had within the given time");
  }

  /**
   * Claims what it waited for.
   *
   * @return {@link Request#GRANTED}, the error to deliver, or {@code null} if it has left
   */
  final @Nullable Object claim() {
    stopTimer();
    Gate waitedAt = gate;
    if (outcome() == GRANTED) {
      hold = wanted; // before the claim: see above
    }
    Object outcome = beginDelivery();
    if (outcome == null) {
      return null;
    }
    if (outcome == TIMED_OUT) {
      return timedOut();
    }
    Times waited = times;
    if (waited != null && waitedAt.options.hasMetrics()) {
      waitedAt.options.tellTime(Timing.WAIT, waited.waitsSince);
      waited.holdsSince = waitedAt.options.clock();
      waitedAt.options.tell(Event.DELIVERED);
    }
    return GRANTED;
  }

  /**
   * Stops waiting, or passes on a grant that was not delivered yet.
   *
   * @return {@code false} if neither, so that it holds what it will give back when it is released,
   *     or has ended
   */
  final boolean stopWaiting() {
    Object had = abandon();
    if (had == null) {
      return false;
    }
    stopTimer();
    Gate waitedAt = gate;
    waitedAt.options.tell(Event.CANCELLED);
    if (had == WAITED) {
      waitedAt.leave();
    } else {
      giveBackUnseen();
    }
    return true;
  }

  /** Claims the one start of a request that begins on demand. */
  final boolean ask() {
    return HOLD.compareAndSet(this, NOTHING, ASKED);
  }

  /** Ends a request that has not begun. */
  final void withdraw() {
    abandon();
  }

  private void giveBackUnseen() {
    Gate held = gate;
    held.signal(held.giveBack(wanted));
  }

  private void stopTimer() {
    Times running = times;
    Disposable timer = running == null ? null : running.timer;
    if (timer != null) {
      timer.dispose();
    }
  }

  /** Before anybody can see it, or before the claim of its delivery makes that visible. */
  private void holds() {
    HOLD.setRelease(this, wanted);
    Times held = times;
    if (held != null) {
      held.holdsSince = gate.options.clock();
      gate.options.tell(Event.DELIVERED);
    }
  }

  // The life of the lease.

  /**
   * Ends the lease.
   *
   * @return how many permits are to be given back now; 0 if none, as it is away; -1 if it had ended
   */
  private int end() {
    for (; ; ) {
      int held = hold;
      if (held == NOTHING || held == ASKED || held == RELEASED) {
        return -1;
      }
      if (HOLD.compareAndSet(this, held, RELEASED)) {
        Times since = times;
        if (since != null && gate.options.hasMetrics()) {
          gate.options.tellTime(Timing.HOLD, since.holdsSince);
        }
        return Math.max(0, held);
      }
    }
  }

  /**
   * Ends the lease, and leaves it to the caller to signal who was granted by that.
   *
   * @return who was granted
   */
  final @Nullable Request releaseQuietly() {
    int held = end();
    return held <= 0 ? null : gate.giveBack(held);
  }

  @Override
  public final boolean release() {
    int held = end();
    if (held > 0) {
      Gate released = gate;
      released.signal(released.giveBack(held));
    }
    return held >= 0;
  }

  @Override
  public final boolean isHeld() {
    return hold > 0;
  }

  @Override
  public final int permits() {
    return Math.max(0, hold);
  }

  /**
   * Gives back all but some permits.
   *
   * @return whether the lease held {@code from}
   */
  final boolean keep(int from, int kept) {
    if (!HOLD.compareAndSet(this, from, kept)) {
      return false;
    }
    gate.signal(gate.giveBack(from - kept));
    return true;
  }

  /** Leaves the lock to others while the section waits for a condition. */
  final boolean goAway() {
    return HOLD.compareAndSet(this, wanted, AWAY);
  }

  /** Has the lock again; {@code false} if the lease was released meanwhile. */
  final boolean comeBack() {
    return HOLD.compareAndSet(this, AWAY, wanted);
  }

  /** Will not have the lock again. */
  final void stayAway() {
    HOLD.compareAndSet(this, AWAY, RELEASED);
  }
}
