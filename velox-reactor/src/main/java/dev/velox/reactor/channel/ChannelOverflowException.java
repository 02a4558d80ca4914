package dev.velox.reactor.channel;

/** Refuses to send: the channel is full, and its policy is {@link Overflow#ERROR}. */
public final class ChannelOverflowException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which channel refuses.
   *
   * @param channel the channel, by its name or kind
   * @param capacity how many elements it holds
   */
  public ChannelOverflowException(String channel, int capacity) {
    super(channel + " is full with " + capacity + " elements");
  }
}
