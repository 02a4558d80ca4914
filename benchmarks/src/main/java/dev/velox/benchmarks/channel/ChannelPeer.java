package dev.velox.benchmarks.channel;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;

/**
 * One way to carry items from producers to consumers. A peer lives for a whole fork; each {@link
 * #run} opens a channel of its own, moves every item through it and ends it.
 */
public interface ChannelPeer extends AutoCloseable {

  /** Capacity of a channel that accepts everything. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /**
   * Sends {@code items} once from each producer, and returns when the consumers have seen the last
   * one.
   *
   * @return what the consumers saw, added up
   */
  Tally run(int producers, int consumers, Item[] items) throws Exception;

  @Override
  default void close() throws Exception {}

  /** How a peer's ends are used. */
  enum Form {
    /** Both sides wait for each item. */
    PER_ELEMENT,
    /** A stream into the channel, a stream out of it. */
    PER_STREAM,
    /**
     * Producers try, and try again after a yield where there was no room; consumers get a stream.
     */
    TRY
  }
}
