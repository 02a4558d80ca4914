package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * What a worker's thread does with its messages. The methods are called on that thread, except
 * where they say otherwise.
 *
 * @param <M> the messages in the form in which they lie in the inbox
 */
interface Engine<M> {

  /** Is called first. If it throws, the worker ends with exit code 1. */
  void start(WorkerCore<M> core) throws Exception;

  /** Handles a message. */
  void handle(M message, Context context) throws Exception;

  /** In how many nanoseconds there will be something to do without a message. */
  default long untilDue() {
    return Long.MAX_VALUE;
  }

  /** Does what is due without a message. */
  default void runDue() {}

  /** Asks the code to end; from any thread, once. */
  void abort();

  /** Whether {@link #cancel()} can do anything; from any thread. */
  default boolean hasCancel() {
    return false;
  }

  /** Ends the code by force; from any thread, once. */
  default void cancel() {}

  /** Releases what it holds; after a successful start only. */
  default void release() throws Exception {}

  /** A message could not be handled, or something else went wrong; from any thread. */
  void failed(Throwable failure, Context context);

  /** Nothing will come any more; from any thread, perhaps more than once. */
  void ended(@Nullable Throwable cause);
}
