package dev.velox.reactor.channel;

/** What a broadcast does for a subscriber whose buffer is full. */
public enum SlowSubscriber {
  /** Publishers wait for it. */
  WAIT,
  /** It misses the oldest elements in its buffer. */
  DROP_OLDEST,
  /** It misses the new elements. */
  DROP_LATEST,
  /** It gets a {@link ChannelOverflowException} and is no subscriber any more. */
  ERROR
}
