package dev.velox.reactor.async;

import dev.velox.reactor.internal.Cancellations;
import dev.velox.reactor.internal.ThreadLocals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * One run of a body: the subscription of its subscriber, and the task of its thread.
 *
 * <p>Its life is one word, {@code state}:
 *
 * <pre>
 *  NEW --first request--> QUEUED --its thread--> RUNNING --returns, throws--> DONE
 *   |                       |                    |  |  ^
 *   +------- cancel --------+          +-cancel--+  |  |  enters, leaves a shield
 *            |                         v            v  |
 *            |                    CANCELLING       SHIELDED
 *            |                         |            | cancel
 *            v        interrupt sent   v            v
 *         DISPOSED &lt;----its thread---- CANCELLED &lt;--+
 * </pre>
 *
 * <p>Who may step: the subscriber, by {@code request} and {@code cancel}, from any thread; the
 * body's thread; nobody else. Each step out of NEW, QUEUED, RUNNING and SHIELDED is a
 * compare-and-set, so a body either completes (DONE) or is cancelled, never both; the loser of the
 * race sees the winner's state and does nothing.
 *
 * <p>Why an interrupt can't hit the next body on the thread: only the winner of RUNNING to
 * CANCELLING interrupts, and the body's thread can't get past CANCELLING until that winner, having
 * sent the interrupt, steps to CANCELLED. The thread then takes the interrupt down before it ends
 * the body. The wait is as long as the canceller's few instructions and the upstream cancellations
 * between the two steps. A subscriber that cancels on the body's own thread interrupts itself, and
 * nothing is waited for. A thread that must not block is never interrupted, and never waits: it can
 * be here only because the user chose an executor that runs on the caller's thread, and {@code
 * await} refuses there.
 *
 * <p>Why nothing awaited is left subscribed: before it waits, an await enters {@code awaiting} and
 * then looks at {@code state}, and the canceller steps {@code state} before it looks at {@code
 * awaiting}; both are volatile, so at least one of them sees the other. Why no child outlives it:
 * see {@link Children}.
 *
 * @param <T> what the subscriber gets
 */
abstract class Body<T> implements Subscription, Runnable, Scannable {

  private static final int NEW = 0;
  private static final int QUEUED = 1;
  private static final int RUNNING = 2;
  private static final int SHIELDED = 3;
  private static final int CANCELLING = 4;
  private static final int CANCELLED = 5;
  private static final int DONE = 6;
  private static final int DISPOSED = 7;

  // Cancelling a chain of bodies that await each other recurses through their cancel methods. Every
  // so many levels the next body's own thread goes on, so that the stack stays bounded.
  private static final int CANCEL_LEVELS = 128;

