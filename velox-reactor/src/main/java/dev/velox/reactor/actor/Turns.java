package dev.velox.reactor.actor;

import dev.velox.reactor.internal.HandOver;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * Who owns an actor, and when. One word says whether somebody does:
 *
 * <pre>
 *  IDLE ---wake(), any thread, after it left work---&gt; BUSY ---the owner, who found no work---&gt; IDLE
 * </pre>
 *
 * <p>Both arrows are atomic. The owner is a turn on the scheduler; a turn that is over its budget
 * schedules the next; one whose behaviour takes its time leaves the ownership to its {@link
 * Handling}, whose end schedules the next. So there is one owner at any time, and what only the
 * owner touches is a plain field. No work is missed: who leaves work wakes afterwards, and the
 * owner, after it has gone IDLE, looks for work once more.
 *
 * <p>On the hand-over pool, the turn of an actor that another's turn has woken runs next on the
 * same thread, if that turn ends there; before it goes on with another message it makes way. A turn
 * that is over its budget goes on if nobody waits for the thread.
 *
 * <p>An actor that must not begin yet is BUSY without an owner, until {@link #schedule()} makes its
 * first turn the owner.
 */
abstract class Turns implements HandOver.Turn {

  private static final int IDLE = 0;
  private static final int BUSY = 1;
  private static final VarHandle TURN;

  static {
    try {
      TURN = MethodHandles.lookup().findVarHandle(Turns.class, "turn", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final Settings settings;
  private volatile int turn;
  private volatile @Nullable Handling current;

  Turns(Settings settings, boolean isHeld) {
    this.settings = settings;
    this.turn = isHeld ? BUSY : IDLE;
  }

  /** Does the next thing. Answers whether the ownership has left this turn. */
  abstract boolean step();

  /** Whether there is a next thing, as anybody sees it. */
  abstract boolean hasWork();

  /** How far the actor's end has come. */
  abstract int level();

  /** Called by the owner before it rests. */
  void resting() {}

  /** Called by whoever left work, afterwards. */
  public final void wake() {
    if (tryOwn()) {
      schedule();
    }
  }

  /** Makes the caller the owner, if there is none. */
  final boolean tryOwn() {
    return turn == IDLE && TURN.compareAndSet(this, IDLE, BUSY);
  }

  final void schedule() {
    Scheduler chosen = settings.scheduler();
    if (chosen == null) {
      HandOver.runSoon(this);
    } else {
      scheduleOn(chosen);
    }
  }

  private void scheduleBehindOthers() {
    Scheduler chosen = settings.scheduler();
    if (chosen == null) {
      HandOver.runBehindOthers(this);
    } else {
      scheduleOn(chosen);
    }
  }

  private void scheduleOn(Scheduler chosen) {
    try {
      Disposable ignored = chosen.schedule(this);
    } catch (RejectedExecutionException disposed) {
      HandOver.runSoon(this); // it must come to its end
    }
  }

  @Override
  public final void run() {
    // There the next turn would run inside this one.
    boolean isImmediate = settings.scheduler() == Schedulers.immediate();
    int budget = isImmediate ? Integer.MAX_VALUE : settings.throughput();
    Handling suspended = current;
    boolean left = false;
    if (suspended != null) {
      current = null;
      left = suspended.conclude();
    }
    while (!left) {
      if (budget-- == 0) {
        if (settings.scheduler() != null || !HandOver.isAwaitedByNobody()) {
          scheduleBehindOthers();
          return;
        }
        budget = settings.throughput() - 1;
      }
      left = step();
    }
  }

  /** Gives the ownership up, unless there is work. Answers whether it has left. */
  final boolean rest() {
    resting();
    turn = IDLE;
    return !hasWork() || !TURN.compareAndSet(this, IDLE, BUSY);
  }

  /** Gives back an ownership that was taken by {@link #tryOwn()}, outside of any turn. */
  final void disown() {
    turn = IDLE;
    if (hasWork()) {
      wake();
    }
  }

  /**
   * Waits for a publisher, then goes on. Answers whether the ownership has left this turn, which
   * then must touch nothing more.
   */
  final boolean await(Mono<?> mono, Context context, int abortedFrom, Handling.Next next) {
    Handling handling = new Handling(this, context, abortedFrom, next);
    current = handling;
    if (level() >= abortedFrom) {
      handling.abort();
    } else {
      mono.subscribe(handling);
    }
    return suspend(handling);
  }

  /** As {@code await}, but subscribes in any case, and calls it off after that. */
  final boolean awaitAfterAll(Mono<?> mono, Context context, int abortedFrom, Handling.Next next) {
    Handling handling = new Handling(this, context, abortedFrom, next);
    mono.subscribe(handling);
    current = handling;
    if (level() >= abortedFrom) {
      handling.abort();
    }
    return suspend(handling);
  }

  private boolean suspend(Handling handling) {
    if (handling.suspend()) {
      return true;
    }
    current = null;
    return handling.conclude();
  }

  /** Calls off what is waited for, if an end of this level does. */
  final void abort(int level) {
    Handling running = current;
    if (running != null && running.abortedFrom <= level) {
      running.abort();
    }
  }
}
