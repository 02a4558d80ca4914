package dev.velox.reactor.worker;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ReceiveResult;
import dev.velox.reactor.internal.Cancellations;
import dev.velox.reactor.internal.Discards;
import dev.velox.reactor.internal.HandOver;
import dev.velox.reactor.internal.ThreadLocals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * A thread that handles the messages of an inbox, and its whole life, which is one word:
 *
 * <pre>
 *  OPEN ---shutdown()---&gt; DRAINING --------inbox drained, by the thread--------+
 *   |                        |                                                |
 *   +------end(code): closed from inside, failed start, fatal error-----------+--&gt; ENDING(code)
 *   |                        |                                                       |
 *   +---terminate()----------+------------------terminate()--------------------------+
 *   v                                                                                |
 *  TERMINATING(code) -----------------the thread has ended---&gt; GONE(code) &lt;----------+
 *   |   soft abort, grace, interrupt, (grace, cancel of the engine,) hardGrace
 *   +---last step of the ladder---&gt; ABANDONED
 * </pre>
 *
 * <p>Each arrow is a compare-and-set, made by any thread unless it says otherwise. The exit code is
 * settled by the first step out of OPEN or DRAINING and kept from then on: who terminates a worker
 * that closed itself only hurries it. The winner of the step to TERMINATING, and nobody else,
 * climbs the ladder; each of its rungs looks at the word first and does nothing once the thread is
 * gone.
 *
 * <p>Why no interrupt strays: the thread serves this worker alone, from its first instruction to
 * its last, and every interrupt that the ladder sends ends that worker. An interrupt that a handler
 * left behind is taken down before the next message.
 *
 * <p>Why the thread never sleeps through its end: it waits for nothing but the inbox and the
 * outbox. Each step that ends it closes or cancels the inbox, which wakes it; {@link Outbox} tells
 * how an abort wakes it there.
 *
 * <p>A thread can't tell by itself that it is gone. Its last act is to ask the hand-over scheduler
 * to look, which tells the exit once the JVM says that the thread has ended.
 *
 * @param <M> the form of the messages in the inbox
 */
final class WorkerCore<M> implements Runnable {

  private enum Stage {
    OPEN,
    DRAINING,
    ENDING,
    TERMINATING,
    GONE,
    ABANDONED
  }

  private record State(Stage stage, int code, @Nullable Throwable cause) {
    static final State OPEN = new State(Stage.OPEN, 0, null);

    boolean isServing() {
      return stage == Stage.OPEN || stage == Stage.DRAINING;
    }

    boolean isOver() {
      return stage == Stage.GONE || stage == Stage.ABANDONED;
    }

