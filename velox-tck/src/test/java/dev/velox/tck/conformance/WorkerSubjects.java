package dev.velox.tck.conformance;

import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerError;
import dev.velox.reactor.worker.WorkerOptions;
import dev.velox.reactor.worker.WorkerPool;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What the package {@code worker} offers. Workers that nobody ends are shared, or end by
 * themselves.
 */
final class WorkerSubjects {

  // Nobody is interrupted before the release of what it waits for.
  private static final WorkerOptions PATIENT =
      WorkerOptions.defaults().grace(Duration.ofHours(1)).hardGrace(Duration.ofHours(1));
  private static final Worker<Long, Long> HEARER = Worker.of((n, self) -> {});
  private static final WorkerPool<Long, Long> POOL =
      WorkerPool.of(
          (n, signal) -> {
            if (n < 0) {
              throw new IllegalStateException("failed");
            }
            return n == 0 ? null : n;
          });

  private WorkerSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Worker.postMessage(Object)", posting()),
        new Subject("Worker.getResult()", result()),
        new Subject("Worker.results()", results()),
        new Subject("Worker.errors()", errors()),
        new Subject("Worker.shutdown()", ending("Worker.shutdown", Worker::shutdown)),
        new Subject("Worker.terminate()", ending("Worker.terminate", Worker::terminate)),
        new Subject(
            "Worker.exitCode()",
            ending(
                "Worker.exitCode",
                worker -> {
                  worker.dispose();
                  return worker.exitCode();
                })),
        new Subject("WorkerPool.run(Object)", running()),
        new Subject("WorkerPool.shutdown()", endingPool("shutdown", WorkerPool::shutdown)),
        new Subject(
            "WorkerPool.shutdownNow()", endingPool("shutdownNow", WorkerPool::shutdownNow)));
  }

  private static Worker<Long, Long> gone() {
    Worker<Long, Long> worker = Worker.of((n, self) -> {});
    worker.dispose();
    return worker;
  }

  /** A worker that can't start, and whose end is there. */
  private static Worker<Object, Object> failed() {
    Worker<Object, Object> worker = Worker.script("missing.js");
    worker.exitCode().block();
    return worker;
  }

  private static PublisherConformance<Void> posting() {
    return PublisherConformance.completion("Worker.postMessage", () -> HEARER.postMessage(1L))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> gone().postMessage(1L))
        .waiting(
            () -> {
              CountDownLatch open = new CountDownLatch(1);
              Worker<Long, Long> full =
                  Worker.of(
                      (n, self) -> {
                        open.await();
                        if (n == 2L) {
                          self.close(); // the third was let in when this was taken
                        }
                      },
                      WorkerOptions.defaults().inbox(1));
              // One is handled, one waits in the inbox, and there is no room for another.
              full.postMessage(1L).then(full.postMessage(2L)).block();
              return new Waiting<>(full.postMessage(3L), open::countDown);
            });
  }

  private static PublisherConformance<Object> result() {
    return PublisherConformance.<Object>single(
            "Worker.getResult", () -> filled(100).getResult().cast(Object.class))
        .fanOut(FanOut.COMPETING)
        .failingOnDemand(() -> failed().getResult())
        .empty(() -> gone().getResult().cast(Object.class))
        .waiting(
            () -> {
              Worker<Long, Long> silent = answering();
              return new Waiting<>(
                  silent.getResult().cast(Object.class), () -> silent.tryPostMessage(1L));
            });
  }

  private static PublisherConformance<Object> results() {
    return PublisherConformance.<Object>of(
            "Worker.results", n -> filled(n).results().cast(Object.class))
        .fanOut(FanOut.COMPETING)
        .failing(() -> failed().results())
        .waiting(
            () -> {
              Worker<Long, Long> silent = answering();
              return new Waiting<>(
                  silent.results().cast(Object.class), () -> silent.tryPostMessage(1L));
            });
  }

  /** Answers one message, and closes itself. */
  private static Worker<Long, Long> answering() {
    return Worker.of(
        (n, self) -> {
          self.postMessage(n);
          self.close();
        });
  }

  /** A worker that posts so many results, as far as they are received, and closes itself. */
  private static Worker<Long, Long> filled(long count) {
    Worker<Long, Long> worker =
        Worker.of(
            (n, self) -> {
              for (long next = 0; next < n; next++) {
                self.postMessage(next);
              }
              self.close();
            },
            WorkerOptions.defaults().outbox(16));
    worker.tryPostMessage(count);
    return worker;
  }

  private static PublisherConformance<WorkerError> errors() {
    return PublisherConformance.of("Worker.errors", WorkerSubjects::failing)
        .atMost(16) // what is replayed
        .fanOut(FanOut.MULTICAST)
        .cannotFail("tells of errors as elements");
  }

  private static Flux<WorkerError> failing(long count) {
    Worker<Long, Long> worker =
        Worker.of(
            (n, self) -> {
              throw new IllegalStateException("error " + n);
            });
    Flux.range(0, (int) count).concatMap(n -> worker.postMessage(1L)).blockLast();
    worker.shutdown().block();
    return worker.errors();
  }

  private static PublisherConformance<Integer> ending(
      String name, Function<Worker<Long, Long>, Mono<Integer>> end) {
    return PublisherConformance.single(name, () -> end.apply(Worker.of((n, self) -> {}, PATIENT)))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("only if a thread could not be ended")
        .cannotBeEmpty("completes with the exit code")
        .waiting(
            () -> {
              CountDownLatch open = new CountDownLatch(1);
              CountDownLatch begun = new CountDownLatch(1);
              Worker<Long, Long> busy =
                  Worker.of(
                      (n, self) -> {
                        begun.countDown();
                        open.await();
                      },
                      PATIENT);
              busy.tryPostMessage(1L);
              awaitQuietly(begun);
              return new Waiting<>(end.apply(busy), open::countDown);
            });
  }

  private static PublisherConformance<Long> running() {
    return PublisherConformance.single("WorkerPool.run", () -> POOL.run(1L))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(() -> POOL.run(-1L))
        .empty(() -> POOL.run(0L))
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              WorkerPool<Long, Long> pool = WorkerPool.of((n, signal) -> gate.asMono().block());
              return new Waiting<>(pool.run(1L), () -> gate.tryEmitValue(1L));
            });
  }

  private static PublisherConformance<Void> endingPool(
      String name, Function<WorkerPool<Long, Long>, Mono<Void>> end) {
    return PublisherConformance.completion(
            "WorkerPool." + name, () -> end.apply(WorkerPool.of((n, signal) -> n)))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("only if a thread could not be ended")
        .waiting(
            () -> {
              CountDownLatch open = new CountDownLatch(1);
              CountDownLatch begun = new CountDownLatch(1);
              WorkerPool<Long, Long> busy =
                  WorkerPool.<Long, Long>builder(
                          (n, signal) -> {
                            begun.countDown();
                            open.await();
                            return n;
                          })
                      .options(PATIENT)
                      .build();
              busy.run(1L).subscribe(n -> {}, failure -> {});
              awaitQuietly(begun);
              return new Waiting<>(end.apply(busy), open::countDown);
            });
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
  }
}
