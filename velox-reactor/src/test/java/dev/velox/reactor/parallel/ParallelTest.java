package dev.velox.reactor.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;

class ParallelTest {

  /** Both forms of the operator, where the same is promised of them. */
  enum Form {
    ORDERED {
      @Override
      <T, R> Function<Flux<T>, Flux<R>> of(
          ParallelSpec spec, Function<? super T, ? extends Publisher<? extends R>> processor) {
        return spec.map(processor);
      }

      @Override
      <T, R> Function<Flux<T>, Flux<Settled<R>>> settling(
          ParallelSpec spec, Function<? super T, ? extends Publisher<? extends R>> processor) {
        return spec.settle(processor);
      }
    },
    UNORDERED {
      @Override
      <T, R> Function<Flux<T>, Flux<R>> of(
          ParallelSpec spec, Function<? super T, ? extends Publisher<? extends R>> processor) {
        return spec.mapUnordered(processor);
      }

      @Override
      <T, R> Function<Flux<T>, Flux<Settled<R>>> settling(
          ParallelSpec spec, Function<? super T, ? extends Publisher<? extends R>> processor) {
        return spec.settleUnordered(processor);
      }
    };

    abstract <T, R> Function<Flux<T>, Flux<R>> of(
        ParallelSpec spec, Function<? super T, ? extends Publisher<? extends R>> processor);

    abstract <T, R> Function<Flux<T>, Flux<Settled<R>>> settling(
        ParallelSpec spec, Function<? super T, ? extends Publisher<? extends R>> processor);
  }

  private static Mono<Integer> after(int millis, int value) {
    return Mono.delay(Duration.ofMillis(millis)).thenReturn(value);
  }

