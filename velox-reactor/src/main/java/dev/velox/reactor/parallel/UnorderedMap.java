package dev.velox.reactor.parallel;

import java.util.Objects;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.util.context.Context;

/**
 * The unordered, bounded map: Reactor's {@code flatMap} as it is, with what it lacks in errors put
 * around an item only where it was asked for.
 */
final class UnorderedMap {

  private UnorderedMap() {}

  static <T, R> Flux<R> of(
      Flux<T> source,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      ParallelSpec spec) {
    if (spec.errorLimit() == 1 && !spec.errorsSayIndex()) {
      return source.flatMap(processor, spec.concurrency(), spec.prefetch());
    }
    return Flux.deferContextual(
        context -> {
          Failures failures = new Failures(spec);
          Counter counter = new Counter();
          Flux<R> results =
              source.flatMap(
                  item -> {
                    long index = counter.next();
                    return UnorderedMap.<T, R>items(processor, item)
                        .onErrorResume(error -> tolerate(failures, index, error));
                  },
                  spec.concurrency(),
                  spec.prefetch());
          return results
              .concatWith(Mono.defer(() -> verdict(failures)))
              .doOnError(failures::attachTo)
              .doFinally(
                  signal -> {
                    if (signal == SignalType.CANCEL) {
                      failures.drop(Context.of(context));
                    }
                  });
        });
  }

  static <T, R> Flux<Settled<R>> settling(
      Flux<T> source,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      ParallelSpec spec) {
    return Flux.defer(
        () -> {
          Counter counter = new Counter();
          return source.flatMap(
              item -> {
                long index = counter.next();
                return UnorderedMap.<T, R>items(processor, item)
                    .map(value -> Settled.<R>success(index, value))
                    .defaultIfEmpty(Settled.empty(index))
                    .onErrorResume(error -> Mono.just(Settled.failure(index, error)));
              },
              spec.concurrency(),
              spec.prefetch());
        });
  }

  private static <T, R> Flux<R> items(
      Function<? super T, ? extends Publisher<? extends R>> processor, T item) {
    try {
      return Flux.from(
          Objects.requireNonNull(processor.apply(item), "The processor returned a null Publisher"));
    } catch (Throwable failure) {
      Exceptions.throwIfFatal(failure);
      return Flux.error(failure);
    }
  }

  private static <R> Mono<R> tolerate(Failures failures, long index, Throwable error) {
    Throwable verdict = failures.add(index, error);
    return verdict == null ? Mono.empty() : Mono.error(verdict);
  }

  private static <R> Mono<R> verdict(Failures failures) {
    Throwable verdict = failures.verdict();
    return verdict == null ? Mono.empty() : Mono.error(verdict);
  }

  /** Counts the items of one subscription; the source's signals are serial. */
  private static final class Counter {
    private long next;

    long next() {
      return next++;
    }
  }
}
