package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;

/**
 * What a pool's threads do with each task. It may block.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
@FunctionalInterface
public interface WorkerTask<T, R> {

  /**
   * Runs a task.
   *
   * @param task what was given to {@link WorkerPool#run}
   * @param signal tells when the result is no longer wanted
   * @return the result; {@code null} for none
   * @throws Exception if it fails, which fails {@link WorkerPool#run}
   */
  @Nullable R run(T task, AbortSignal signal) throws Exception;
}