  /** How long a Flux takes, in virtual milliseconds, and what it gives. */
  private static <T> long virtualMillis(Supplier<Flux<T>> flux, List<T> into) {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      AtomicLong end = new AtomicLong(-1);
      AtomicReference<Throwable> error = new AtomicReference<>();
      flux.get()
          .subscribe(
              into::add,
              failure -> {
                error.set(failure);
                end.set(time.now(TimeUnit.MILLISECONDS));
              },
              () -> end.set(time.now(TimeUnit.MILLISECONDS)));
      for (int i = 0; i < 100_000 && end.get() < 0; i++) {
        time.advanceTimeBy(Duration.ofMillis(1));
      }
      assertThat(error.get()).isNull();
      return end.get();
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  // ---- the specification's functions ----

  @Test
  void a_batch_runs_all_at_once_and_keeps_the_order_of_the_items() {
    List<List<Integer>> results = new ArrayList<>();
    List<Integer> items = IntStream.range(0, 1000).boxed().toList();

    long millis =
        virtualMillis(
            () -> Parallel.processBatch(items, (Integer i) -> after(1 + (1000 - i), i)).flux(),
            results);

    assertThat(millis).isEqualTo(1001);
    assertThat(results).containsExactly(items);
  }

  @Test
  void a_batch_over_a_map_keeps_keys_in_order_and_leaves_out_empty_ones() {
    Map<String, Integer> delays = new LinkedHashMap<>();
    delays.put("slow", 30);
    delays.put("none", 0);
    delays.put("fast", 10);

    StepVerifier.withVirtualTime(
            () ->
                Parallel.processBatch(
                    delays, (key, delay) -> delay == 0 ? Mono.empty() : after(delay, delay)))
        .thenAwait(Duration.ofMillis(30))
        .assertNext(
            results ->
                assertThat(results).containsExactly(Map.entry("slow", 30), Map.entry("fast", 10)))
        .verifyComplete();
  }

  @Test
  void processing_with_concurrency_gives_input_order_and_unordered_gives_completion_order() {
    List<Integer> items = List.of(50, 10, 30, 20);

    StepVerifier.withVirtualTime(
            () -> Parallel.processWithConcurrency(items, (Integer d) -> after(d, d), 2))
        .thenAwait(Duration.ofSeconds(1))
        .expectNext(items)
        .verifyComplete();
    // 10 ends at 10 and lets 30 begin, which ends at 40; then 20 begins, and 50 ends at 50.
    StepVerifier.withVirtualTime(() -> Parallel.unordered(items, (Integer d) -> after(d, d), 2))
        .thenAwait(Duration.ofSeconds(1))
        .expectNext(List.of(10, 30, 50, 20))
        .verifyComplete();
  }

  @Test
  void publishers_are_processed_as_iterables_are() {
    StepVerifier.create(Parallel.processWithConcurrency(Flux.range(0, 5), i -> Mono.just(i * 2), 2))
        .expectNext(List.of(0, 2, 4, 6, 8))
        .verifyComplete();
    StepVerifier.create(Parallel.unordered(Flux.range(0, 5), i -> Mono.just(i * 2), 2))
        .expectNext(List.of(0, 2, 4, 6, 8))
        .verifyComplete();
  }

  @Test
  void no_items_give_an_empty_list() {
    StepVerifier.create(Parallel.processBatch(List.<Integer>of(), Mono::just))
        .expectNext(List.of())
        .verifyComplete();
    StepVerifier.create(Parallel.processWithConcurrency(List.<Integer>of(), Mono::just, 3))
        .expectNext(List.of())
        .verifyComplete();
  }

  @Test
  void all_settled_tells_what_each_item_came_to() {
    IOException failure = new IOException("second");

    StepVerifier.create(
            Parallel.allSettled(
                List.of(0, 1, 2, 3),
                (Integer i) ->
                    switch (i) {
                      case 0 -> Mono.just("first");
                      case 1 -> Mono.<String>error(failure).hide();
                      case 2 -> Mono.<String>empty().hide();
                      default -> throw new IllegalStateException("fourth");
                    },
                2))
        .assertNext(
            settled -> {
              assertThat(settled.subList(0, 3))
                  .containsExactly(
                      Settled.success(0, "first"), Settled.failure(1, failure), Settled.empty(2));
              assertThat(settled.get(3).index()).isEqualTo(3);
              assertThat(settled.get(3).errorOrNull()).hasMessage("fourth");
            })
        .verifyComplete();
  }

  // ---- concurrency ----

  @ParameterizedTest
  @EnumSource(Form.class)
  void never_more_than_concurrency_run_and_so_many_as_long_as_items_remain(Form form) {
    int concurrency = 4;
    int items = 200;
    AtomicInteger running = new AtomicInteger();
    AtomicInteger remaining = new AtomicInteger(items);
    List<String> violations = new ArrayList<>();
    List<Integer> results = new ArrayList<>();

    virtualMillis(
        () ->
            Flux.range(0, items)
                .transform(
                    form.of(
                        Parallel.withConcurrency(concurrency).lookAhead(items),
                        (Integer i) ->
                            after(1 + i * 7 % 13, i)
                                .doOnSubscribe(
                                    s -> {
                                      remaining.decrementAndGet();
                                      if (running.incrementAndGet() > concurrency) {
                                        violations.add("too many at " + i);
                                      }
                                    })
                                .doOnTerminate(
                                    () -> {
                                      running.decrementAndGet();
                                      // Its lane is taken again in the same virtual instant.
                                      Schedulers.parallel()
                                          .schedule(
                                              () -> {
                                                if (remaining.get() > 0
                                                    && running.get() < concurrency) {
                                                  violations.add("too few after " + i);
                                                }
                                              });
                                    }))),
        results);

    assertThat(violations).isEmpty();
    assertThat(results).hasSize(items);
    if (form == Form.ORDERED) {
      assertThat(results).isSorted();
    }
  }

  @Test
  void a_slow_item_does_not_idle_the_other_lanes() {
    Function<Integer, Mono<Integer>> everyTenthSlow = i -> after(i % 10 == 0 ? 200 : 10, i);
    List<Integer> ordered = new ArrayList<>();

    long unorderedMillis =
        virtualMillis(
            () -> Flux.range(0, 100).transform(Parallel.mapUnordered(4, everyTenthSlow)),
            new ArrayList<>());
    long orderedMillis =
        virtualMillis(() -> Flux.range(0, 100).transform(Parallel.map(4, everyTenthSlow)), ordered);
    long sequentialMillis =
        virtualMillis(
            () -> Flux.range(0, 100).flatMapSequential(everyTenthSlow, 4), new ArrayList<>());

    assertThat(ordered).hasSize(100).isSorted();
    assertThat((double) orderedMillis / unorderedMillis).isLessThanOrEqualTo(1.3);
    // What it is worth: without a look-ahead of its own, the order costs more than twice the time.
    assertThat((double) sequentialMillis / unorderedMillis).isGreaterThan(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 50})
  void no_more_than_concurrency_and_look_ahead_are_started_behind_a_slow_item(int lookAhead) {
    AtomicInteger started = new AtomicInteger();
    Sinks.One<Integer> slow = Sinks.one();
    List<Integer> results = new ArrayList<>();

    Flux.range(0, 1000)
        .transform(
            Parallel.map(
                4,
                lookAhead,
                (Integer i) -> {
                  started.incrementAndGet();
                  return i == 0 ? slow.asMono() : Mono.just(i).hide();
                }))
        .subscribe(results::add);

    assertThat(started).hasValue(4 + lookAhead);
    assertThat(results).isEmpty();
    slow.tryEmitValue(0).orThrow();
    assertThat(results).hasSize(1000).isSorted();
  }

  // ---- demand ----

  @Test
  void nothing_is_taken_from_the_source_before_someone_asks() {
    AtomicLong asked = new AtomicLong();

    StepVerifier.create(
            Flux.range(0, 1000)
                .doOnRequest(asked::addAndGet)
                .transform(Parallel.map(4, Mono::just)),
            0)
        .expectSubscription()
        .then(() -> assertThat(asked).hasValue(0))
        .thenRequest(1)
        .expectNext(0)
        .then(() -> assertThat(asked.get()).isBetween(4L, 4L + 4 + 256))
        .thenCancel()
        .verify();
  }

  @Test
  void exactly_what_was_requested_is_emitted() {
    StepVerifier.create(Flux.range(0, 100).transform(Parallel.map(4, i -> Mono.just(i).hide())), 0)
        .thenRequest(1)
        .expectNext(0)
        .thenRequest(2)
        .expectNext(1, 2)
        .thenRequest(Long.MAX_VALUE)
        .expectNextCount(97)
        .verifyComplete();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_million_items_asked_for_one_by_one_stay_within_the_look_ahead(boolean scalar) {
    int items = 1_000_000;
    AtomicInteger started = new AtomicInteger();
    AtomicInteger taken = new AtomicInteger();
    AtomicInteger farthest = new AtomicInteger();

    Flux.range(0, items)
        .transform(
            Parallel.map(
                8,
                32,
                (Integer i) -> {
                  int ahead = started.incrementAndGet() - taken.get();
                  farthest.accumulateAndGet(ahead, Math::max);
                  return scalar ? Mono.just(i) : Mono.just(i).hide();
                }))
        .subscribe(
            new BaseSubscriber<Integer>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                request(1);
              }

              @Override
              protected void hookOnNext(Integer value) {
                if (value == taken.getAndIncrement()) {
                  request(1);
                }
              }
            });

    assertThat(taken).hasValue(items);
    assertThat(farthest.get()).isLessThanOrEqualTo(8 + 32 + 1);
  }

