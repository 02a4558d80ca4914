package dev.velox.reactor.worker;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A worker from inside, as its body sees it.
 *
 * @param <O> the type of the results
 */
public interface WorkerScope<O> extends AbortSignal {

  /**
   * Posts a result, waiting on the worker's own thread while the outbox is full.
   *
   * @param result what {@link Worker#getResult()} or {@link Worker#results()} gets
   * @throws NullPointerException if {@code result} is {@code null}
   * @throws IllegalStateException if it is called on another thread than the worker's
   * @throws CancellationException if the worker is terminated, or its thread interrupted, while it
   *     waits; the result stays here then
   * @throws WorkerClosedException if the worker was abandoned
   */
  void postMessage(O result);

  /**
   * Posts a result if there is room in the outbox. May be called on any thread while the worker
   * lives.
   *
   * @param result what is posted
   * @return whether it was; if not, it stays here
   * @throws NullPointerException if {@code result} is {@code null}
   */
  boolean tryPostMessage(O result);

  /** Ends the worker with exit code 0, as {@link #close(int)} does. */
  void close();

  /**
   * Ends the worker when the handler that runs now has returned. Messages that wait are not handled
   * any more, but discarded. Has no effect if the worker is ending already.
   *
   * @param exitCode what {@link Worker#exitCode()} tells
   */
  void close(int exitCode);

  /**
   * The worker's name.
   *
   * @return the name, which is that of its thread too
   */
  String name();

  /**
   * What the worker was given when it was made.
   *
   * @return {@link WorkerOptions#data(Object)}, or {@code null} if that was not set
   */
  @Nullable Object workerData();
}
