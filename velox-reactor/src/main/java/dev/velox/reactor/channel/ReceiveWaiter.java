package dev.velox.reactor.channel;

import dev.velox.reactor.internal.Waiter;

/** Who waits for an element. What it is granted is an element in buffered form, or {@link #END}. */
abstract class ReceiveWaiter extends Waiter<Object> {

  /** The grant of a receiver for which no element will come. */
  static final Object END =
      new Object() {
        @Override
        public String toString() {
          return "END";
        }
      };

  /**
   * Asked before something is taken for it without waiting. One that waits for one of several
   * things binds itself to this one.
   *
   * @return {@code false} if another one was quicker
   */
  boolean bind() {
    return true;
  }

  /** Whether it bound itself, and so must not line up if what it did so for is gone. */
  boolean isBound() {
    return false;
  }
}
