package dev.velox.reactor.stm;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.internal.ThreadLocals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription to a transaction: runs attempts until one commits.
 *
 * <pre>
 *   RUNNING --body ended--&gt; COMMITTING --decided--&gt; DONE
 *   ^  |  ^                  |
 *   |  |  +----conflict------+
 *   |  v  retry, parked, or rescheduled
 *   WAITING --wake-up--&gt; RUNNING
 *
 *   RUNNING | WAITING --cancel--&gt; CANCELLED     --time-out--&gt; EXPIRED
 *   COMMITTING --cancel--&gt; COMMITTING_CANCELLED  --time-out--&gt; COMMITTING_EXPIRED
 *     (then DONE if the commit is decided, else CANCELLED or EXPIRED)
 * </pre>
 *
 * <p>It is RUNNING from the start; the first request makes it do something.
 *
 * <p>All transitions but the step to DONE are compare-and-sets of {@code state}. RUNNING and
 * COMMITTING belong to the run itself, so one party at a time drives it. A cancellation that
 * returns while no commit has begun makes the step to COMMITTING impossible, so nothing is written
 * after it; one that finds a commit going on lets it be decided. Only the winner of the step into
 * DONE or EXPIRED signals, once. Who steps to WAITING does so before it tells anyone to wake it; a
 * wake-up is the step back, so a late or second one does nothing.
 */