  @Test
  void an_infinite_source_is_taken_from_as_needed() {
    AtomicInteger started = new AtomicInteger();

    StepVerifier.create(
            Flux.<Integer, Integer>generate(
                    () -> 0,
                    (next, sink) -> {
                      sink.next(next);
                      return next + 1;
                    })
                .transform(
                    Parallel.map(
                        4,
                        i -> {
                          started.incrementAndGet();
                          return Mono.just(i).hide();
                        }))
                .take(1000))
        .expectNextCount(1000)
        .verifyComplete();
    assertThat(started.get()).isLessThan(1000 + 4 + 256 + 1);
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void a_million_items_that_end_at_once_run_in_constant_stack(Form form) {
    StepVerifier.create(
            Flux.range(0, 1_000_000)
                .transform(
                    form.<Integer, Integer>of(
                        Parallel.withConcurrency(16),
                        i -> i % 3 == 0 ? Mono.empty() : Mono.just(i).hide()))
                .count())
        .expectNext(666_666L)
        .verifyComplete();
  }

  @Test
  void an_item_that_emits_without_pause_leaves_lanes_to_be_refilled() {
    Sinks.One<Integer> second = Sinks.one();
    AtomicInteger started = new AtomicInteger();
    AtomicInteger startedSoonAfter = new AtomicInteger();
    BaseSubscriber<Integer> subscriber =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(Integer value) {
            if (value == 5_000) {
              second.tryEmitValue(-1).orThrow();
            } else if (value == 5_100) {
              startedSoonAfter.set(started.get());
            }
          }
        };
    Flux.range(0, 10)
        .transform(
            Parallel.map(
                2,
                50,
                (Integer i) -> {
                  started.incrementAndGet();
                  return switch (i) {
                    case 0 -> Flux.range(0, 100_000).hide();
                    case 1 -> second.asMono();
                    default -> Mono.<Integer>never();
                  };
                }))
        .subscribe(subscriber);
    assertThat(started).hasValue(2);

    // One call, in which the owner of the drain finds the front item's queue never empty.
    subscriber.request(50_000);

    assertThat(startedSoonAfter).hasValue(3);
    subscriber.cancel();
  }

