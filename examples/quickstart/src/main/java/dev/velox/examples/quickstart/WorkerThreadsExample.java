package dev.velox.examples.quickstart;

import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerOptions;
import dev.velox.reactor.worker.WorkerPool;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 6 of the specification, worker threads.
 *
 * <p>The specification's {@code new Worker("worker.js")}, {@code await postMessage} and {@code
 * await getResult}; the same in Java; and a pool of them.
 */
public final class WorkerThreadsExample {

  private WorkerThreadsExample() {}

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    System.out.println("worker.js: " + script().block());
    System.out.println("in Java: " + java().block());
    System.out.println("in a pool: " + pool().collectList().block());
  }

  /** The specification's snippet; {@code worker.js} is on the class path. */
  static Mono<Object> script() {
    Worker<Object, Object> worker = Worker.script("worker.js"); // new Worker("worker.js")

    return worker
        .postMessage(
            Map.of("type", "compute", "data", List.of(1, 2, 3))) // await worker.postMessage(...)
        .then(worker.getResult()) // await worker.getResult()
        .delayUntil(result -> worker.terminate()); // worker.terminate()
  }

  /** A worker whose code is Java, with a handler that may block; an error does not end it. */
  static Mono<List<String>> java() {
    Worker<List<Integer>, Integer> worker =
        Worker.of(
            (numbers, self) -> self.postMessage(numbers.stream().reduce(Math::addExact).get()),
            WorkerOptions.named("adder"));

    Mono<String> error = worker.errors().next().map(event -> event.worker() + " failed");
    Mono<String> sum = worker.getResult().map(result -> "sum " + result);
    return Mono.zip(
            error,
            sum,
            worker
                .postMessage(List.of(Integer.MAX_VALUE, 1))
                .then(worker.postMessage(List.of(1, 2, 3)))
                .thenReturn("posted"))
        .map(all -> List.of(all.getT1(), all.getT2()))
        .delayUntil(story -> worker.shutdown());
  }

  /** Tasks that compute for long, two at a time; the results come as they are done. */
  static Flux<Long> pool() {
    WorkerPool<Integer, Long> pool =
        WorkerPool.<Integer, Long>builder((n, signal) -> factorial(n)).max(2).build();

    return Flux.range(1, 10)
        .flatMapSequential(pool::run)
        .concatWith(pool.shutdown().then(Mono.empty()));
  }

  private static long factorial(int n) {
    return n <= 1 ? 1 : n * factorial(n - 1);
  }
}
