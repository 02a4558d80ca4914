package dev.velox.reactor.actor;

/**
 * Refuses a message: the mailbox is full, and either its policy is to say so, or the sender is the
 * behaviour of this very actor, which would wait for itself.
 */
public final class MailboxFullException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which actor.
   *
   * @param actor its name
   * @param capacity how many messages its mailbox holds
   * @param fromItself whether its own behaviour was about to wait
   */
  public MailboxFullException(String actor, int capacity, boolean fromItself) {
    super(
        "The mailbox of "
            + actor
            + " is full with "
            + capacity
            + " messages"
            + (fromItself ? ", and its own behaviour would wait for itself" : ""));
  }
}
