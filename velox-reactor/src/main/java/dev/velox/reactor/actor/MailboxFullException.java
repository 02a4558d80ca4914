package dev.velox.reactor.actor;

/**
 * A behaviour sends to its own actor, whose mailbox is full: it would wait for itself to make room.
 */
public final class MailboxFullException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  MailboxFullException(String actor, int capacity) {
    super(
        "The mailbox of "
            + actor
            + " is full ("
            + capacity
            + "), and its own behavior, which would have to make room, waits for room");
  }
}
