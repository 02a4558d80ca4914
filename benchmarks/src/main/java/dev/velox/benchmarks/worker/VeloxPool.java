package dev.velox.benchmarks.worker;

import dev.velox.reactor.worker.WorkerPool;
import reactor.core.publisher.Mono;

/** Velox's pool of workers, which chooses the thread itself. */
final class VeloxPool implements WorkerPeer {

  private final WorkerPool<Integer, Integer> pool;

  VeloxPool(int count) {
    pool = WorkerPool.<Integer, Integer>builder((n, signal) -> n + 1).min(count).max(count).build();
  }

  @Override
  public Mono<Integer> post(int worker, Integer number) {
    return pool.run(number);
  }

  @Override
  public void close() {
    pool.shutdown().block();
  }
}