    State with(Stage next) {
      return new State(next, code, cause);
    }
  }

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(WorkerCore.class, "state", State.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final String name;
  private final WorkerOptions options;
  private final Engine<M> engine;
  private final boolean isMetered;
  private final Channel<Envelope<M>> inbox;
  private final Channel<Object> over = Channel.rendezvous();
  private final Disposable.Composite rungs = Disposables.composite();
  private final Thread thread;
  private volatile State state = State.OPEN;

  WorkerCore(
      String name, WorkerOptions options, int capacity, Engine<M> engine, boolean isMetered) {
    this.name = name;
    this.options = options;
    this.engine = engine;
    this.isMetered = isMetered;
    this.inbox =
        options.<Envelope<M>>channel(capacity, isMetered).name(name).onDrop(this::discard).build();
    this.thread = new Thread(null, this, name, 0, false);
    thread.setDaemon(true);
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    thread.setContextClassLoader(loader != null ? loader : WorkerCore.class.getClassLoader());
  }

  /** Starts the thread; called once. */
  void start() {
    thread.start();
  }

  // ---- the thread ---------------------------------------------------------------------------

  @Override
  public void run() {
    Throwable fatal = null;
    boolean started = false;
    try {
      started = startEngine();
      while (state.isServing()) {
        turn();
      }
    } catch (Throwable failure) {
      fatal = failure;
      end(1, failure);
      engine.failed(failure, Context.empty());
    }
    try {
      if (started) {
        releaseEngine();
      }
      engine.ended(state.cause);
    } finally {
      lookWhetherGone();
    }
    if (fatal != null) {
      throw Exceptions.propagate(fatal); // the thread's handler must see it too
    }
  }

  private boolean startEngine() {
    try {
      if (!state.isServing()) {
        return false;
      }
      engine.start(this);
      return true;
    } catch (Throwable failure) {
      throwIfFatal(failure);
      if (state.stage == Stage.TERMINATING) {
        report(failure, Context.empty());
      } else {
        WorkerStartException notStarted = new WorkerStartException(name, failure);
        end(1, notStarted);
        engine.failed(notStarted, Context.empty());
      }
      return false;
    }
  }

  /** Does what is due, and handles a message if one comes before something else is due. */
  private void turn() {
    engine.runDue();
    if (!state.isServing()) {
      return;
    }
    ReceiveResult<Envelope<M>> waiting = inbox.tryReceive();
    if (waiting.isReceived()) {
      handle(waiting.get());
    } else if (waiting.isClosed()) {
      end(0, null);
    } else {
      awaitMessage();
    }
  }

  private void awaitMessage() {
    long due = engine.untilDue();
    if (due <= 0) {
      return;
    }
    Awaiting<Envelope<M>> next =
        Awaiting.of(due == Long.MAX_VALUE ? inbox.receive() : inbox.receive(Duration.ofNanos(due)));
    next.await();
    Envelope<M> message = next.value();
    if (message != null) {
      handle(message);
    } // else the inbox has ended, or something is due
  }

  private void handle(Envelope<M> message) {
    tell(Event.STARTED);
    long since = isMetered ? options.clock() : 0L;
    Event outcome = Event.FAILED;
    ThreadLocals.Restored threadLocals = ThreadLocals.restore(message.context());
    try {
      engine.handle(message.message(), message.context());
      outcome = Event.SUCCEEDED;
    } catch (Throwable failure) {
      throwIfFatal(failure);
      report(failure, message.context());
    } finally {
      threadLocals.close();
      tell(outcome);
      if (isMetered) {
        options.tellTime(Timing.RUN, since);
      }
      takeDownInterrupt();
    }
  }

  /** What a script or a body reports that fails outside of a message. */
  void report(Throwable failure, Context context) {
    if (state.stage != Stage.TERMINATING || !Cancellations.isOne(failure)) {
      engine.failed(failure, context);
    }
  }

  private void releaseEngine() {
    takeDownInterrupt();
    try {
      engine.release();
    } catch (Throwable failure) {
      report(failure, Context.empty());
    }
  }

  private static void takeDownInterrupt() {
    boolean ignored = Thread.interrupted();
  }

  /** A body that recurses too deep has failed; only what breaks the JVM ends the worker. */
  private static void throwIfFatal(Throwable failure) {
    if (!(failure instanceof StackOverflowError)) {
      Exceptions.throwIfJvmFatal(failure);
    }
  }

  // ---- its end ------------------------------------------------------------------------------

  /** Ends it when the handler that runs now has returned; what waits in the inbox is discarded. */
  void end(int code, @Nullable Throwable cause) {
    for (State seen = state; seen.isServing(); seen = state) {
      if (STATE.compareAndSet(this, seen, new State(Stage.ENDING, code, cause))) {
        if (cause != null) {
          inbox.close(cause);
        }
        inbox.cancel();
        return;
      }
    }
  }

  /** Ends it when all messages accepted until now were handled. */
  void shutdown() {
    if (STATE.compareAndSet(this, State.OPEN, State.OPEN.with(Stage.DRAINING))) {
      inbox.close();
    }
  }

  /** Ends it as fast as it can be ended. */
  void terminate() {
    terminate(options.grace());
  }

  void terminate(Duration grace) {
    for (State seen = state; seen.isServing() || seen.stage == Stage.ENDING; seen = state) {
      State next = new State(Stage.TERMINATING, seen.isServing() ? 1 : seen.code, seen.cause);
      if (STATE.compareAndSet(this, seen, next)) {
        inbox.cancel();
        climb(grace, this::interrupt);
        engine.abort();
        return;
      }
    }
  }

  private void interrupt() {
    if (!state.isOver()) {
      thread.interrupt();
      if (engine.hasCancel()) {
        climb(options.grace(), this::cancelEngine);
      } else {
        climb(options.hardGrace(), this::abandon);
      }
    }
  }

  private void cancelEngine() {
    if (!state.isOver()) {
      engine.cancel();
      climb(options.hardGrace(), this::abandon);
    }
  }

  private void abandon() {
    State seen = state;
    if (seen.stage != Stage.TERMINATING) {
      return;
    }
    if (!thread.isAlive()) {
      gone();
      return;
    }
    WorkerAbandonedException cause = new WorkerAbandonedException(name, thread);
    if (STATE.compareAndSet(this, seen, new State(Stage.ABANDONED, seen.code, cause))) {
      options.tell(Event.ABANDONED);
      engine.failed(cause, Context.empty());
      engine.ended(cause);
      over.close();
    }
  }

  /** Takes the next step after a time, unless the thread is gone by then. */
  private void climb(Duration after, Runnable step) {
    try {
      Scheduler timer = options.timer();
      Disposable scheduled =
          after.isZero()
              ? timer.schedule(step)
              : timer.schedule(step, after.toNanos(), TimeUnit.NANOSECONDS);
      rungs.add(scheduled);
    } catch (RejectedExecutionException noTimer) {
      step.run();
    }
  }

  private void lookWhetherGone() {
    try {
      Disposable ignored = HandOver.scheduler().schedule(this::tellWhenGone);
    } catch (RejectedExecutionException noScheduler) {
      gone(); // nobody else can look, and its last instruction is near
    }
  }

  private void tellWhenGone() {
    if (!thread.isAlive()) {
      gone();
    } else {
      // On the JDK's own clock: a thread does not end sooner because virtual time is advanced.
      CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS).execute(this::lookWhetherGone);
    }
  }

  private void gone() {
    for (State seen = state; !seen.isOver(); seen = state) {
      if (STATE.compareAndSet(this, seen, seen.with(Stage.GONE))) {
        rungs.dispose();
        over.close();
      }
    }
  }

  /** The exit code, once it is over. */
  Mono<Integer> exit() {
    return over.onClose().then(Mono.defer(this::outcome));
  }

  private Mono<Integer> outcome() {
    State last = state;
    return last.stage == Stage.ABANDONED && last.cause != null
        ? Mono.error(last.cause)
        : Mono.just(last.code);
  }

  // ---- what others need ---------------------------------------------------------------------

  Channel<Envelope<M>> inbox() {
    return inbox;
  }

  /** What a message is refused with. */
  WorkerClosedException closed() {
    return new WorkerClosedException(name, state.cause);
  }

  boolean isOver() {
    return state.isOver();
  }

  boolean isServing() {
    return state.isServing();
  }

  boolean isOpen() {
    return state.stage == Stage.OPEN;
  }

  boolean isTerminated() {
    return state.stage == Stage.TERMINATING || state.stage == Stage.ABANDONED;
  }

  String name() {
    return name;
  }

  private void tell(Event event) {
    if (isMetered) {
      options.tell(event);
    }
  }

  private void discard(Envelope<M> message) {
    Discards.discard(message.posted(), options.onDrop(), message.context());
  }
}
