package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;

/** Refuses to send: the channel was closed or cancelled. */
public final class ChannelClosedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which channel refuses, and why it was closed.
   *
   * @param channel the channel, by its name or kind
   * @param cause what was given to {@code close(cause)}, or {@code null}
   */
  public ChannelClosedException(String channel, @Nullable Throwable cause) {
    super(channel + " is closed", cause);
  }
}
