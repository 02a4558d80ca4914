package dev.velox.benchmarks.worker;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The peers by name. */
final class WorkerPeers {

  private WorkerPeers() {}

  static WorkerPeer of(String peer, int workers) {
    return switch (peer) {
      case "velox" -> new VeloxWorkers(workers);
      case "velox-pool" -> new VeloxPool(workers);
      case "single-scheduler" -> new SingleSchedulers(workers);
      case "executor-future" -> new ExecutorsWithFutures(workers);
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }

  private static final class SingleSchedulers implements WorkerPeer {
    private final Scheduler[] workers;

    SingleSchedulers(int count) {
      workers =
          Stream.generate(() -> Schedulers.newSingle("worker", true))
              .limit(count)
              .toArray(Scheduler[]::new);
    }

    @Override
    public Mono<Integer> post(int worker, Integer number) {
      return Mono.just(number).publishOn(workers[worker]).map(n -> n + 1);
    }

    @Override
    public void close() {
      for (Scheduler worker : workers) {
        worker.dispose();
      }
    }
  }

  private static final class ExecutorsWithFutures implements WorkerPeer {
    private final ExecutorService[] workers;

    ExecutorsWithFutures(int count) {
      workers =
          Stream.generate(Executors::newSingleThreadExecutor)
              .limit(count)
              .toArray(ExecutorService[]::new);
    }

    @Override
    public Mono<Integer> post(int worker, Integer number) {
      return Mono.fromFuture(
          () -> CompletableFuture.supplyAsync(() -> number + 1, workers[worker]));
    }

    @Override
    public void close() {
      for (ExecutorService worker : workers) {
        worker.shutdownNow();
      }
    }
  }
}
