package dev.velox.reactor.actor;

/** What became of a message that was told without waiting. */
public enum TellResult {
  /** The mailbox has it. */
  ACCEPTED,
  /** The mailbox is full, and the message stays with the caller. */
  FULL,
  /** The actor accepts nothing any more, and the message stays with the caller. */
  STOPPED;

  /**
   * Whether the mailbox has it.
   *
   * @return {@code true} for {@link #ACCEPTED}
   */
  public boolean isAccepted() {
    return this == ACCEPTED;
  }
}
