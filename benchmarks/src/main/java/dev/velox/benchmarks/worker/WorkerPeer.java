package dev.velox.benchmarks.worker;

import reactor.core.publisher.Mono;

/** Threads of their own that each turn a posted number into the next one, one at a time. */
interface WorkerPeer extends AutoCloseable {

  /** The result of posting a number to a worker. */
  Mono<Integer> post(int worker, Integer number);

  @Override
  void close() throws Exception;
}
