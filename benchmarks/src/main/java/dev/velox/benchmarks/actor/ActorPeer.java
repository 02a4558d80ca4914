package dev.velox.benchmarks.actor;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;

/** Actors: one message at a time, with state of their own. */
public interface ActorPeer extends AutoCloseable {

  /** Each producer tells one actor all items; returns what it saw once it has seen all. */
  Tally tell(int producers, Item[] items) throws Exception;

  /**
   * Asks one actor, which answers a number with the next one, {@code asks} times, the askers
   * running where actors run; returns the sum of the answers. So many asks are under way at any
   * time: each lane asks {@code 0, 1, 2, …}.
   */
  long ask(int asks, int inFlight) throws Exception;

  /** Two actors pass on the items from the last to the first, in turns; returns what both saw. */
  Tally pingPong(Item[] items) throws Exception;

  /**
   * Creates actors, has each handle one message, and stops them; returns how many stopped after
   * that.
   */
  int createAndStop(int actors) throws Exception;

  @Override
  default void close() throws Exception {}
}