  private static final VarHandle STATE;
  private static final VarHandle REFUSAL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Body.class, "state", int.class);
      REFUSAL = lookup.findVarHandle(Body.class, "refusal", Throwable.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final CoreSubscriber<? super T> actual;
  private final Executor executor;
  private final @Nullable Children siblings;
  private final int depth;

  private volatile int state;
  private volatile @Nullable Await<?> awaiting;
  private volatile @Nullable Throwable refusal;

  // Written before RUNNING, read after it.
  private @Nullable Thread thread;
  private boolean mayWait;

  // Of the body's thread alone.
  private @Nullable Children children;
  private @Nullable Context awaitContext;
  private int shields;
  private boolean holdsOff;
  private boolean heldInterrupt;
  private boolean inSubscriber;

  Body(CoreSubscriber<? super T> actual, Executor executor) {
    this.actual = actual;
    this.executor = executor;
    this.siblings = Children.from(actual.currentContext());
    this.depth = siblings == null ? 0 : siblings.depth();
  }

  /** Runs the user's code. */
  abstract @Nullable T call() throws Exception;

  /** Completes the subscriber. */
  abstract void complete(@Nullable T result);

  // ---- the subscriber's side ----------------------------------------------------------------

  /** Starts the body, if this is the first request. */
  final void start() {
    if (state == NEW && STATE.compareAndSet(this, NEW, QUEUED)) {
      try {
        executor.execute(this);
      } catch (OutOfMemoryError | RuntimeException noThread) {
        // The former is what a JVM throws that can't have another thread.
        if (STATE.compareAndSet(this, QUEUED, DONE)) {
          actual.onError(Operators.onRejectedExecution(noThread, actual.currentContext()));
        } else if (state != DISPOSED) {
          throw noThread; // not a rejection: the executor ran the body here, and a signal threw
        }
      }
    }
  }

  /** Ends the body because its subscriber asked for nothing or less. */
  final void refuse(long requested) {
    if (isCancelled()) {
      return;
    }
    Throwable error =
        new IllegalArgumentException(
            "request must be for more than zero elements (rule 3.9), but was for " + requested);
    if (REFUSAL.compareAndSet(this, null, error) && stop()) {
      actual.onError(error);
    }
  }

  @Override
  public final void cancel() {
    boolean ignored = stop();
  }

  /** Cancels; answers whether the body had not begun, and so ended here and now. */
  private boolean stop() {
    while (true) {
      int seen = state;
      if (seen == NEW || seen == QUEUED) {
        if (STATE.compareAndSet(this, seen, DISPOSED)) {
          return true;
        }
      } else if (seen == RUNNING || seen == SHIELDED) {
        if (stopRunning(seen)) {
          return false;
        }
      } else {
        return false;
      }
    }
  }

  private boolean stopRunning(int seen) {
    Thread runner = thread;
    boolean bySelf = runner == Thread.currentThread();
    boolean interrupts = seen == RUNNING && mayWait;
    boolean handshake = interrupts && !bySelf;
    if (siblings != null) {
      siblings.ending();
    }
    if (!STATE.compareAndSet(this, seen, handshake ? CANCELLING : CANCELLED)) {
      if (siblings != null) {
        siblings.ended();
      }
      return false;
    }
    try {
      if (seen == RUNNING && depth % CANCEL_LEVELS != CANCEL_LEVELS - 1) {
        cancelAwaiting();
      }
    } finally {
      if (interrupts && runner != null) {
        runner.interrupt();
      }
      if (handshake) {
        state = CANCELLED;
      }
      BodyThread.unpark(runner);
    }
    return true;
  }

  private void cancelAwaiting() {
    for (Await<?> each = awaiting; each != null; each = each.around()) {
      each.cancel();
    }
  }

  // ---- the body's thread --------------------------------------------------------------------

  @Override
  public final void run() {
    if (state != QUEUED) {
      return;
    }
    thread = Thread.currentThread();
    mayWait = !Schedulers.isInNonBlockingThread();
    if (!STATE.compareAndSet(this, QUEUED, RUNNING)) {
      return;
    }
    T result = null;
    Throwable failure = null;
    Body<?> around = BodyThread.enter(this);
    try {
      ThreadLocals.Restored threadLocals = ThreadLocals.restore(actual.currentContext());
      try {
        result = call();
      } finally {
        threadLocals.close();
      }
    } catch (Throwable thrown) {
      failure = thrown;
    } finally {
      BodyThread.leave(around);
    }
    end(result, failure);
  }

  private void end(@Nullable T result, @Nullable Throwable failure) {
    if (STATE.compareAndSet(this, RUNNING, DONE)) {
      if (failure == null) {
        complete(result);
      } else if (Exceptions.isFatal(failure)) {
        // Both: who awaits this body must not wait for ever, and the thread's handler must see it.
        actual.onError(failure);
        throw Await.<RuntimeException>asItself(failure);
      } else {
        actual.onError(Operators.onOperatorError(failure, actual.currentContext()));
      }
      return;
    }
    boolean ignored = mayWait && awaitInterrupt();
    Throwable refused = refusal;
    try {
      if (refused != null) {
        actual.onError(refused);
      }
      drop(result, failure);
    } finally {
      state = DISPOSED;
      if (siblings != null) {
        siblings.ended();
      }
    }
  }

  private void drop(@Nullable T result, @Nullable Throwable failure) {
    if (result != null) {
      Operators.onDiscard(result, actual.currentContext());
    }
    if (failure != null && !Cancellations.isOne(failure)) {
      Operators.onErrorDropped(failure, actual.currentContext());
    }
  }

  /** Whether the code that runs here is told of a cancellation: it was cancelled, and no shield. */
  final boolean mustStop() {
    return shields == 0 && state >= CANCELLING;
  }

  final boolean isCancelled() {
    int seen = state;
    return seen == CANCELLING || seen == CANCELLED || seen == DISPOSED;
  }

  final boolean isShielded() {
    return shields > 0;
  }

  /** Wakes the body's thread; reading {@code state} first is what makes {@code thread} visible. */
  final void wake() {
    if (state >= RUNNING) {
      BodyThread.unpark(thread);
    }
  }

  final boolean mayWait() {
    return mayWait;
  }

  final boolean isOwnThread() {
    return Thread.currentThread() == thread && state >= RUNNING && state < DONE;
  }

  /**
   * Waits until the canceller has sent its interrupt, and takes it down.
   *
   * @return whether there was an interrupt to take down
   */
  final boolean awaitInterrupt() {
    boolean interrupted = Thread.interrupted();
    while (state == CANCELLING) {
      BodyThread.park(this);
      interrupted |= Thread.interrupted();
    }
    interrupted |= Thread.interrupted();
    return interrupted;
  }

  /** What a cancelled body's code gets to see; the interrupt that came with it is taken down. */
  final CancellationException cancellation() {
    if (mayWait) {
      boolean ignored = awaitInterrupt();
    }
    return new CancellationException("The subscriber of this async body has cancelled");
  }

  /** The await that was entered last and not left, which the thread waits for. */
  final @Nullable Await<?> innermost() {
    return awaiting;
  }

  /** Enters an await, or leaves it for the one around it: who cancels finds those entered. */
  final void innermost(@Nullable Await<?> await) {
    awaiting = await;
  }

  /**
   * Waits until all bodies that were begun in awaits and cancelled have ended.
   *
   * @return whether an interrupt came meanwhile; the flag is down
   */
  final boolean joinChildren() {
    Children mine = children;
    return mine != null && mine.join();
  }

  /** The context of everything awaited: the subscriber's, and where children report. */
  final Context awaitContext() {
    Context context = awaitContext;
    if (context == null) {
      children = new Children(Thread.currentThread(), depth + 1);
      context = children.putInto(actual.currentContext());
      awaitContext = context;
    }
    return context;
  }

  final void enterShield() {
    if (shields++ > 0) {
      return;
    }
    holdsOff = STATE.compareAndSet(this, RUNNING, SHIELDED);
    if (!holdsOff) {
      heldInterrupt = mayWait && awaitInterrupt();
    }
  }

  final void leaveShield() {
    if (--shields > 0) {
      return;
    }
    boolean tell = heldInterrupt;
    heldInterrupt = false;
    if (holdsOff && !STATE.compareAndSet(this, SHIELDED, RUNNING)) {
      // Cancelled meanwhile: what the canceller left alone is due now.
      cancelAwaiting();
      tell = mayWait;
    }
    if (tell) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the thread runs the subscriber's code, inside a signal, and not the body's. */
  final boolean isInSubscriber() {
    return inSubscriber;
  }

  final void inSubscriber(boolean inside) {
    inSubscriber = inside;
  }

  @Override
  @SuppressWarnings("rawtypes") // as declared by Scannable
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.TERMINATED) {
      return state == DONE;
    }
    if (key == Attr.CANCELLED) {
      return isCancelled();
    }
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.ASYNC;
    }
    return null;
  }
}
