package dev.velox.reactor.worker;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Options of a {@link WorkerPool}, checked together when it is built. A builder may build many
 * pools; it is not for use by several threads at once.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
public final class WorkerPoolBuilder<T, R> {

  final Supplier<? extends WorkerTask<T, R>> tasks;
  int min;
  int max = Math.max(1, Runtime.getRuntime().availableProcessors());
  int queue = 1_024;
  Duration idleTimeout = Duration.ofSeconds(60);
  WorkerOptions options = WorkerOptions.defaults();

  WorkerPoolBuilder(Supplier<? extends WorkerTask<T, R>> tasks) {
    this.tasks = tasks;
  }

  /**
   * How many threads are started with the pool and kept though they are idle. The default is 0.
   *
   * @param threads their number
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public WorkerPoolBuilder<T, R> min(int threads) {
    this.min = Args.notNegative(threads, "min");
    return this;
  }

  /**
   * How many threads there are at most, and so how many tasks are under way at once. The default is
   * the number of processors.
   *
   * @param threads their number
   * @return this builder
   * @throws IllegalArgumentException if it is not positive
   */
  public WorkerPoolBuilder<T, R> max(int threads) {
    this.max = Args.positive(threads, "max");
    return this;
  }

  /**
   * How many tasks may wait for a thread; one more fails with {@link
   * dev.velox.reactor.TooManyWaitersException}. The default is 1,024.
   *
   * @param tasks the limit; 0 if none may
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public WorkerPoolBuilder<T, R> queue(int tasks) {
    this.queue = Args.notNegative(tasks, "queue");
    return this;
  }

  /**
   * How long a thread beyond {@link #min} waits for a task before it ends. The default is a minute.
   *
   * @param time the time
   * @return this builder
   * @throws IllegalArgumentException if it is not positive
   */
  public WorkerPoolBuilder<T, R> idleTimeout(Duration time) {
    this.idleTimeout = Args.positive(time, "idleTimeout");
    return this;
  }

  /**
   * The name, the times of grace, the timer and the listener. What concerns a worker's inbox,
   * outbox and script has no effect here.
   *
   * @param workerOptions the options
   * @return this builder
   */
  public WorkerPoolBuilder<T, R> options(WorkerOptions workerOptions) {
    this.options = Args.notNull(workerOptions, "options");
    return this;
  }

  /**
   * Builds a pool.
   *
   * @return a new pool
   * @throws IllegalArgumentException if {@code min} is greater than {@code max}
   */
  public WorkerPool<T, R> build() {
    if (min > max) {
      throw new IllegalArgumentException(
          "min must not be greater than max, but was " + min + ", and max " + max);
    }
    DefaultWorkerPool<T, R> pool = new DefaultWorkerPool<>(this);
    pool.startMin();
    return pool;
  }
}
