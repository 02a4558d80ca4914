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

  /**
   * Takes an element and stays first in line, since it wants more after this one. Asked before it
   * is unlinked for the element.
   *
   * @param element in buffered form
   * @return whether it took it
   */
  boolean gather(Object element) {
    return false;
  }

  /**
   * Takes that for which it was unlinked.
   *
   * @param grant an element in buffered form, or {@link #END}
   * @return {@code false} if it has left, and the caller keeps it
   */
  boolean take(Object grant) {
    return grant(grant);
  }

  /** Whether it is granted in place, and unlinked only once it is detached. */
  boolean stands() {
    return false;
  }

  /**
   * Asked before it is unlinked without a grant, since it takes nothing now.
   *
   * @return {@code false} if it takes something after all, and must stay
   */
  boolean detach() {
    return hasEnded();
  }

  /** Whether it stays in line, but takes nothing now, and so does not wait. */
  boolean isBusy() {
    return false;
  }

  /**
   * Asked of one that was unlinked and could not be granted anything: whether it has told the core
   * that it left, or is about to.
   */
  boolean toldThatItLeft() {
    return true;
  }

  /** Whether it takes nothing any more, and need not stay linked. */
  boolean hasEnded() {
    return !isWaiting();
  }
}