abstract class StmRun<T> implements Subscription, Scannable, Runnable {

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(StmRun.class, "state", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private static final int RUNNING = 0;
  private static final int COMMITTING = 2;
  private static final int WAITING = 3;
  private static final int DONE = 4;
  private static final int CANCELLED = 5;
  private static final int EXPIRED = 6;
  private static final int COMMITTING_CANCELLED = 7;
  private static final int COMMITTING_EXPIRED = 8;

  // So often a body is run at once. Then other tasks get the thread first, and whoever won has the
  // refs to itself for that long: the way to back off without holding a thread.
  private static final int AT_ONCE = 2;

  /** From so many reads on, an attempt that was lost while reading is given a snapshot. */
  static final int LONG = 16;

  // So many conflicts until a transaction asks for the turn.
  private static final int ESCALATE = 8;

  private static final long LEASE_MILLIS = 1000;

  // No time of a clock: one of virtual time begins at zero.
  private static final long NEVER = Long.MIN_VALUE;

  final CoreSubscriber<? super T> actual;
  final StmOptions options;
  private volatile int state;

  // Of who requests; requests come one after the other.
  private boolean begun;

  // Of who drives the run; handed on by the state.
  int attempts;
  private @Nullable Course course;

  /** What a run needs only if it is timed, meets another, or waits: most do none of that. */
  private static final class Course {
    int conflicts;
    int losses;
    int atOnce;
    int leases;
    long began = NEVER;
    long waitBegan = NEVER;
    @Nullable Disposable timer;
    @Nullable Disposable lease;
    @Nullable Turn turn;
    List<TRef<?>> footprint = List.of();
    @Nullable RetryWaiter waiter;
  }

  StmRun(CoreSubscriber<? super T> actual, StmOptions options) {
    this.actual = actual;
    this.options = options;
  }

  // --- what differs between synchronous and asynchronous bodies

  /** Runs attempts; called in RUNNING, by one party at a time. */
  abstract void drive();

  /** The run was ended from outside in RUNNING: gives up the attempt if nobody else will. */
  abstract void abandon();

  // --- the subscriber's side

  @Override
  public final void request(long n) {
    if (Operators.validate(n) && !begun && state == RUNNING) {
      begun = true;
      if (options.timeout != null || options.measured) {
        prepare();
      }
      ThreadLocals.Restored threadLocals = ThreadLocals.restore(currentContext());
      try {
        drive();
      } finally {
        threadLocals.close();
      }
    }
  }

  private void prepare() {
    Course run = course();
    if (options.measured) {
      run.began = options.timer().now(TimeUnit.NANOSECONDS);
    }
    if (options.timeout != null) {
      run.timer =
          options.timer().schedule(this::expire, options.timeout.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public final void cancel() {
    if (endFromOutside(CANCELLED, COMMITTING_CANCELLED)) {
      tell(Event.CANCELLED);
    }
  }

  private void expire() {
    if (endFromOutside(EXPIRED, COMMITTING_EXPIRED)) {
      signalExpired();
    }
  }

  private void signalExpired() {
    tell(Event.TIMED_OUT);
    if (options.timeout != null) {
      actual.onError(ConflictException.time(options.name, options.timeout, attempts));
    }
  }

  private boolean endFromOutside(int ended, int pending) {
    for (; ; ) {
      int seen = state;
      if (seen == COMMITTING) {
        if (STATE.compareAndSet(this, COMMITTING, pending)) {
          return false;
        }
      } else if (seen == RUNNING || seen == WAITING) {
        if (STATE.compareAndSet(this, seen, ended)) {
          stopTimer();
          if (seen == RUNNING) {
            abandon();
          } else if (seen == WAITING) {
            leaveWaiting();
          }
          return true;
        }
      } else {
        return false;
      }
    }
  }

  private void leaveWaiting() {
    Course run = course;
    if (run != null && run.waiter != null) {
      run.waiter.leave();
    }
    endTurn();
  }

  final boolean isRunning() {
    return state == RUNNING;
  }

  /** Whether it has told its result, and so will not be driven again. */
  final boolean isDone() {
    return state == DONE;
  }

  final Context currentContext() {
    return actual.currentContext();
  }

  // --- the steps of who drives

  final boolean beginCommit() {
    return STATE.compareAndSet(this, RUNNING, COMMITTING);
  }

  /** After a commit was not decided: whether the run goes on. */
  final boolean resumeAfterCommit() {
    if (STATE.compareAndSet(this, COMMITTING, RUNNING)) {
      return true;
    }
    endTurn();
    if (STATE.compareAndSet(this, COMMITTING_EXPIRED, EXPIRED)) {
      signalExpired();
    } else if (STATE.compareAndSet(this, COMMITTING_CANCELLED, CANCELLED)) {
      stopTimer();
      tell(Event.CANCELLED);
    }
    return false;
  }

  /** After a commit was decided. The attempt is closed already, its hooks have run. */
  final void succeed(@Nullable T value) {
    boolean cancelled = state == COMMITTING_CANCELLED;
    // A cancellation from now on is too late, and may be overwritten: signals may follow it.
    STATE.setRelease(this, DONE);
    endTurn();
    stopTimer();
    tell(Event.COMMITTED);
    if (cancelled) {
      Operators.onDiscard(value, currentContext());
      return;
    }
    if (value != null) {
      actual.onNext(value);
    }
    actual.onComplete();
  }

  /** From RUNNING or COMMITTING: the attempt is closed, the error is the result. */
  final void fail(Throwable error) {
    endTurn();
    for (; ; ) {
      int seen = state;
      if (seen == CANCELLED || seen == EXPIRED || seen == DONE) {
        Operators.onErrorDropped(error, currentContext());
        return;
      }
      if (STATE.compareAndSet(this, seen, DONE)) {
        stopTimer();
        tell(Event.FAILED);
        if (seen == COMMITTING_CANCELLED) {
          Operators.onErrorDropped(error, currentContext());
        } else {
          actual.onError(error);
        }
        return;
      }
    }
  }

  /** What a body threw, as Reactor's operators would report it. Fatal errors are thrown on. */
  final Throwable asResult(Throwable failure) {
    Exceptions.throwIfFatal(failure);
    return Operators.onOperatorError(null, failure, currentContext());
  }

  /**
   * The attempt, closed by now, was lost to another transaction.
   *
   * @return whether to run the next attempt now; if not, someone else will, or it has ended
   */
  final boolean afterConflict(Attempt lost) {
    tell(Event.CONFLICTED);
    Course run = course();
    boolean hadTurn = run.turn != null;
    endTurn();
    if (++run.conflicts >= options.maxAttempts) {
      fail(ConflictException.attempts(options.name, attempts));
      return false;
    }
    run.losses++;
    if (hadTurn) {
      run.leases++;
    }
    if (run.losses >= ESCALATE) {
      run.footprint = lost.footprint();
      return waitForTurn(run);
    }
    return again(run);
  }

  /** The attempt, closed by now, was to write what another's turn protects. */
  final boolean afterObstacle(Turn obstacle) {
    return waitFor(() -> obstacle.park(this));
  }

  private boolean waitForTurn(Course run) {
    Turn mine = new Turn(Ledger.SHARED, this);
    run.turn = mine;
    return waitFor(() -> !Ledger.SHARED.requestTurn(mine));
  }

  private boolean again(Course run) {
    if (++run.atOnce % AT_ONCE != 0) {
      return true;
    }
    reschedule();
    return false;
  }

  /** Has the run go on from the hand-over scheduler instead of from here. */
  final void reschedule() {
    if (STATE.compareAndSet(this, RUNNING, WAITING)) {
      resumeLater();
    } else {
      endTurn();
    }
  }

  /**
   * Steps to WAITING, then has someone promise a wake-up.
   *
   * @return whether nobody did, and the run goes on here
   */
  private boolean waitFor(Supplier<Boolean> promise) {
    if (!STATE.compareAndSet(this, RUNNING, WAITING)) {
      endTurn();
      return false;
    }
    return !promise.get() && STATE.compareAndSet(this, WAITING, RUNNING);
  }

  /** The attempt, closed by now, asked to wait for a change in what it has read. */
  final boolean afterRetry(Attempt waiting) {
    endTurn();
    Course run = course();
    run.losses = 0;
    List<TRef<?>> refs = waiting.footprint();
    if (refs.isEmpty()) {
      fail(
          new IllegalStateException(
              "retry would wait for ever: the transaction has read nothing that could change"));
      return false;
    }
    tell(Event.RETRIED);
    if (options.measured) {
      run.waitBegan = options.timer().now(TimeUnit.NANOSECONDS);
    }
    RetryWaiter mine = new RetryWaiter(refs, this::resumeLater);
    run.waiter = mine;
    if (!STATE.compareAndSet(this, RUNNING, WAITING)) {
      return false;
    }
    if (mine.await(waiting::isCurrent)) {
      return false;
    }
    return STATE.compareAndSet(this, WAITING, RUNNING) && again(run);
  }

  /** Wakes a waiting run, on the hand-over scheduler. */
  final void resumeLater() {
    try {
      Disposable ignored = options.handOver().schedule(this);
    } catch (RuntimeException rejected) {
      if (STATE.compareAndSet(this, WAITING, RUNNING)) {
        fail(rejected);
      }
    }
  }

  @Override
  public final void run() {
    if (STATE.compareAndSet(this, WAITING, RUNNING)) {
      Course run = course();
      run.waiter = null;
      if (options.measured && run.waitBegan != NEVER) {
        long now = options.timer().now(TimeUnit.NANOSECONDS);
        time(Timing.WAIT, now - run.waitBegan);
        run.waitBegan = NEVER;
      }
      // Scheduled by who made the change that it waited for: in all likelihood another request.
      ThreadLocals.Restored threadLocals = ThreadLocals.adopt(currentContext());
      try {
        drive();
      } finally {
        threadLocals.close();
      }
    }
  }

  /**
   * The turn for the next attempt, if it is this run's; from now on it lasts as long as a lease.
   */
  final @Nullable Turn turn() {
    Course run = course;
    if (run == null || run.turn == null) {
      return null;
    }
    Turn mine = run.turn;
    if (run.lease == null) {
      run.lease =
          options
              .timer()
              .schedule(
                  mine::close, LEASE_MILLIS << Math.min(run.leases, 20), TimeUnit.MILLISECONDS);
    }
    return mine;
  }

  /** What the last attempt has read; the next one in turn reserves it at once. */
  final List<TRef<?>> lastFootprint() {
    Course run = course;
    return run == null ? List.of() : run.footprint;
  }

  private Course course() {
    Course run = course;
    if (run == null) {
      run = new Course();
      course = run;
    }
    return run;
  }

  private void endTurn() {
    Course run = course;
    if (run != null && run.turn != null) {
      run.turn.close();
      run.turn = null;
      run.footprint = List.of();
      if (run.lease != null) {
        run.lease.dispose();
        run.lease = null;
      }
    }
  }

  private void stopTimer() {
    Course run = course;
    if (run != null && run.timer != null) {
      run.timer.dispose();
    }
  }

  // --- what is told

  private void tell(Event event) {
    if (!options.measured) {
      return;
    }
    try {
      options.told().count(event);
    } catch (Throwable failure) {
      Operators.onErrorDropped(failure, currentContext());
    }
    Course run = course;
    if (run != null && run.began != NEVER && event != Event.CONFLICTED && event != Event.RETRIED) {
      time(Timing.RUN, options.timer().now(TimeUnit.NANOSECONDS) - run.began);
    }
  }

  private void time(Timing timing, long nanos) {
    try {
      options.told().time(timing, nanos, TimeUnit.NANOSECONDS);
    } catch (Throwable failure) {
      Operators.onErrorDropped(failure, currentContext());
    }
  }

  @Override
  @SuppressWarnings("rawtypes") // Scannable's own signature
  public @Nullable Object scanUnsafe(Attr key) {
    int seen = state;
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.CANCELLED) {
      return seen == CANCELLED || seen == COMMITTING_CANCELLED;
    }
    if (key == Attr.TERMINATED) {
      return seen == DONE || seen == EXPIRED;
    }
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.ASYNC;
    }
    if (key == Attr.NAME) {
      return options.name;
    }
    return null;
  }
}
