package dev.velox.tck.conformance;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.asyncFlux;
import static dev.velox.reactor.async.Async.await;

import dev.velox.reactor.async.AsyncEmitter;
import dev.velox.reactor.async.AsyncGenerator;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code async} offers. */
final class AsyncSubjects {

  private static final ExecutorService BODIES =
      Executors.newCachedThreadPool(
          body -> {
            Thread thread = new Thread(body, "conformance-body");
            thread.setDaemon(true);
            return thread;
          });

  private AsyncSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Async.async(Callable)", body("Async.async", body -> async(body))),
        new Subject(
            "Async.async(Callable, Executor)",
            body("Async.async(executor)", body -> async(body, BODIES))),
        new Subject(
            "Async.asyncFlux(AsyncGenerator)",
            generator("Async.asyncFlux", generator -> asyncFlux(generator))),
        new Subject(
            "Async.asyncFlux(AsyncGenerator, Executor)",
            generator("Async.asyncFlux(executor)", generator -> asyncFlux(generator, BODIES))));
  }

  private static PublisherConformance<Long> body(
      String name, Function<Callable<Long>, Mono<Long>> async) {
    return PublisherConformance.single(name, () -> async.apply(() -> await(Mono.just(1L))))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(
            () ->
                async.apply(
                    () -> {
                      throw new IllegalStateException("failed");
                    }))
        .empty(() -> async.apply(() -> null))
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              return new Waiting<>(
                  async.apply(() -> await(gate.asMono())), () -> gate.tryEmitValue(1L));
            });
  }

  private static PublisherConformance<Long> generator(
      String name, Function<AsyncGenerator<Long>, Flux<Long>> asyncFlux) {
    return PublisherConformance.of(name, n -> asyncFlux.apply(emitter -> emit(emitter, n)))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(
            () ->
                asyncFlux.apply(
                    emitter -> {
                      throw new IllegalStateException("failed");
                    }));
  }

  private static void emit(AsyncEmitter<Long> emitter, long count) {
    for (long next = 0; next < count; next++) {
      emitter.emit(next);
    }
  }
}
