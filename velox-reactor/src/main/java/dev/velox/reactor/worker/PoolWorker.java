package dev.velox.reactor.worker;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One thread of a pool. What it does is one word:
 *
 * <pre>
 *            begin(run)           free(run)
 *  null=IDLE ----------&gt; run ----------------&gt; IDLE, and back to the pool
 *    |                    |
 *    |                    +--condemn(run)--&gt; Condemned(run)   its thread will be interrupted
 *    |                    v                       v
 *    +-----------------&gt; GONE &lt;-------------------+           the thread has ended, or was given up
 * </pre>
 *
 * <p>{@code begin} and {@code free} are made by the thread, {@code condemn} by the timer of an
 * aborted run, {@code GONE} by who is told of the exit; each is a compare-and-set or swap. Of
 * {@code free} and {@code condemn} one wins: either the thread is free and the timer leaves it
 * alone, whatever it runs by then, or it will be interrupted and never gets another task. A run's
 * lease is released by who takes the run out of the word: by {@code free}, or when the thread is
 * gone.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
final class PoolWorker<T, R> implements Engine<PoolRun<T, R>> {

  private record Condemned(PoolRun<?, ?> run) {}

  private static final Object GONE = new Object();

  private final DefaultWorkerPool<T, R> pool;
  private final Supplier<? extends WorkerTask<T, R>> tasks;
  private final AtomicReference<@Nullable Object> doing = new AtomicReference<>();
  private final WorkerCore<PoolRun<T, R>> core;
  private volatile boolean retired;

  // Of the thread alone.
  private @Nullable WorkerTask<T, R> task;
  private long idleSince;

  PoolWorker(
      DefaultWorkerPool<T, R> pool,
      String name,
      WorkerOptions options,
      Supplier<? extends WorkerTask<T, R>> tasks) {
    this.pool = pool;
    this.tasks = tasks;
    this.core = new WorkerCore<>(name, options, 1, this, false);
  }

  WorkerCore<PoolRun<T, R>> core() {
    return core;
  }

  @Override
  public void start(WorkerCore<PoolRun<T, R>> started) {
    task = tasks.get();
    idleSince = now();
  }

  @Override
  public void handle(PoolRun<T, R> run, Context context) {
    WorkerTask<T, R> own = task;
    if (own == null || !doing.compareAndSet(null, run)) {
      pool.out(run, core.closed());
      return;
    }
    run.execute(own);
    idleSince = now();
    if (doing.compareAndSet(run, null)) {
      pool.free(this, run);
    } // else it is condemned: the ladder ends this thread, and its exit releases the lease
  }

  /** Ends the thread because of a run that heeds no abort, if it is still at it. */
  void condemn(PoolRun<T, R> run) {
    if (doing.compareAndSet(run, new Condemned(run))) {
      core.terminate(Duration.ZERO);
    }
  }

  /** The thread has ended or was given up: answers the run that it held. */
  @Nullable PoolRun<?, ?> gone() {
    Object last = doing.getAndSet(GONE);
    return last instanceof Condemned condemned
        ? condemned.run
        : last instanceof PoolRun<?, ?> run ? run : null;
  }

  @Override
  public long untilDue() {
    return pool.isAboveMin() ? idleSince + pool.idleNanos() - now() : Long.MAX_VALUE;
  }

  @Override
  public void runDue() {
    if (untilDue() <= 0) {
      if (pool.retire(this)) {
        core.end(0, null);
      } else {
        idleSince = now(); // a task is on its way, or it is needed after all
      }
    }
  }

  private long now() {
    return pool.timer().now(TimeUnit.NANOSECONDS);
  }

  @Override
  public void abort() {
    // A run is aborted by itself, before its thread is condemned.
  }

  @Override
  public void failed(Throwable failure, Context context) {
    // A run hears of its own failure; this is about the thread.
    Operators.onErrorDropped(failure, context);
  }

  void hasRetired() {
    retired = true;
  }

  boolean isRetired() {
    return retired;
  }

  @Override
  public void ended(@Nullable Throwable cause) {
    // The pool is told by the exit.
  }
}
