package dev.velox.reactor.stm;

/**
 * Unwinds a body that must not go on. Whoever swallows it gains nothing: the attempt remembers how
 * it ended.
 */
final class Signal extends Error {

  private static final long serialVersionUID = 1L;

  // Both are without stack and immutable, and thrown too often to be made each time.

  /** What the body has read can't be current any more, or its time is over: it is run again. */
  @SuppressWarnings("StaticAssignmentOfThrowable")
  static final Signal CONFLICT = new Signal("the transaction runs again");

  /** The body asked to wait until something that it read has changed. */
  @SuppressWarnings("StaticAssignmentOfThrowable")
  static final Signal RETRY = new Signal("the transaction waits for a change");

  private Signal(String message) {
    super(message, null, false, false);
  }
}
