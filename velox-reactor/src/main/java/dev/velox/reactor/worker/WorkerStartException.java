package dev.velox.reactor.worker;

/**
 * A worker could not start: its script is missing or wrong, there is no engine for it, or its
 * {@link WorkerBody#onStart} failed.
 */
public final class WorkerStartException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which worker could not start, and why.
   *
   * @param worker the worker, by its name
   * @param cause why not
   */
  public WorkerStartException(String worker, Throwable cause) {
    super(worker + " could not start: " + cause.getMessage(), cause);
  }
}
