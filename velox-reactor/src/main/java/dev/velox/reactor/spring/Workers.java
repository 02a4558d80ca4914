package dev.velox.reactor.spring;

import dev.velox.reactor.internal.Args;
import dev.velox.reactor.worker.AbortSignal;
import dev.velox.reactor.worker.WorkerPool;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Runs calls that block or compute for long on a bounded pool of threads, which is a bean and is
 * configured by {@code velox.workers.*}.
 *
 * <pre>{@code
 * Mono<Row> row = workers.call(() -> jdbc.queryForObject(sql, mapper));
 * }</pre>
 *
 * <p>On shutdown the pool ends the calls that were made, and takes no more.
 */
public final class Workers {

  private final WorkerPool<Call<?>, Object> pool;

  /**
   * Calls on a pool.
   *
   * @param pool the pool
   */
  public Workers(WorkerPool<Call<?>, Object> pool) {
    this.pool = Args.notNull(pool, "pool");
  }

  /**
   * A call that is told when nobody wants its result any more.
   *
   * @param <R> the type of the result
   */
  @FunctionalInterface
  public interface Call<R> {

    /**
     * Makes the call.
     *
     * @param signal tells when the result is no longer wanted
     * @return the result; {@code null} for none
     * @throws Exception if it fails
     */
    @Nullable R run(AbortSignal signal) throws Exception;
  }

  /**
   * Runs a call as soon as a thread is free.
   *
   * @param <R> the type of the result
   * @param call the call
   * @return its result, its error, or those of {@link WorkerPool#run}. Cancelled, the call leaves
   *     the queue, or its thread is interrupted after a time of grace
   */
  public <R> Mono<R> call(Callable<? extends @Nullable R> call) {
    Args.notNull(call, "call");
    return run(signal -> call.call());
  }

  /**
   * Runs a call that looks at the signal. All else is as with {@link #call}.
   *
   * @param <R> the type of the result
   * @param call the call
   * @return its result
   */
  @SuppressWarnings("unchecked") // the pool runs the call, so what comes is its result
  public <R> Mono<R> run(Call<R> call) {
    return (Mono<R>) pool.run(Args.notNull(call, "call"));
  }
}
