package dev.velox.benchmarks.async;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A way to write one thing after the other over publishers. */
public interface AwaitPeer {

  /**
   * One piece of code that awaits a source so many times, one after the other, and sums up what it
   * gets.
   */
  Mono<Long> sum(Mono<Integer> source, int times);

  /** The threads that the code itself runs on. */
  Scheduler ownPool();

  default void close() {}
}
