package dev.velox.reactor.worker;

/**
 * What a Java worker does. All methods are called on the worker's own thread, one at a time, and
 * may block it.
 *
 * @param <I> the type of the messages
 * @param <O> the type of the results
 */
@FunctionalInterface
public interface WorkerBody<I, O> {

  /**
   * Handles a message. What it throws becomes an event of {@link Worker#errors()}, and the worker
   * goes on with the next message.
   *
   * @param message what was posted
   * @param self the worker from inside, to post results and to close
   * @throws Exception if the message can't be handled
   */
  void onMessage(I message, WorkerScope<O> self) throws Exception;

  /**
   * Is called before the first message. If it throws, the worker does not start.
   *
   * @param self the worker from inside
   * @throws Exception if the worker can't start
   */
  default void onStart(WorkerScope<O> self) throws Exception {}

  /**
   * Is called last, however the worker ends, unless its thread had to be abandoned or it did not
   * start. What it throws becomes an event of {@link Worker#errors()}.
   *
   * @throws Exception if something goes wrong
   */
  default void onClose() throws Exception {}
}
