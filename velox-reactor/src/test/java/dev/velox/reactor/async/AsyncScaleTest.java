package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.asyncFlux;
import static dev.velox.reactor.async.Async.await;
import static dev.velox.reactor.async.Async.awaitAll;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** Many bodies at once, deep and wide, on the default threads and on the pool of before 21. */
class AsyncScaleTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  static Stream<Named<Executor>> executors() {
    Named<Executor> byDefault = Named.of("default", BodyExecutor.defaultExecutor());
    return BodyExecutor.virtualThreads() == null
        ? Stream.of(byDefault) // which is such a pool
        : Stream.of(byDefault, Named.of("pool", new BodyExecutor.Pool(1, TimeUnit.SECONDS)));
  }

  @ParameterizedTest
  @MethodSource("executors")
  void bodies_nested_50_deep_finish(Executor executor) {
    assertThat(nested(50, executor).block(LONG)).isEqualTo(50);
  }

  private static Mono<Integer> nested(int depth, Executor executor) {
    return async(
        () ->
            depth == 0
                ? await(Mono.just(0).delayElement(Duration.ofMillis(1)))
                : await(nested(depth - 1, executor)) + 1,
        executor);
  }

  @ParameterizedTest
  @MethodSource("executors")
  void bodies_4096_at_once_finish_when_each_awaits_that_all_have_begun(Executor executor) {
    int bodies = 4_096;
    AtomicInteger begun = new AtomicInteger();
    Sinks.Empty<Void> allHaveBegun = Sinks.empty();
    Mono<Integer> one =
        async(
            () -> {
              if (begun.incrementAndGet() == bodies) {
                allHaveBegun.tryEmitEmpty();
              }
              await(allHaveBegun.asMono());
              return 1;
            },
            executor);
    List<Mono<Integer>> all = new ArrayList<>();
    for (int i = 0; i < bodies; i++) {
      all.add(one);
    }

    Integer sum =
        async(() -> awaitAll(all).stream().mapToInt(Integer::intValue).sum(), executor).block(LONG);

    assertThat(sum).isEqualTo(bodies);
  }

  @ParameterizedTest
  @MethodSource("executors")
  void bodies_4096_in_a_chain_finish_when_each_awaits_the_next(Executor executor) {
    int bodies = 4_096;
    List<Sinks.One<Integer>> results = new ArrayList<>();
    for (int i = 0; i <= bodies; i++) {
      results.add(Sinks.one());
    }
    Flux<Integer> all =
        Flux.range(0, bodies)
            .flatMap(
                i ->
                    async(
                        () -> {
                          int next = await(results.get(i + 1).asMono());
                          results.get(i).tryEmitValue(next + 1);
                          return i;
                        },
                        executor),
                bodies);

    Mono<Integer> first = results.get(0).asMono();
    AtomicInteger count = new AtomicInteger();
    all.subscribe(x -> count.incrementAndGet());
    results.get(bodies).tryEmitValue(0);

    assertThat(first.block(LONG)).isEqualTo(bodies);
  }

  @ParameterizedTest
  @MethodSource("executors")
  void bodies_started_by_many_non_blocking_threads_at_once_block_none_of_them(Executor executor) {
    // BlockHound watches: a lock that two of them contend for would fail this test.
    Long sum =
        Flux.range(0, 4_000)
            .parallel(8)
            .runOn(Schedulers.newParallel("starters", 8, true))
            .flatMap(
                i ->
                    async(() -> await(Mono.just(1).publishOn(Schedulers.parallel())), executor)
                        .timeout(Duration.ofSeconds(30)))
            .flatMap(
                i ->
                    asyncFlux(
                            (AsyncEmitter<Integer> e) -> {
                              e.emit(i);
                              e.emit(i);
                              e.emit(i);
                            },
                            executor)
                        .take(2))
            .sequential()
            .count()
            .block(LONG);

    assertThat(sum).isEqualTo(8_000);
  }

  @Test
  void a_body_that_awaits_a_million_times_needs_no_more_stack_or_thread() {
    Integer sum =
        async(
                () -> {
                  int total = 0;
                  for (int i = 0; i < 1_000_000; i++) {
                    total += await(Mono.just(1).hide());
                  }
                  return total;
                })
            .block(LONG);

    assertThat(sum).isEqualTo(1_000_000);
  }
}
