package dev.velox.reactor.worker;

import dev.velox.reactor.internal.Args;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/**
 * A bounded number of threads for tasks that block or compute for long, and a bounded queue before
 * them.
 *
 * <pre>{@code
 * WorkerPool<Path, Image> thumbnails =
 *     WorkerPool.<Path, Image>builder((path, signal) -> shrink(Files.readAllBytes(path)))
 *         .max(4).queue(100).build();
 *
 * paths.flatMap(thumbnails::run, 100)        // Flux<Image>, four at a time
 * }</pre>
 *
 * <p><b>Threads</b> are daemons, bear the pool's name with a number, are started when they are
 * needed (those of {@link WorkerPoolBuilder#min} at once), and end when they were idle for long.
 * Each runs one task at a time. The most recently used idle thread comes first.
 *
 * <p><b>Order.</b> Tasks begin in the order in which they were run: first come, first served.
 *
 * <p><b>Cancellation.</b> A run that is cancelled while it waits leaves the queue at once. One
 * whose task is under way is aborted: its {@link AbortSignal} tells it to end, and after the time
 * of {@linkplain WorkerOptions#grace grace} its thread is interrupted. A thread that ends its task
 * in time is used again; one that was interrupted never is, so that no interrupt can hit the next
 * task: it is replaced, and its place is taken only when it is gone. If it heeds nothing, it is
 * abandoned, which {@link #shutdown()} and the listener tell.
 *
 * <p><b>Where results arrive.</b> On the pool's thread, which is free for the next task only when
 * the subscriber has returned; use {@code publishOn} for longer work.
 *
 * <p><b>Errors.</b> What a task throws fails its run and nothing else. An error that breaks the JVM
 * ends its thread too, which is replaced when it is needed.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
public interface WorkerPool<T, R> extends Disposable, Scannable {

  /**
   * A pool of as many threads as there are processors, started as they are needed, with a queue of
   * 1,024.
   *
   * @param <T> the type of the tasks
   * @param <R> the type of the results
   * @param task what to do with each task
   * @return a new pool
   * @throws NullPointerException if {@code task} is {@code null}
   */
  static <T, R> WorkerPool<T, R> of(WorkerTask<T, R> task) {
    return WorkerPool.<T, R>builder(task).build();
  }

  /**
   * A pool with options.
   *
   * @param <T> the type of the tasks
   * @param <R> the type of the results
   * @param task what to do with each task, on many threads at once
   * @return a builder
   * @throws NullPointerException if {@code task} is {@code null}
   */
  static <T, R> WorkerPoolBuilder<T, R> builder(WorkerTask<T, R> task) {
    Args.notNull(task, "task");
    return new WorkerPoolBuilder<>(() -> task);
  }

  /**
   * A pool whose threads have something of their own, which only they use: a parser, a connection,
   * a script engine.
   *
   * @param <T> the type of the tasks
   * @param <R> the type of the results
   * @param tasks makes what a thread does with its tasks, on that thread as it starts; if it
   *     throws, the run for which the thread was started fails
   * @return a builder
   * @throws NullPointerException if {@code tasks} is {@code null}
   */
  static <T, R> WorkerPoolBuilder<T, R> perThread(Supplier<? extends WorkerTask<T, R>> tasks) {
    return new WorkerPoolBuilder<>(Args.notNull(tasks, "tasks"));
  }

  /**
   * Runs a task as soon as a thread is free.
   *
   * <p>Completes with the task's result, or empty if it is {@code null}. Fails with what the task
   * throws, with {@link dev.velox.reactor.TooManyWaitersException} if the queue is full, and with
   * {@link WorkerClosedException} if the pool is shut down, or is while the task waits. Begins when
   * it is asked for the result. Cancelled, it leaves the queue, or aborts the task; its result is
   * discarded then, and its error, unless it only says that it was cancelled, goes to Reactor's
   * {@code onErrorDropped} hook.
   *
   * @param task what the pool's {@link WorkerTask} gets
   * @return the operation
   * @throws NullPointerException if {@code task} is {@code null}
   */
  Mono<R> run(T task);

  /**
   * Takes no more tasks, and ends the threads when those that were run until now are done.
   *
   * @return completes when all threads are gone; fails with {@link WorkerAbandonedException} if one
   *     had to be abandoned, now or before. Cancelling has no effect on the pool
   */
  Mono<Void> shutdown();

  /**
   * Takes no more tasks, fails those that wait with {@link WorkerClosedException}, and aborts those
   * under way, whose runs fail likewise, as if each were cancelled.
   *
   * @return completes when all threads are gone; fails with {@link WorkerAbandonedException} if one
   *     had to be abandoned, now or before. Cancelling has no effect on the pool
   */
  Mono<Void> shutdownNow();

  /** Begins to {@link #shutdownNow()} the pool, and does not wait for its end. */
  @Override
  void dispose();

  /**
   * Whether the pool takes no more tasks.
   *
   * @return {@code true} once it was shut down
   */
  @Override
  boolean isDisposed();

  /**
   * How many threads there are, busy and idle, and interrupted ones that are not gone yet.
   *
   * @return their number at about this instant
   */
  int threads();

  /**
   * How many threads wait for a task.
   *
   * @return their number at about this instant
   */
  int idle();

  /**
   * How many tasks wait for a thread.
   *
   * @return their number at about this instant
   */
  int queued();
}