  // ---- items of every kind ----

  @Test
  void items_may_give_no_value_or_one_or_many_and_stay_next_to_each_other() {
    StepVerifier.withVirtualTime(
            () ->
                Flux.range(0, 8)
                    .transform(
                        Parallel.map(
                            3,
                            (Integer i) ->
                                switch (i % 4) {
                                  case 0 ->
                                      Flux.just(i, i, i).delayElements(Duration.ofMillis(10 - i));
                                  case 1 -> Mono.<Integer>empty().hide();
                                  case 2 -> Mono.just(i);
                                  default -> after(5, i);
                                })))
        .thenAwait(Duration.ofSeconds(1))
        .expectNext(0, 0, 0, 2, 3, 4, 4, 4, 6, 7)
        .verifyComplete();
  }

  @Test
  void an_item_waiting_for_its_turn_is_asked_for_its_prefetch_and_then_more() {
    TestPublisher<Integer> first = TestPublisher.create();
    AtomicLong asked = new AtomicLong();

    StepVerifier.create(
            Flux.just(0, 1)
                .transform(
                    Parallel.withConcurrency(2)
                        .prefetch(4)
                        .map(
                            (Integer i) ->
                                i == 0 ? first : Flux.range(0, 20).doOnRequest(asked::addAndGet))))
        .then(() -> assertThat(asked).hasValue(4))
        .then(first::complete)
        .expectNextCount(20)
        .then(() -> assertThat(asked.get()).isBetween(20L, 24L))
        .verifyComplete();
  }

  @Test
  void an_item_that_gives_more_than_it_was_asked_for_fails() {
    TestPublisher<Integer> first = TestPublisher.create();
    TestPublisher<Integer> rude =
        TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);

    StepVerifier.create(
            Flux.just(0, 1)
                .transform(
                    Parallel.withConcurrency(2)
                        .prefetch(8)
                        .map((Integer i) -> i == 0 ? first.flux() : rude.flux())))
        .then(() -> IntStream.range(0, 9).forEach(i -> rude.next(i)))
        .expectErrorMatches(error -> Exceptions.isOverflow(error))
        .verifyThenAssertThat()
        .hasDiscardedExactly(8, 0, 1, 2, 3, 4, 5, 6, 7);
    rude.assertWasCancelled();
    first.assertWasCancelled();
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void a_processor_that_throws_or_returns_null_is_that_items_failure(Form form) {
    ParallelSpec spec = Parallel.withConcurrency(2);

    StepVerifier.create(
            Flux.just(1)
                .transform(
                    form.of(
                        spec,
                        i -> {
                          throw new IllegalStateException("thrown");
                        })))
        .verifyErrorMessage("thrown");
    StepVerifier.create(Flux.just(1).transform(form.of(spec, i -> null)))
        .verifyError(NullPointerException.class);
    StepVerifier.create(
            Flux.just(1, 2)
                .transform(
                    form.of(
                        spec,
                        i ->
                            Mono.fromCallable(
                                () -> {
                                  throw new IOException("called");
                                }))))
        .expectErrorSatisfies(error -> assertThat(Exceptions.unwrap(error)).hasMessage("called"))
        .verify();
  }

