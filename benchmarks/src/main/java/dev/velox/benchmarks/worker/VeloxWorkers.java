package dev.velox.benchmarks.worker;

import dev.velox.reactor.worker.Worker;
import java.util.List;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/** Velox's workers: a message goes in, and the next result of the same worker comes out. */
final class VeloxWorkers implements WorkerPeer {

  private final List<Worker<Integer, Integer>> workers;

  VeloxWorkers(int count) {
    workers =
        Stream.generate(() -> Worker.<Integer, Integer>of((n, self) -> self.postMessage(n + 1)))
            .limit(count)
            .toList();
  }

  @Override
  public Mono<Integer> post(int worker, Integer number) {
    Worker<Integer, Integer> own = workers.get(worker);
    return own.postMessage(number).then(own.getResult());
  }

  @Override
  public void close() {
    workers.forEach(worker -> worker.terminate().block());
  }
}
