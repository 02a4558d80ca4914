package dev.velox.reactor.internal;

import java.util.concurrent.ForkJoinPool;
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

  private static Scheduler choose() {
    Scheduler made = Schedulers.newParallel("velox-hand-over-probe", 1, true);
    if (made.getClass().getName().equals("reactor.core.scheduler.ParallelScheduler")) {
      made.dispose();
      return PoolScheduler.INSTANCE;
    }
    return made;
  }

  /** Marks the pool's threads for Reactor and BlockHound: nothing on them may block. */
  private static final class HandOverThread extends ForkJoinWorkerThread implements NonBlocking {
    private static final AtomicInteger COUNT = new AtomicInteger();

    HandOverThread(ForkJoinPool pool) {
      super(pool);
      setName("velox-hand-over-" + COUNT.incrementAndGet());
      setDaemon(true);
    }
  }

  private static final class PoolScheduler implements Scheduler {

    static final PoolScheduler INSTANCE = new PoolScheduler();

    private final ForkJoinPool pool =
        new ForkJoinPool(
            Math.max(2, Runtime.getRuntime().availableProcessors()),
            HandOverThread::new,
            (thread, failure) -> Operators.onErrorDropped(failure, Context.empty()),
            true);

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
  private static final class PoolTask implements Runnable, Disposable {
    private volatile @Nullable Runnable task;

    PoolTask(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      Runnable todo = task;
      if (todo != null) {
        task = null;
        Tasks.runSafely(todo);
      }
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
