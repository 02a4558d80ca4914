package dev.velox.reactor.channel;

/** What became of an element that was offered without waiting. */
public enum SendResult {
  /** The channel has accepted it: it will be received, or discarded if the channel is cancelled. */
  SENT,
  /**
   * There is no room (in a channel without a buffer: no receiver), and the element stays with the
   * caller.
   */
  FULL,
  /** The overflow policy gave it up; it went to {@code onDrop} and is not in the channel. */
  DROPPED,
  /** The channel takes no more elements, and this one stays with the caller. */
  CLOSED;

  /**
   * Whether the element was accepted.
   *
   * @return {@code true} for {@link #SENT} alone
   */
  public boolean isSent() {
    return this == SENT;
  }
}
