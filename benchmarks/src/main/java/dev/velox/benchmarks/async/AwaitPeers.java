package dev.velox.benchmarks.async;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;

import dev.velox.benchmarks.Threads;
import java.util.concurrent.ExecutorService;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The peers by name. Threads are virtual where the JDK has them, platform threads elsewhere. */
final class AwaitPeers {

  static final String VELOX = "velox";
  static final String BLOCK = "block";
  static final String KOTLINX = "kotlinx";
  static final String KOTLINX_UNCONFINED = "kotlinx-unconfined";
  static final String LIMIT = "limit-flatMap";

  private AwaitPeers() {}

  static AwaitPeer of(String peer) {
    return switch (peer) {
      case VELOX -> new OnThreads(true);
      case BLOCK -> new OnThreads(false);
      case KOTLINX -> KotlinAwait.onDefault();
      case KOTLINX_UNCONFINED -> KotlinAwait.unconfined();
      case LIMIT -> new Chain();
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }

  /**
   * {@code await} in an {@code async} body, or {@code block()} in a task, on threads of the same
   * kind.
   */
  private static final class OnThreads implements AwaitPeer {
    private final boolean velox;
    private final ExecutorService threads =
        Threads.virtual() ? Threads.newVirtual() : Threads.newPlatform();
    private final Scheduler scheduler = Schedulers.fromExecutorService(threads);

    OnThreads(boolean velox) {
      this.velox = velox;
    }

    @Override
    public Mono<Long> sum(Mono<Integer> source, int times) {
      return velox
          ? async(
              () -> {
                long sum = 0;
                for (int i = 0; i < times; i++) {
                  sum += await(source);
                }
                return sum;
              })
          : Mono.fromCallable(
                  () -> {
                    long sum = 0;
                    for (int i = 0; i < times; i++) {
                      sum += source.block();
                    }
                    return sum;
                  })
              .subscribeOn(scheduler);
    }

    @Override
    public Scheduler ownPool() {
      return scheduler;
    }

    @Override
    public void close() {
      scheduler.dispose();
      threads.shutdownNow();
    }
  }

  /** No code that waits: a chain of operators. */
  private static final class Chain implements AwaitPeer {
    private final Scheduler pool = Threads.newPool();

    @Override
    public Mono<Long> sum(Mono<Integer> source, int times) {
      return times == 1
          ? source.flatMap(value -> Mono.just((long) value))
          : Flux.range(0, times).concatMap(i -> source).reduce(0L, Long::sum);
    }

    @Override
    public Scheduler ownPool() {
      return pool;
    }

    @Override
    public void close() {
      pool.dispose();
    }
  }
}
