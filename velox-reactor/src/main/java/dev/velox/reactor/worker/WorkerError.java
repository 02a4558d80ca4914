package dev.velox.reactor.worker;

import dev.velox.reactor.internal.Args;
import org.jspecify.annotations.Nullable;

/**
 * Something went wrong inside a worker.
 *
 * @param worker the worker's name
 * @param cause what was thrown
 * @param file the script in which it was thrown, or {@code null} if that is not known
 * @param line the line in it, counted from 1; -1 if it is not known
 * @param column the column in it, counted from 1; -1 if it is not known
 */
public record WorkerError(
    String worker, Throwable cause, @Nullable String file, int line, int column) {

  /**
   * An error.
   *
   * @param worker the worker's name
   * @param cause what was thrown
   * @param file the script in which it was thrown, or {@code null}
   * @param line the line in it, or -1
   * @param column the column in it, or -1
   * @throws NullPointerException if {@code worker} or {@code cause} is {@code null}
   */
  public WorkerError {
    Args.notNull(worker, "worker");
    Args.notNull(cause, "cause");
  }

  static WorkerError of(String worker, Throwable cause) {
    Throwable inner =
        cause instanceof WorkerStartException && cause.getCause() != null
            ? cause.getCause()
            : cause;
    return inner instanceof WorkerScriptException script
        ? new WorkerError(worker, cause, script.file(), script.line(), script.column())
        : new WorkerError(worker, cause, null, -1, -1);
  }

  /**
   * What went wrong.
   *
   * @return the message of the cause, or its type if it has none
   */
  public String message() {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getName() : message;
  }
}
