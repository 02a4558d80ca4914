package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;

/** Refuses a message or a task: the worker or the pool takes no more. */
public final class WorkerClosedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells who refuses, and why it has ended.
   *
   * @param worker the worker or pool, by its name
   * @param cause why it has ended, or {@code null} if it was asked to
   */
  public WorkerClosedException(String worker, @Nullable Throwable cause) {
    super(worker + " has ended, or is about to, and takes no more", cause);
  }
}
