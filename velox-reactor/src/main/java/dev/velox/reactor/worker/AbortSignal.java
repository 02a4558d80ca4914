package dev.velox.reactor.worker;

import java.util.concurrent.CancellationException;
import reactor.core.Disposable;
import reactor.util.context.ContextView;

/**
 * Tells code on a worker's thread that its result is no longer wanted: the worker is being
 * terminated, or the run of a task was cancelled.
 *
 * <p>It is the first, soft step: code that ends now, by returning or throwing, ends in good order.
 * When the time of grace is over, its thread is interrupted.
 */
public interface AbortSignal {

  /**
   * Whether the code should end.
   *
   * @return {@code true} from the abort on
   */
  boolean isAborted();

  /**
   * Calls back once when the code should end; at once if that is now. For instance to close what a
   * blocking call waits for.
   *
   * @param callback what to do; it runs on the thread that aborts and must not block. What it
   *     throws goes to Reactor's {@code onErrorDropped} hook
   * @return takes the callback back
   * @throws NullPointerException if {@code callback} is {@code null}
   */
  Disposable onAbort(Runnable callback);

  /**
   * Ends the code if it should end.
   *
   * @throws CancellationException if it should
   */
  default void throwIfAborted() {
    if (isAborted()) {
      throw new CancellationException("This run was aborted");
    }
  }

  /**
   * The {@code Context} of the operation on whose behalf the code runs: who posted the message or
   * runs the task. Thread-locals that context-propagation knows are set from it.
   *
   * @return the context; empty while a worker starts
   */
  ContextView context();
}