  // ---- errors ----

  @ParameterizedTest
  @EnumSource(Form.class)
  void the_first_error_arrives_when_it_happens_and_cancels_whatever_runs(Form form) {
    AtomicInteger cancelled = new AtomicInteger();

    StepVerifier.withVirtualTime(
            () ->
                Flux.range(0, 100)
                    .transform(
                        form.of(
                            Parallel.withConcurrency(8),
                            (Integer i) ->
                                i == 5
                                    ? Mono.delay(Duration.ofMillis(20))
                                        .then(Mono.<Integer>error(new IOException("sixth")))
                                    : after(10_000, i).doOnCancel(cancelled::incrementAndGet))))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(19))
        .thenAwait(Duration.ofMillis(1))
        .verifyErrorMessage("sixth");
    assertThat(cancelled).hasValue(7);
  }

  @Test
  void errors_that_siblings_raise_when_cancelled_are_suppressed_in_the_first() {
    List<Throwable> dropped = new CopyOnWriteArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    try {
      TestPublisher<Integer> failing = TestPublisher.create();
      Flux<Integer> flux =
          Flux.range(0, 3)
              .transform(
                  Parallel.map(
                      3,
                      (Integer i) ->
                          i == 1
                              ? failing
                              : Flux.<Integer>from(
                                  subscriber ->
                                      subscriber.onSubscribe(
                                          new Subscription() {
                                            @Override
                                            public void request(long n) {}

                                            @Override
                                            public void cancel() {
                                              subscriber.onError(new IOException("late " + i));
                                            }
                                          }))));
      AtomicReference<Throwable> error = new AtomicReference<>();
      flux.subscribe(value -> {}, error::set);

      failing.error(new IllegalStateException("first"));

      assertThat(error.get()).hasMessage("first");
      assertThat(error.get().getSuppressed())
          .extracting(Throwable::getMessage)
          .containsExactlyInAnyOrder("late 0", "late 2");
      assertThat(dropped).isEmpty();
    } finally {
      Hooks.resetOnErrorDropped();
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void a_source_error_ends_it_at_once(Form form) {
    TestPublisher<Integer> source = TestPublisher.create();
    AtomicInteger cancelled = new AtomicInteger();

    StepVerifier.create(
            source
                .flux()
                .transform(
                    form.of(
                        Parallel.withConcurrency(4),
                        i -> Mono.<Integer>never().doOnCancel(cancelled::incrementAndGet))))
        .then(() -> source.next(1, 2, 3).error(new IOException("source")))
        .verifyErrorMessage("source");
    assertThat(cancelled).hasValue(3);
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void an_error_can_say_which_item_failed(Form form) {
    IOException failure = new IOException("fourth");

    StepVerifier.create(
            Flux.range(0, 10)
                .transform(
                    form.of(
                        Parallel.withConcurrency(2).indexErrors(),
                        (Integer i) -> i == 3 ? Mono.error(failure) : Mono.just(i))))
        .expectNext(0, 1, 2)
        .expectErrorSatisfies(
            error -> {
              assertThat(error).isInstanceOf(ItemsFailedException.class).hasCause(failure);
              assertThat(((ItemsFailedException) error).index()).isEqualTo(3);
              assertThat(error)
                  .hasMessageContaining("item 3 failed")
                  .hasMessageContaining("fourth");
            })
        .verify();
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void all_errors_can_be_collected(Form form) {
    StepVerifier.create(
            Flux.range(0, 10)
                .transform(
                    form.of(
                        Parallel.withConcurrency(3).collectErrors(),
                        (Integer i) ->
                            i % 3 == 0
                                ? Mono.<Integer>error(new IOException("item " + i)).hide()
                                : Mono.just(i))))
        .expectNext(1, 2, 4, 5, 7, 8)
        .expectErrorSatisfies(
            error ->
                assertThat(((ItemsFailedException) error).failures())
                    .extracting(Settled.Failure::index)
                    .containsExactly(0L, 3L, 6L, 9L))
        .verify();
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void it_can_stop_after_some_errors(Form form) {
    AtomicInteger started = new AtomicInteger();

    StepVerifier.create(
            Flux.range(0, 100)
                .transform(
                    form.of(
                        Parallel.withConcurrency(1).stopAfterErrors(3),
                        (Integer i) -> {
                          started.incrementAndGet();
                          return i % 2 == 1
                              ? Mono.<Integer>error(new IOException("odd")).hide()
                              : Mono.just(i).hide();
                        })))
        .expectNext(0, 2, 4)
        .expectErrorSatisfies(
            error ->
                assertThat(((ItemsFailedException) error).failures())
                    .extracting(Settled.Failure::index)
                    .containsExactly(1L, 3L, 5L))
        .verify();
    assertThat(started).hasValue(6);
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void tolerated_errors_are_told_even_if_the_source_fails_or_the_subscriber_leaves(Form form) {
    List<Throwable> dropped = new CopyOnWriteArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    try {
      Function<Integer, Mono<Integer>> failing = i -> Mono.error(new IOException("item " + i));
      ParallelSpec spec = Parallel.withConcurrency(2).collectErrors();

      StepVerifier.create(
              Flux.just(1)
                  .concatWith(Mono.error(new IOException("source")))
                  .transform(form.of(spec, failing)))
          .expectErrorSatisfies(
              error -> {
                assertThat(error).hasMessage("source");
                assertThat(error.getSuppressed())
                    .hasSize(1)
                    .hasOnlyElementsOfType(ItemsFailedException.class);
              })
          .verify();
      assertThat(dropped).isEmpty();

      Flux.just(1).concatWith(Mono.never()).transform(form.of(spec, failing)).subscribe().dispose();
      assertThat(dropped).hasSize(1).hasOnlyElementsOfType(ItemsFailedException.class);
    } finally {
      Hooks.resetOnErrorDropped();
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void settling_turns_every_end_into_data(Form form) {
    IOException failure = new IOException("failed");

    StepVerifier.create(
            Flux.range(0, 4)
                .transform(
                    form.settling(
                        Parallel.withConcurrency(2),
                        (Integer i) ->
                            switch (i) {
                              case 0 -> Mono.just("value").hide();
                              case 1 -> Mono.error(failure);
                              case 2 -> Mono.<String>empty();
                              default -> Flux.just("a", "b");
                            })))
        .expectNext(
            Settled.success(0, "value"),
            Settled.failure(1, failure),
            Settled.empty(2),
            Settled.success(3, "a"),
            Settled.success(3, "b"))
        .verifyComplete();
  }

  @Test
  void reactors_error_continuation_is_honoured() {
    List<Object> skipped = new ArrayList<>();

    StepVerifier.create(
            Flux.range(0, 4)
                .transform(
                    Parallel.map(
                        2,
                        (Integer i) -> {
                          if (i == 2) {
                            throw new IllegalStateException("third");
                          }
                          return Mono.just(i);
                        }))
                .onErrorContinue((error, item) -> skipped.add(item)))
        .expectNext(0, 1, 3)
        .verifyComplete();
    assertThat(skipped).containsExactly(2);
  }

  // ---- cancellation and discards ----

  @ParameterizedTest
  @EnumSource(Form.class)
  void cancelling_reaches_the_source_and_every_running_item(Form form) {
    TestPublisher<Integer> source = TestPublisher.create();
    AtomicInteger stopped = new AtomicInteger();
    Disposable running =
        source
            .flux()
            .transform(
                form.of(
                    Parallel.withConcurrency(64),
                    i ->
                        i % 2 == 0
                            ? Mono.just(i).hide()
                            : Mono.<Integer>never().doOnCancel(stopped::incrementAndGet)))
            .subscribe();
    IntStream.range(0, 100).forEach(source::next);
    running.dispose();
    assertThat(stopped).hasValue(50);
    source.assertWasCancelled();
  }

  @Test
  void results_that_wait_are_discarded_on_cancellation_and_on_error() {
    ConcurrentLinkedQueue<Object> discarded = new ConcurrentLinkedQueue<>();
    for (boolean byError : List.of(true, false)) {
      discarded.clear();
      TestPublisher<Integer> front = TestPublisher.create();
      Disposable running =
          Flux.range(0, 6)
              .transform(
                  Parallel.map(
                      6,
                      (Integer i) ->
                          switch (i) {
                            case 0 -> front.flux();
                            case 1 -> Mono.just(i);
                            case 2 -> Mono.just(i).hide();
                            case 3 -> Flux.just(30, 31);
                            case 4 -> Flux.concat(Mono.just(40), Mono.never());
                            default -> Mono.never();
                          }))
              .doOnDiscard(Integer.class, discarded::add)
              .subscribe(value -> {}, error -> {});

      if (byError) {
        front.error(new IOException("front"));
      } else {
        running.dispose();
      }

      assertThat(discarded).containsExactlyInAnyOrder(1, 2, 30, 31, 40);
    }
  }

  @Test
  void a_value_that_comes_after_the_end_is_discarded() {
    List<Object> discarded = new ArrayList<>();
    AtomicReference<CoreSubscriber<? super Integer>> item = new AtomicReference<>();
    Mono<Integer> rude =
        new Mono<>() {
          @Override
          public void subscribe(CoreSubscriber<? super Integer> actual) {
            actual.onSubscribe(Operators.emptySubscription());
            item.set(actual);
          }
        };
    Disposable running =
        Flux.just(1)
            .transform(Parallel.<Integer, Integer>map(1, i -> rude))
            .doOnDiscard(Integer.class, discarded::add)
            .subscribe();

    running.dispose();
    item.get().onNext(7);
    item.get().onComplete();

    assertThat(discarded).containsExactly(7);
  }

  @Test
  void a_subscriber_may_cancel_from_its_own_signal() {
    AtomicInteger cancelled = new AtomicInteger();

    StepVerifier.create(
            Flux.range(0, 100)
                .transform(
                    Parallel.map(
                        4,
                        (Integer i) ->
                            i < 3
                                ? Mono.just(i)
                                : Mono.<Integer>never().doOnCancel(cancelled::incrementAndGet)))
                .take(3))
        .expectNext(0, 1, 2)
        .verifyComplete();
    assertThat(cancelled.get()).isLessThanOrEqualTo(4);
  }

  // ---- context, laziness, scans, arguments ----

  @ParameterizedTest
  @EnumSource(Form.class)
  void the_subscribers_context_reaches_each_item(Form form) {
    StepVerifier.create(
            Flux.range(0, 3)
                .transform(
                    form.<Integer, String>of(
                        Parallel.withConcurrency(2),
                        i -> Mono.deferContextual(view -> Mono.just(view.get("who") + "-" + i))))
                .contextWrite(Context.of("who", "me")))
        .expectNext("me-0", "me-1", "me-2")
        .verifyComplete();
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void each_subscription_is_a_run_of_its_own_and_nothing_happens_before(Form form) {
    AtomicInteger calls = new AtomicInteger();
    Flux<Integer> flux =
        Flux.range(0, 3)
            .transform(
                form.of(
                    Parallel.withConcurrency(2).indexErrors(),
                    i -> {
                      calls.incrementAndGet();
                      return Mono.just(i);
                    }));

    assertThat(calls).hasValue(0);
    assertThat(flux.collectList().block()).containsExactly(0, 1, 2);
    assertThat(flux.collectList().block()).containsExactly(0, 1, 2);
    assertThat(calls).hasValue(6);
  }

  @Test
  void it_can_be_scanned() {
    TestPublisher<Integer> source = TestPublisher.create();
    Sinks.One<Integer> first = Sinks.one();
    AtomicReference<Subscription> subscription = new AtomicReference<>();
    Flux<Integer> flux =
        source.flux().transform(Parallel.map(3, 5, i -> i == 0 ? first.asMono() : Mono.just(i)));
    flux.doOnSubscribe(subscription::set).subscribe();
    source.next(0, 1, 2);
    Scannable main = Scannable.from(subscription.get());

    assertThat(Scannable.from(flux).scan(Scannable.Attr.RUN_STYLE))
        .isEqualTo(Scannable.Attr.RunStyle.SYNC);
    assertThat(main.scan(Scannable.Attr.BUFFERED)).isEqualTo(3);
    assertThat(main.scan(Scannable.Attr.CAPACITY)).isEqualTo(8);
    assertThat(main.scan(Scannable.Attr.PREFETCH)).isEqualTo(3);
    assertThat(main.scan(Scannable.Attr.TERMINATED)).isFalse();
    assertThat(main.scan(Scannable.Attr.CANCELLED)).isFalse();
    assertThat(main.scan(Scannable.Attr.PARENT)).isNotNull();
    assertThat(main.scan(Scannable.Attr.ACTUAL)).isNotNull();
    Scannable item = main.inners().findFirst().orElseThrow();
    assertThat(item.scan(Scannable.Attr.ACTUAL)).isSameAs(main);
    assertThat(item.scan(Scannable.Attr.TERMINATED)).isFalse();
    subscription.get().cancel();
    assertThat(main.scan(Scannable.Attr.CANCELLED)).isTrue();
    assertThat(item.scan(Scannable.Attr.CANCELLED)).isTrue();
  }

  @Test
  void bad_arguments_are_refused_at_the_call() {
    assertThatThrownBy(() -> Parallel.map(0, Mono::just))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("concurrency must be positive, but was 0");
    assertThatThrownBy(() -> Parallel.mapUnordered(-1, Mono::just))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("concurrency must be positive, but was -1");
    assertThatThrownBy(() -> Parallel.map(1, -1, Mono::just))
        .hasMessage("lookAhead must not be negative, but was -1");
    assertThatThrownBy(() -> Parallel.withConcurrency(1).prefetch(0))
        .hasMessage("values must be positive, but was 0");
    assertThatThrownBy(() -> Parallel.withConcurrency(1).stopAfterErrors(0))
        .hasMessage("errors must be positive, but was 0");
    assertThatThrownBy(() -> Parallel.map(1, null)).hasMessage("processor must not be null");
    assertThatThrownBy(() -> Parallel.processBatch((List<Integer>) null, Mono::just))
        .hasMessage("items must not be null");
    assertThatThrownBy(() -> Parallel.processWithConcurrency(List.of(1), Mono::just, 0))
        .hasMessage("concurrency must be positive, but was 0");
  }

  @Test
  void settled_values_can_be_looked_into_and_mapped() {
    IOException error = new IOException();

    assertThat(Settled.success(1, "a").map(String::length)).isEqualTo(Settled.success(1, 1));
    assertThat(Settled.<String>failure(2, error).map(String::length))
        .isEqualTo(Settled.failure(2, error));
    assertThat(Settled.<String>empty(3).map(String::length)).isEqualTo(Settled.empty(3));
    assertThat(Settled.success(1, "a").valueOrNull()).isEqualTo("a");
    assertThat(Settled.failure(1, error).errorOrNull()).isSameAs(error);
    assertThat(Settled.success(1, "a").isSuccess()).isTrue();
    assertThat(Settled.failure(1, error).isFailure()).isTrue();
    assertThat(Settled.empty(1).isEmpty()).isTrue();
    assertThatThrownBy(() -> Settled.success(0, null)).hasMessage("value must not be null");
  }

  @Test
  void the_report_has_the_first_failure_as_cause_and_the_others_suppressed() {
    ItemsFailedException report =
        catchThrowableOfType(
            ItemsFailedException.class,
            () ->
                Flux.just(3, 1)
                    .transform(
                        Parallel.withConcurrency(2)
                            .collectErrors()
                            .map(d -> Mono.error(new IOException("late by " + d))))
                    .blockLast());

    assertThat(report).hasCauseInstanceOf(IOException.class);
    assertThat(report.getCause()).hasMessage("late by 3");
    assertThat(report.getSuppressed()[0]).hasMessage("late by 1");
    assertThat(report).hasMessageContaining("(and 1 more)");
  }
}
