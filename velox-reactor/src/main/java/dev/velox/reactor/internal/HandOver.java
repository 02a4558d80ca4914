package dev.velox.reactor.internal;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.NonBlocking;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * The scheduler on which one task goes on with what another has made possible: an actor's turn, a
 * transaction's next run, a waiter that should not run on its releaser's thread.
 *
 * <p>It is a fork-join pool in asynchronous mode with as many non-blocking threads as processors.
 * Re-queueing a task from inside costs tens of nanoseconds, where a hop between the pinned workers
 * of {@code Schedulers.parallel()} costs half a microsecond if the other worker is busy, and a
 * thread's wake-up if it is idle. Delays are kept by {@code Schedulers.parallel()}, which only
 * re-submits here when they are over.
 *
 * <p>It follows Reactor's factories: under {@code VirtualTimeScheduler}, or any factory that makes
 * parallel schedulers of another kind, {@link #scheduler()} is what that factory makes. The check
 * is one comparison: installing a factory replaces the cached {@code Schedulers.parallel()}, so
 * another identity there means that the answer has to be found anew.
 */
public final class HandOver {

  private record Choice(Scheduler parallel, Scheduler handOver) {}

  private static final AtomicReference<@Nullable Choice> CHOICE = new AtomicReference<>();

  private HandOver() {}

  /**
   * The hand-over scheduler as things are now; to be looked up late, at subscription.
   *
   * @return the pool's scheduler, or what an installed factory makes instead
   */
  public static Scheduler scheduler() {
    for (; ; ) {
      Scheduler parallel = Schedulers.parallel();
      Choice choice = CHOICE.get();
      if (choice != null && choice.parallel == parallel) {
        return choice.handOver;
      }
      Scheduler chosen = choose();
      // A factory that came or went meanwhile must not stand for the one seen before: the cached
      // schedulers may come back, and with them this choice.
      if (Schedulers.parallel() == parallel) {
        CHOICE.set(new Choice(parallel, chosen));
        return chosen;
      }
    }
  }

  /**
   * Runs a turn soon. A turn that is asked for within another one, on the pool, runs next on the
   * same thread, which costs neither a task nor another thread's wake-up: mostly the one has woken
   * the other and then ends. If a turn does not end there, it calls {@link #makeWay()}.
   *
   * @param turn what to run, once; it need not be called off
   */
  public static void runSoon(Turn turn) {
    if (scheduler() == PoolScheduler.INSTANCE
        && Thread.currentThread() instanceof HandOverThread thread) {
      thread.runSoon(Schedulers.onSchedule(turn));
    } else {
      schedule(turn);
    }
  }

  /**
   * Runs a turn after all that waits for a thread now.
   *
   * @param turn what to run, once; it need not be called off
   */
  public static void runBehindOthers(Turn turn) {
    if (Thread.currentThread() instanceof HandOverThread thread) {
      thread.takeIn();
    }
    schedule(turn);
  }

  private static void schedule(Turn turn) {
    try {
      Disposable ignored = scheduler().schedule(turn);
    } catch (RejectedExecutionException gone) {
      Disposable ignored = scheduler().schedule(turn); // what stood in for the pool has just gone
    }
  }

  /**
   * Called by a turn that goes on with something else, or that has to wait for others: what was to
   * run next on this thread is left to any thread of the pool.
   */
  public static void makeWay() {
    if (Thread.currentThread() instanceof HandOverThread thread) {
      thread.makeWay();
    }
  }

  /**
   * Whether this thread is one of the pool's, and nobody waits for it: a turn may as well go on.
   *
   * @return false if something waits, or if it is another thread
   */
  public static boolean isAwaitedByNobody() {
    return Thread.currentThread() instanceof HandOverThread thread && thread.isAwaitedByNobody();
  }

  /**
   * A task that others run after on the same thread: it is short, or calls {@link #makeWay()} when
   * it goes on.
   */
  public interface Turn extends Runnable {}

  private static Scheduler choose() {
    Scheduler made = Schedulers.newParallel("velox-hand-over-probe", 1, true);
    if (made.getClass().getName().equals("reactor.core.scheduler.ParallelScheduler")) {
      made.dispose();
      return PoolScheduler.INSTANCE;
    }
    return made;
  }

  /**
   * Marks the pool's threads for Reactor and BlockHound: nothing on them may block.
   *
   * <p>A thread has one place for what runs next. Only code that the thread itself runs touches it,
   * and it is empty whenever the thread is in no turn.
   *
   * <p>A fork-join thread looks at what others have submitted only when its own queue is empty,
   * which tasks that queue each other never let it be. So after some tasks and turns, and whenever
   * a turn lines up behind the others, a thread takes in what was submitted.
   */
  private static final class HandOverThread extends ForkJoinWorkerThread implements NonBlocking {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final int IN_A_ROW = 64;
    private static final int TAKEN_IN = 16;

    private final Pool pool;
    private boolean inTurn;
    private @Nullable Runnable next;
    private int run;

    HandOverThread(Pool pool) {
      super(pool);
      this.pool = pool;
      setName("velox-hand-over-" + COUNT.incrementAndGet());
      setDaemon(true);
    }

    void run(Runnable task) {
      if (++run > IN_A_ROW) {
        takeIn();
      }
      if (task instanceof Turn) {
        runTurns(task);
      } else {
        Tasks.runSafely(task);
      }
    }

    private void runTurns(Runnable first) {
      inTurn = true;
      try {
        Tasks.runSafely(first);
        for (Runnable turn = next; turn != null && ++run <= IN_A_ROW; turn = next) {
          next = null;
          Tasks.runSafely(turn);
        }
      } finally {
        inTurn = false;
        if (next != null) {
          takeIn();
          makeWay();
        }
      }
    }

    void takeIn() {
      run = 0;
      for (int i = 0; i < TAKEN_IN; i++) {
        ForkJoinTask<?> task = pool.takeSubmission();
        if (task == null) {
          return;
        }
        ForkJoinTask<?> ignored = task.fork();
      }
    }

    void runSoon(Runnable turn) {
      if (inTurn && next == null) {
        next = turn;
      } else {
        PoolScheduler.INSTANCE.submit(new PoolTask(turn));
      }
    }

    void makeWay() {
      Runnable turn = next;
      if (turn != null) {
        next = null;
        PoolScheduler.INSTANCE.submit(new PoolTask(turn));
      }
    }

    boolean isAwaitedByNobody() {
      return next == null && !pool.hasQueuedSubmissions() && pool.getQueuedTaskCount() == 0;
    }
  }

  /** Lets its threads take in what was submitted. */
  private static final class Pool extends ForkJoinPool {

    Pool() {
      super(
          Math.max(2, Runtime.getRuntime().availableProcessors()),
          pool -> new HandOverThread((Pool) pool),
          (thread, failure) -> Operators.onErrorDropped(failure, Context.empty()),
          true);
    }

    @Nullable ForkJoinTask<?> takeSubmission() {
      return pollSubmission();
    }
  }

  private static final class PoolScheduler implements Scheduler {

    static final PoolScheduler INSTANCE = new PoolScheduler();

    private final Pool pool = new Pool();

    @Override
    public Disposable schedule(Runnable task) {
      PoolTask pooled = new PoolTask(Schedulers.onSchedule(task));
      submit(pooled);
      return pooled;
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      if (delay <= 0) {
        return schedule(task);
      }
      PoolTask pooled = new PoolTask(Schedulers.onSchedule(task));
      Disposable timer = Schedulers.parallel().schedule(() -> submit(pooled), delay, unit);
      return Disposables.composite(timer, pooled);
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      Runnable hooked = Schedulers.onSchedule(task);
      PoolTask whole = new PoolTask(hooked);
      Disposable timer =
          Schedulers.parallel()
              .schedulePeriodically(
                  () -> {
                    if (!whole.isDisposed()) {
                      submit(new PoolTask(hooked));
                    }
                  },
                  initialDelay,
                  period,
                  unit);
      return Disposables.composite(timer, whole);
    }

    private void submit(PoolTask task) {
      try {
        pool.execute(task);
      } catch (RejectedExecutionException rejected) {
        throw Exceptions.failWithRejected(rejected);
      }
    }

    @Override
    public Worker createWorker() {
      return new SerialWorker(this);
    }

    @Override
    public void dispose() {
      // The pool serves the whole JVM with daemon threads; like Reactor's cached schedulers it
      // can't be disposed.
    }

    @Override
    public String toString() {
      return "velox-hand-over";
    }
  }

  /** A task that can be called off until it has begun. */
  @SuppressWarnings("serial") // it never leaves the pool
  private static final class PoolTask extends ForkJoinTask<Void> implements Disposable {
    private volatile @Nullable Runnable task;

    PoolTask(Runnable task) {
      this.task = task;
    }

    @Override
    protected boolean exec() {
      Runnable todo = task;
      if (todo != null) {
        task = null;
        if (Thread.currentThread() instanceof HandOverThread thread) {
          thread.run(todo);
        } else {
          Tasks.runSafely(todo);
        }
      }
      return true;
    }

    @Override
    public @Nullable Void getRawResult() {
      return null;
    }

    @Override
    protected void setRawResult(@Nullable Void result) {
      // There is none.
    }

    @Override
    public void dispose() {
      task = null;
    }

    @Override
    public boolean isDisposed() {
      return task == null;
    }
  }
}
