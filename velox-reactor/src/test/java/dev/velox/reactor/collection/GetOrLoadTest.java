package dev.velox.reactor.collection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class GetOrLoadTest {

  private static final int RACES = 2_000;

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  private static <T> List<TestSubscriber<T>> subscribe(int times, Mono<T> mono) {
    List<TestSubscriber<T>> subscribers = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      subscribers.add(subscribe(mono));
    }
    return subscribers;
  }

  @Test
  void sixty_four_callers_load_once() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    AtomicInteger loads = new AtomicInteger();
    TestPublisher<Integer> load = TestPublisher.create();
    List<TestSubscriber<Integer>> callers =
        subscribe(
            64,
            map.getOrLoad(
                "a",
                k -> {
                  loads.incrementAndGet();
                  return load.mono();
                }));
    assertThat(map.waiting("a")).isEqualTo(64);

    load.emit(7);

    assertThat(loads).hasValue(1);
    assertThat(callers)
        .allSatisfy(caller -> assertThat(caller.getReceivedOnNext()).containsExactly(7))
        .allMatch(TestSubscriber::isTerminatedComplete);
    assertThat(map.get("a").block()).isEqualTo(7);
    assertThat(map.waiting("a")).isZero();
    assertThat(map.activeKeys()).isZero();
  }

  @Test
  void it_survives_sixty_three_cancellations_and_the_last_one_ends_it() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    TestPublisher<Integer> load = TestPublisher.create();
    List<TestSubscriber<Integer>> callers = subscribe(64, map.getOrLoad("a", k -> load.mono()));

    callers.subList(0, 63).forEach(TestSubscriber::cancel);
    load.assertNotCancelled();
    assertThat(map.waiting("a")).isEqualTo(1);

    callers.get(63).cancel();

    load.assertCancelled();
    assertThat(map.size()).isZero();
    assertThat(map.activeKeys()).isZero();
    assertThat(map.getOrLoad("a", k -> Mono.just(8)).block()).isEqualTo(8);
  }

  @Test
  void who_stays_gets_the_value_though_the_first_one_left() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    TestPublisher<Integer> load = TestPublisher.create();
    List<TestSubscriber<Integer>> callers = subscribe(3, map.getOrLoad("a", k -> load.mono()));
    callers.get(0).cancel();

    load.emit(7);

    assertThat(callers.get(0).getReceivedOnNext()).isEmpty();
    assertThat(callers.get(1).getReceivedOnNext()).containsExactly(7);
    assertThat(callers.get(2).getReceivedOnNext()).containsExactly(7);
  }

  @Test
  void an_error_reaches_all_and_the_next_caller_loads_again() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    TestPublisher<Integer> load = TestPublisher.create();
    List<TestSubscriber<Integer>> callers = subscribe(3, map.getOrLoad("a", k -> load.mono()));

    load.error(new IOException("down"));

    assertThat(callers)
        .allSatisfy(
            caller -> assertThat(caller.expectTerminalError()).isInstanceOf(IOException.class));
    assertThat(map.getOrLoad("a", k -> Mono.just(8)).block()).isEqualTo(8);
  }

  @Test
  void who_retries_inside_the_error_loads_again() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    AtomicInteger loads = new AtomicInteger();
    Mono<Integer> value =
        map.getOrLoad(
            "a",
            k ->
                Mono.defer(
                    () ->
                        loads.incrementAndGet() < 3
                            ? Mono.error(new IOException("down"))
                            : Mono.just(loads.get())));

    assertThat(value.retry(5).block()).isEqualTo(3);
  }

  @Test
  void a_load_that_throws_answers_null_or_is_empty_keeps_nothing() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    StepVerifier.create(
            map.getOrLoad(
                "a",
                k -> {
                  throw new IllegalArgumentException("thrown");
                }))
        .verifyErrorMessage("thrown");
    StepVerifier.create(map.getOrLoad("a", k -> null))
        .verifyErrorMessage("The loader returned null");
    StepVerifier.create(map.getOrLoad("a", k -> Mono.empty())).verifyComplete();
    assertThat(map.size()).isZero();
    assertThat(map.waiting("a")).isZero();
  }

  @Test
  void it_begins_when_it_is_asked_for_a_value() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    AtomicInteger loads = new AtomicInteger();
    TestSubscriber<Integer> caller = TestSubscriber.builder().initialRequest(0).build();
    map.getOrLoad("a", k -> Mono.fromSupplier(loads::incrementAndGet)).subscribe(caller);
    assertThat(loads).hasValue(0);

    caller.request(1);

    assertThat(caller.getReceivedOnNext()).containsExactly(1);
  }

  @Test
  void a_value_that_a_write_brought_meanwhile_is_taken_instead_of_loading() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    Sinks.One<Integer> gate = Sinks.one();
    map.compute("a", (k, v) -> gate.asMono()).subscribe();
    AtomicInteger loads = new AtomicInteger();
    TestSubscriber<Integer> caller =
        subscribe(map.getOrLoad("a", k -> Mono.fromSupplier(loads::incrementAndGet)));

    gate.tryEmitValue(5);

    assertThat(caller.getReceivedOnNext()).containsExactly(5);
    assertThat(loads).hasValue(0);
  }

  @Test
  void many_callers_of_many_keys_load_each_once() {
    ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();
    AtomicInteger loads = new AtomicInteger();
    Long sum =
        Flux.range(0, 50_000)
            .flatMap(
                i ->
                    map.getOrLoad(
                            i % 100,
                            k ->
                                Mono.fromSupplier(
                                        () -> {
                                          loads.incrementAndGet();
                                          return k;
                                        })
                                    .subscribeOn(Schedulers.parallel()))
                        .subscribeOn(Schedulers.parallel()),
                256)
            .reduce(0L, Long::sum)
            .block();

    assertThat(sum).isEqualTo(500L * 99 * 100 / 2);
    assertThat(loads).hasValue(100);
  }

  @Test
  void a_hundred_thousand_callers_are_told_in_constant_stack_and_leave_at_once() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    TestPublisher<Integer> load = TestPublisher.create();
    AtomicInteger received = new AtomicInteger();
    Mono<Integer> value =
        map.getOrLoad("a", k -> load.mono()).doOnNext(v -> received.incrementAndGet());
    for (int i = 0; i < 100_000; i++) {
      value.subscribe();
    }
    List<reactor.core.Disposable> leaving = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      leaving.add(value.subscribe());
    }
    leaving.forEach(reactor.core.Disposable::dispose);
    assertThat(map.waiting("a")).isEqualTo(100_000);

    load.emit(1);

    assertThat(received).hasValue(100_000);
  }

  @Test
  void the_last_cancellation_meets_a_newcomer_who_is_served_all_the_same() {
    newcomers(RACES);
  }

  @Tag("stress")
  @Test
  void the_last_cancellation_meets_a_newcomer_who_is_always_served() {
    newcomers(100_000);
  }

  private static void newcomers(int races) {
    for (int i = 0; i < races; i++) {
      ConcurrentMap<String, Integer> map = ConcurrentMap.create();
      Sinks.One<Integer> gate = Sinks.one();
      Mono<Integer> value = map.getOrLoad("a", k -> gate.asMono());
      TestSubscriber<Integer> leaving = subscribe(value);
      TestSubscriber<Integer> coming = TestSubscriber.create();

      RaceTestUtils.race(leaving::cancel, () -> value.subscribe(coming));
      assertThat(map.waiting("a")).isEqualTo(1);
      gate.tryEmitValue(7);

      assertThat(coming.getReceivedOnNext()).containsExactly(7);
      assertThat(map.waiting("a")).isZero();
      assertThat(map.activeKeys()).isZero();
    }
  }

  @Test
  void the_last_cancellation_meets_the_value_and_one_of_them_wins() {
    for (int i = 0; i < RACES; i++) {
      ConcurrentMap<String, Integer> map = ConcurrentMap.create();
      Sinks.One<Integer> gate = Sinks.one();
      TestSubscriber<Integer> caller = subscribe(map.getOrLoad("a", k -> gate.asMono()));

      RaceTestUtils.race(caller::cancel, () -> gate.tryEmitValue(7));

      assertThat(caller.getReceivedOnNext().size()).isLessThanOrEqualTo(map.size());
      assertThat(map.waiting("a")).isZero();
      assertThat(map.activeKeys()).isZero();
    }
  }

  @Test
  void a_call_meets_its_own_cancellation_and_leaves_nothing_behind() {
    for (int i = 0; i < RACES; i++) {
      ConcurrentMap<String, Integer> map = ConcurrentMap.create();
      TestSubscriber<Integer> caller = TestSubscriber.builder().initialRequest(0).build();
      map.getOrLoad("a", k -> Mono.never()).subscribe(caller);

      RaceTestUtils.race(() -> caller.request(1), caller::cancel);

      assertThat(map.waiting("a")).isZero();
      assertThat(map.activeKeys()).isZero();
    }
  }
}
