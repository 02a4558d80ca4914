package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;

/**
 * Who waits until the channel has room: with an element in hand, or ({@code sendAll}, which must
 * not ask its source for more than there is room for) only to be told.
 */
abstract class SendWaiter extends AdmissionWaiter {

  /**
   * What it wants to send, in buffered form; {@code null} if it only wants to know. Valid once it
   * is accepted.
   */
  abstract @Nullable Object element();

  /** Whether it has something to send. */
  abstract boolean hasElement();

  /**
   * Asked before something is sent for it without waiting. One that waits for one of several things
   * binds itself to this one.
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
