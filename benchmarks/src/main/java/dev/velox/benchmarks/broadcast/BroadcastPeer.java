package dev.velox.benchmarks.broadcast;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;

/** One publisher, of whose items every subscriber gets each. */
public interface BroadcastPeer extends AutoCloseable {

  /** Publishes the items to so many subscribers, and returns what all of them saw, added up. */
  Tally run(int subscribers, Item[] items) throws Exception;

  @Override
  default void close() throws Exception {}
}
