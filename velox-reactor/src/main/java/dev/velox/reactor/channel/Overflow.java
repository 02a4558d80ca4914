package dev.velox.reactor.channel;

/** What a bounded channel does with an element for which it has no room. */
public enum Overflow {
  /** The sender waits until there is room. */
  WAIT,
  /** The oldest buffered element is dropped, and the new one accepted. */
  DROP_OLDEST,
  /** The new element is dropped. */
  DROP_LATEST,
  /** The sender gets a {@link ChannelOverflowException}. */
  ERROR
}
