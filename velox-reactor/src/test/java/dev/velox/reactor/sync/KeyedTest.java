package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class KeyedTest {

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void the_work_of_one_key_is_done_in_order_and_that_of_others_meanwhile() {
    Map<String, Sinks.One<String>> work = new HashMap<>();
    List<String> begun = new ArrayList<>();
    TestSubscriber<String> results =
        subscribe(
            Flux.just("a1", "a2", "b1", "c1", "b2")
                .transform(
                    Keyed.serially(
                        name -> name.charAt(0),
                        2,
                        name -> {
                          begun.add(name);
                          return work.computeIfAbsent(name, n -> Sinks.one()).asMono();
                        })));
    assertThat(begun).containsExactly("a1", "b1");
    work.get("b1").tryEmitValue("B1");
    assertThat(begun).containsExactly("a1", "b1", "c1");
    work.get("a1").tryEmitEmpty();
    assertThat(begun).containsExactly("a1", "b1", "c1", "b2");
    work.get("c1").tryEmitValue("C1");
    assertThat(begun).containsExactly("a1", "b1", "c1", "b2", "a2");
    work.get("b2").tryEmitValue("B2");
    assertThat(results.isTerminatedComplete()).isFalse();
    work.get("a2").tryEmitValue("A2");

    assertThat(results.getReceivedOnNext()).containsExactly("B1", "C1", "B2", "A2");
    assertThat(results.isTerminatedComplete()).isTrue();
  }

  @Test
  void a_busy_key_holds_the_others_up_only_when_it_fills_the_window() {
    Sinks.One<Integer> busy = Sinks.one();
    List<Integer> done = new ArrayList<>();
    TestSubscriber<Integer> results =
        subscribe(
            Flux.just(0, 0, 0, 1, 2, 0, 3)
                .transform(
                    Keyed.serially(
                        i -> i,
                        2,
                        4,
                        i ->
                            i == 0
                                ? busy.asMono()
                                : Mono.fromSupplier(
                                    () -> {
                                      done.add(i);
                                      return i;
                                    }))));
    assertThat(done).containsExactly(1, 2);
    busy.tryEmitValue(0);
    assertThat(done).containsExactly(1, 2, 3);
    assertThat(results.getReceivedOnNext()).hasSize(7);
    assertThat(results.isTerminatedComplete()).isTrue();
  }

  @Test
  void it_takes_no_more_from_its_source_than_the_window() {
    TestPublisher<Integer> source = TestPublisher.create();
    TestSubscriber<Integer> results =
        subscribe(
            source.flux().transform(Keyed.serially(i -> i, 1, 3, i -> Mono.<Integer>never())));
    source.assertMinRequested(3);
    source.assertMaxRequested(3);
    source.next(1, 2, 3);
    results.cancel();
    source.assertCancelled();
  }

  @Test
  void demand_is_respected_and_a_slow_subscriber_slows_the_source() {
    AtomicInteger worked = new AtomicInteger();
    TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(0).build();
    Flux.range(0, 1_000)
        .transform(
            Keyed.<Integer, Integer, Integer>serially(
                i -> i % 10, 4, 16, i -> Mono.fromSupplier(worked::incrementAndGet)))
        .subscribe(slow);
    assertThat(worked.get()).isLessThanOrEqualTo(4);
    slow.request(5);
    assertThat(slow.getReceivedOnNext()).hasSize(5);
    assertThat(worked.get()).isLessThanOrEqualTo(9);
    slow.request(Long.MAX_VALUE);
    assertThat(slow.getReceivedOnNext()).hasSize(1_000);
    assertThat(slow.isTerminatedComplete()).isTrue();
  }

  @Test
  void the_results_of_one_key_stay_in_order_for_a_slow_subscriber() {
    TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(1).build();
    Flux.range(0, 100)
        .transform(
            Keyed.<Integer, Integer, Integer>serially(i -> i % 3, 8, i -> Flux.just(i, i + 1_000)))
        .subscribe(slow);
    for (int i = 0; i < 199; i++) {
      slow.request(1);
    }
    assertThat(slow.isTerminatedComplete()).isTrue();
    for (int key = 0; key < 3; key++) {
      int own = key;
      assertThat(slow.getReceivedOnNext().stream().filter(i -> i % 1_000 % 3 == own).toList())
          .containsExactlyElementsOf(
              IntStream.range(0, 100)
                  .filter(i -> i % 3 == own)
                  .boxed()
                  .flatMap(i -> List.of(i, i + 1_000).stream())
                  .toList());
    }
  }

  @Test
  void work_with_many_results_is_asked_for_a_few_in_advance() {
    TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(0).build();
    AtomicInteger made = new AtomicInteger();
    Flux.just(1)
        .transform(
            Keyed.<Integer, Integer, Integer>serially(
                i -> i, 1, i -> Flux.range(0, 1_000).doOnNext(n -> made.incrementAndGet())))
        .subscribe(slow);
    assertThat(made.get()).isLessThanOrEqualTo(32);
    slow.request(500);
    assertThat(slow.getReceivedOnNext()).hasSize(500);
    assertThat(made.get()).isLessThanOrEqualTo(532);
    slow.request(1_000);
    assertThat(slow.getReceivedOnNext()).hasSize(1_000);
    assertThat(slow.isTerminatedComplete()).isTrue();
  }

  @Test
  void an_error_of_work_ends_everything_at_once() {
    List<String> cancelled = new ArrayList<>();
    List<Object> discarded = new ArrayList<>();
    Sinks.One<Integer> fails = Sinks.one();
    TestPublisher<Integer> source = TestPublisher.create();
    TestSubscriber<Integer> results =
        subscribe(
            source
                .flux()
                .transform(
                    Keyed.<Integer, Integer, Integer>serially(
                        i -> i,
                        2,
                        i ->
                            i == 0
                                ? fails.asMono()
                                : Mono.<Integer>never().doOnCancel(() -> cancelled.add("work"))))
                .doOnDiscard(Integer.class, discarded::add));
    source.next(0, 1, 1, 2);
    fails.tryEmitError(new IllegalStateException("work"));

    assertThat(results.expectTerminalError()).hasMessage("work");
    assertThat(cancelled).containsExactly("work");
    assertThat(discarded).containsExactlyInAnyOrder(1, 2);
    source.assertCancelled();
  }

  @Test
  void what_throws_or_answers_null_is_an_error() {
    StepVerifier.create(
            Flux.just(1)
                .transform(
                    Keyed.<Integer, Integer, Integer>serially(
                        i -> {
                          throw new IllegalStateException("key");
                        },
                        1,
                        Mono::just)))
        .verifyErrorMessage("key");
    StepVerifier.create(
            Flux.just(1)
                .transform(Keyed.<Integer, Integer, Integer>serially(i -> null, 1, Mono::just)))
        .verifyError(NullPointerException.class);
    StepVerifier.create(
            Flux.just(1)
                .transform(
                    Keyed.<Integer, Integer, Integer>serially(
                        i -> i,
                        1,
                        i -> {
                          throw new IllegalStateException("work");
                        })))
        .verifyErrorMessage("work");
    StepVerifier.create(
            Flux.just(1).transform(Keyed.<Integer, Integer, Integer>serially(i -> i, 1, i -> null)))
        .verifyError(NullPointerException.class);
    StepVerifier.create(
            Flux.<Integer>error(new IllegalStateException("source"))
                .transform(Keyed.<Integer, Integer, Integer>serially(i -> i, 1, Mono::just)))
        .verifyErrorMessage("source");
    StepVerifier.create(
            Flux.<Integer>empty()
                .transform(Keyed.<Integer, Integer, Integer>serially(i -> i, 1, Mono::just)))
        .verifyComplete();
    assertThatThrownBy(() -> Keyed.<Integer, Integer, Integer>serially(i -> i, 0, Mono::just))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("concurrency", "0");
    assertThatThrownBy(() -> Keyed.<Integer, Integer, Integer>serially(i -> i, 4, 3, Mono::just))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("window", "3");
  }

  @Test
  void cancelling_cancels_the_source_and_the_work_and_discards_the_rest() {
    List<Object> discarded = new ArrayList<>();
    AtomicInteger cancelled = new AtomicInteger();
    TestPublisher<Integer> source = TestPublisher.create();
    TestSubscriber<Integer> results =
        subscribe(
            source
                .flux()
                .transform(
                    Keyed.<Integer, Integer, Integer>serially(
                        i -> i % 2,
                        2,
                        i -> Mono.<Integer>never().doOnCancel(cancelled::incrementAndGet)))
                .doOnDiscard(Integer.class, discarded::add));
    source.next(0, 1, 2, 3);
    results.cancel();
    assertThat(cancelled).hasValue(2);
    assertThat(discarded).containsExactlyInAnyOrder(2, 3);
    source.assertCancelled();
  }

  @Test
  void work_that_can_be_called_is_not_subscribed_and_fails_as_any_other() {
    AtomicInteger calls = new AtomicInteger();
    Flux<Integer> results =
        Flux.just(1, 2, 3)
            .transform(
                Keyed.<Integer, Integer, Integer>serially(
                    i -> 0,
                    1,
                    i ->
                        Mono.fromCallable(
                            () -> {
                              calls.incrementAndGet();
                              if (i == 3) {
                                throw new IllegalStateException("called");
                              }
                              return i == 2 ? null : i;
                            })));
    StepVerifier.create(results).expectNext(1).verifyErrorMessage("called");
    assertThat(calls).hasValue(3);
  }

  @Test
  void a_call_waits_for_the_work_before_it_of_its_key_and_for_a_free_place() {
    Sinks.One<String> slow = Sinks.one();
    List<String> called = new ArrayList<>();
    TestSubscriber<String> results =
        subscribe(
            Flux.just("a1", "a2", "b1", "a3", "b2")
                .transform(
                    Keyed.<String, Character, String>serially(
                        name -> name.charAt(0),
                        1,
                        name ->
                            name.equals("a1")
                                ? slow.asMono()
                                : Mono.fromSupplier(
                                    () -> {
                                      called.add(name);
                                      return name;
                                    }))));
    assertThat(called).isEmpty();
    slow.tryEmitValue("a1");
    assertThat(called).containsExactlyInAnyOrder("a2", "b1", "a3", "b2");
    assertThat(called).containsSubsequence("a2", "a3").containsSubsequence("b1", "b2");
    assertThat(results.getReceivedOnNext()).startsWith("a1").hasSize(5);
    assertThat(results.isTerminatedComplete()).isTrue();
  }

  @Test
  void what_a_call_gave_while_it_was_cancelled_is_discarded() {
    List<Object> discarded = new ArrayList<>();
    TestSubscriber<String> results = TestSubscriber.create();
    Flux.just(1, 2)
        .transform(
            Keyed.<Integer, Integer, String>serially(
                i -> i,
                1,
                i ->
                    Mono.fromSupplier(
                        () -> {
                          results.cancel();
                          return "result " + i;
                        })))
        .doOnDiscard(String.class, discarded::add)
        .subscribe(results);
    assertThat(results.getReceivedOnNext()).isEmpty();
    assertThat(discarded).containsExactly("result 1");
  }

  @Test
  void calls_of_a_source_race_with_requests_and_none_is_lost() {
    for (int i = 0; i < 500; i++) {
      Sinks.Many<Integer> source = Sinks.many().unicast().onBackpressureBuffer();
      TestSubscriber<Integer> results = TestSubscriber.builder().initialRequest(0).build();
      source
          .asFlux()
          .transform(Keyed.<Integer, Integer, Integer>serially(n -> n % 3, 2, 5, Mono::just))
          .subscribe(results);
      RaceTestUtils.race(
          () -> {
            for (int n = 0; n < 20; n++) {
              source.tryEmitNext(n).orThrow();
            }
            source.tryEmitComplete().orThrow();
          },
          () -> {
            for (int n = 0; n < 20; n++) {
              results.request(1);
            }
          });
      assertThat(results.getReceivedOnNext()).hasSize(20).doesNotHaveDuplicates();
      for (int key = 0; key < 3; key++) {
        int own = key;
        assertThat(results.getReceivedOnNext().stream().filter(n -> n % 3 == own).toList())
            .isSorted();
      }
      assertThat(results.isTerminatedComplete()).isTrue();
    }
  }

  @Test
  void the_context_reaches_the_work() {
    StepVerifier.create(
            Flux.just(1, 2)
                .transform(
                    Keyed.<Integer, Integer, String>serially(
                        i -> i,
                        1,
                        i -> Mono.deferContextual(c -> Mono.just(c.get("who") + "" + i))))
                .contextWrite(c -> c.put("who", "me")))
        .expectNext("me1", "me2")
        .verifyComplete();
  }

  @Test
  void synchronous_work_runs_in_constant_stack() {
    assertThat(
            Flux.range(0, 1_000_000)
                .transform(Keyed.<Integer, Integer, Integer>serially(i -> 0, 16, Mono::just))
                .count()
                .block())
        .isEqualTo(1_000_000L);
  }

  @Test
  void a_thousand_keys_complete_in_order() {
    inOrder(50_000, 1_000);
  }

  @Tag("stress")
  @Test
  void a_thousand_keys_complete_in_order_over_a_million_events() {
    inOrder(1_000_000, 1_000);
    inOrder(1_000_000, 100_000);
  }

  private static void inOrder(int events, int keys) {
    Map<Integer, Integer> running = new ConcurrentHashMap<>();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger now = new AtomicInteger();
    int[] last = new int[keys];
    java.util.Arrays.fill(last, -1);
    Long count =
        Flux.range(0, events)
            .transform(
                Keyed.<Integer, Integer, Integer>serially(
                    i -> i % keys,
                    16,
                    i ->
                        Mono.fromCallable(
                                () -> {
                                  assertThat(running.putIfAbsent(i % keys, i)).isNull();
                                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                                  return i;
                                })
                            .subscribeOn(Schedulers.parallel())
                            .doOnNext(
                                j -> {
                                  now.decrementAndGet();
                                  running.remove(j % keys);
                                })))
            .doOnNext(
                i -> {
                  assertThat(i).isGreaterThan(last[i % keys]);
                  last[i % keys] = i;
                })
            .count()
            .block(Duration.ofSeconds(50));
    assertThat(count).isEqualTo(events);
    assertThat(most.get()).isLessThanOrEqualTo(16);
    assertThat(running).isEmpty();
  }

  @Test
  void cancelling_races_with_work_that_ends_and_everything_is_accounted_for_once() {
    accountedFor(2_000);
  }

  @Tag("stress")
  @Test
  void cancelling_races_with_work_that_ends_and_everything_is_accounted_for_once_ever() {
    accountedFor(100_000);
  }

  private static void accountedFor(int races) {
    for (int i = 0; i < races; i++) {
      Sinks.Empty<Void> work = Sinks.empty();
      AtomicInteger begun = new AtomicInteger();
      List<Integer> elementsDiscarded = Collections.synchronizedList(new ArrayList<>());
      List<String> resultsMade = Collections.synchronizedList(new ArrayList<>());
      List<String> resultsDiscarded = Collections.synchronizedList(new ArrayList<>());
      TestSubscriber<String> results = TestSubscriber.create();
      Flux.just(0, 1)
          .transform(
              Keyed.<Integer, Integer, String>serially(
                  n -> 0,
                  1,
                  n -> {
                    begun.incrementAndGet();
                    return work.asMono()
                        .then(
                            Mono.fromSupplier(
                                () -> {
                                  resultsMade.add("result " + n);
                                  return "result " + n;
                                }));
                  }))
          .doOnDiscard(Integer.class, elementsDiscarded::add)
          .doOnDiscard(String.class, resultsDiscarded::add)
          .subscribe(results);

      RaceTestUtils.race(results::cancel, work::tryEmitEmpty);

      assertThat(begun.get() + elementsDiscarded.size()).as("elements").isEqualTo(2);
      List<String> accounted = new ArrayList<>(results.getReceivedOnNext());
      accounted.addAll(resultsDiscarded);
      assertThat(accounted)
          .as("received %s, discarded %s", results.getReceivedOnNext(), resultsDiscarded)
          .containsExactlyInAnyOrderElementsOf(resultsMade);
    }
  }

  @Test
  void a_result_whose_work_has_not_completed_is_discarded_on_cancellation() {
    List<String> discarded = new ArrayList<>();
    TestPublisher<String> work =
        TestPublisher.createNoncompliant(TestPublisher.Violation.DEFER_CANCELLATION);
    TestSubscriber<String> results =
        subscribe(
            Flux.just(1)
                .transform(
                    Keyed.<Integer, Integer, String>serially(i -> i, 1, i -> Mono.fromDirect(work)))
                .doOnDiscard(String.class, discarded::add));
    work.next("unseen");
    results.cancel();
    assertThat(discarded).containsExactly("unseen");
    assertThat(results.getReceivedOnNext()).isEmpty();
  }
}
