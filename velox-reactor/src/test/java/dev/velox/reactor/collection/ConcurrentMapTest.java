package dev.velox.reactor.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.channel.ChannelOverflowException;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.collection.Change.Cause;
import dev.velox.reactor.sync.SelfDeadlockException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

class ConcurrentMapTest {

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void holds_what_was_set_until_it_is_deleted() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    StepVerifier.create(map.get("a")).verifyComplete();

    StepVerifier.create(map.set("a", 1)).verifyComplete();
    assertThat(map.get("a").block()).isEqualTo(1);
    assertThat(map.size()).isEqualTo(1);
    map.set("a", 2).block();
    assertThat(map.get("a").block()).isEqualTo(2);

    assertThat(map.delete("a").block()).isTrue();
    assertThat(map.delete("a").block()).isFalse();
    StepVerifier.create(map.get("a")).verifyComplete();
    assertThat(map.size()).isZero();
    assertThat(map.activeKeys()).isZero();
  }

  @Test
  void nothing_happens_before_subscription_and_each_subscription_is_its_own() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    Mono<Integer> increment = map.compute("a", (k, v) -> Mono.just(v == null ? 1 : v + 1));
    assertThat(map.size()).isZero();

    assertThat(increment.block()).isEqualTo(1);
    assertThat(increment.block()).isEqualTo(2);
  }

  @Test
  void computes_from_what_there_is() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    assertThat(map.compute("a", (k, v) -> Mono.just(v == null ? 1 : 0)).block()).isEqualTo(1);
    assertThat(map.compute("a", (k, v) -> Mono.just(v + 10)).block()).isEqualTo(11);
    StepVerifier.create(map.compute("a", (k, v) -> Mono.empty())).verifyComplete();
    assertThat(map.size()).isZero();
  }

  @Test
  void updates_what_is_there_only() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    StepVerifier.create(map.update("a", v -> v + 1)).verifyComplete();
    map.set("a", 1).block();
    assertThat(map.update("a", v -> v + 1).block()).isEqualTo(2);
    assertThat(map.get("a").block()).isEqualTo(2);
    StepVerifier.create(map.update("a", v -> null))
        .expectErrorMessage("value must not be null")
        .verify();
    assertThat(map.get("a").block()).isEqualTo(2);
  }

  @Test
  void a_computation_that_fails_throws_or_answers_null_changes_nothing() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    map.set("a", 1).block();
    StepVerifier.create(map.compute("a", (k, v) -> Mono.error(new IOException("no"))))
        .verifyError(IOException.class);
    StepVerifier.create(
            map.compute(
                "a",
                (k, v) -> {
                  throw new IllegalArgumentException("thrown");
                }))
        .verifyErrorMessage("thrown");
    StepVerifier.create(map.compute("a", (k, v) -> null))
        .verifyErrorMessage("The function returned null");

    assertThat(map.get("a").block()).isEqualTo(1);
    assertThat(map.activeKeys()).isZero();
  }

  @Test
  void a_cancelled_computation_changes_nothing_and_lets_the_next_go_on() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    map.set("a", 1).block();
    TestPublisher<Integer> pending = TestPublisher.create();
    TestSubscriber<Integer> computing = subscribe(map.compute("a", (k, v) -> pending.mono()));
    TestSubscriber<Void> setting = subscribe(map.set("a", 5));
    assertThat(setting.isTerminated()).isFalse();
    assertThat(map.get("a").block()).isEqualTo(1);

    computing.cancel();

    pending.assertCancelled();
    assertThat(setting.isTerminatedComplete()).isTrue();
    assertThat(map.get("a").block()).isEqualTo(5);
  }

  @Test
  void computations_of_two_keys_run_side_by_side_and_of_one_key_never() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    List<String> begun = new ArrayList<>();
    Sinks.One<Integer> gate = Sinks.one();
    for (String key : List.of("a", "b", "a")) {
      map.compute(
              key,
              (k, v) -> {
                begun.add(k);
                return gate.asMono();
              })
          .subscribe();
    }
    assertThat(begun).containsExactly("a", "b");

    gate.tryEmitValue(1);

    assertThat(begun).containsExactly("a", "b", "a");
  }

  @Test
  void many_increments_from_many_threads_all_count() {
    ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();
    AtomicInteger[] inside = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
    AtomicInteger most = new AtomicInteger();
    Flux.range(0, 30_000)
        .flatMap(
            i ->
                map.compute(
                        i % 3,
                        (k, v) -> {
                          most.accumulateAndGet(inside[k].incrementAndGet(), Math::max);
                          Mono<Integer> next = Mono.just(v == null ? 1 : v + 1);
                          return (i % 2 == 0 ? next.publishOn(Schedulers.parallel()) : next)
                              .doOnNext(n -> inside[k].decrementAndGet());
                        })
                    .subscribeOn(Schedulers.parallel()),
            64)
        .blockLast();

    assertThat(map.entries().collectMap(Map.Entry::getKey, Map.Entry::getValue).block())
        .isEqualTo(Map.of(0, 10_000, 1, 10_000, 2, 10_000));
    assertThat(most).hasValue(1);
    assertThat(map.activeKeys()).isZero();
  }

  @Test
  void a_function_that_waits_for_its_own_key_is_told_so() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.<String, Integer>builder().name("m").build();

    StepVerifier.create(map.compute("a", (k, v) -> map.set("a", 2).thenReturn(1)))
        .verifyError(SelfDeadlockException.class);
    StepVerifier.create(map.compute("a", (k, v) -> map.getOrLoad("a", x -> Mono.just(1))))
        .verifyError(SelfDeadlockException.class);
    StepVerifier.create(map.getOrLoad("a", k -> map.getOrLoad("a", x -> Mono.just(1))))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(SelfDeadlockException.class)
                    .hasMessageContaining("ConcurrentMap(m)"))
        .verify();
    StepVerifier.create(
            map.getOrLoad("a", k -> map.getOrLoad("b", j -> map.getOrLoad("a", x -> Mono.just(1)))))
        .verifyError(SelfDeadlockException.class);
    assertThat(map.compute("a", (k, v) -> map.getOrLoad("b", x -> Mono.just(1))).block())
        .isEqualTo(1);
  }

  @Test
  void the_context_of_the_caller_reaches_the_function() {
    ConcurrentMap<String, String> map = ConcurrentMap.create();
    Mono<String> user = Mono.deferContextual(context -> Mono.just(context.get("user")));

    assertThat(map.compute("a", (k, v) -> user).contextWrite(c -> c.put("user", "Ada")).block())
        .isEqualTo("Ada");
    assertThat(map.getOrLoad("b", k -> user).contextWrite(c -> c.put("user", "Alan")).block())
        .isEqualTo("Alan");
  }

  @Test
  void entries_come_as_they_are_asked_for() {
    ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();
    Flux.range(0, 100).concatMap(i -> map.set(i, i * i)).blockLast();

    StepVerifier.create(map.entries(), 3)
        .expectNextCount(3)
        .thenRequest(2)
        .expectNextCount(2)
        .thenCancel()
        .verify();
    assertThat(map.entries().all(e -> e.getValue() == e.getKey() * e.getKey()).block()).isTrue();
  }

  @Test
  void changes_tell_what_was_before_and_after_and_why() {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    map.set("before", 0).block();
    TestSubscriber<Change<String, Integer>> changes = TestSubscriber.create();
    map.changes().subscribe(changes);

    map.set("a", 1).block();
    map.update("a", v -> v + 1).block();
    map.compute("a", (k, v) -> Mono.just(v + 1)).block();
    map.delete("a").block();
    map.delete("a").block();
    map.getOrLoad("a", k -> Mono.just(7)).block();
    map.getOrLoad("a", k -> Mono.just(8)).block();
    map.compute("a", (k, v) -> Mono.empty()).block();

    assertThat(changes.getReceivedOnNext())
        .containsExactly(
            new Change<>("a", null, 1, Cause.WRITTEN),
            new Change<>("a", 1, 2, Cause.WRITTEN),
            new Change<>("a", 2, 3, Cause.WRITTEN),
            new Change<>("a", 3, null, Cause.DELETED),
            new Change<>("a", null, 7, Cause.LOADED),
            new Change<>("a", 7, null, Cause.DELETED));
    assertThat(changes.getReceivedOnNext().get(3).isRemoval()).isTrue();
    changes.cancel();
  }

  @Test
  void a_reader_of_changes_that_falls_behind_holds_nobody_up() {
    ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();
    TestSubscriber<Change<Integer, Integer>> slow =
        TestSubscriber.builder().initialRequest(0).build();
    TestSubscriber<Change<Integer, Integer>> latest =
        TestSubscriber.builder().initialRequest(0).build();
    map.changes().subscribe(slow);
    map.changes(SlowSubscriber.DROP_OLDEST, 1).subscribe(latest);

    Flux.range(0, 1_000).concatMap(i -> map.set(i, i)).blockLast();

    slow.request(Long.MAX_VALUE);
    assertThat(slow.expectTerminalError()).isInstanceOf(ChannelOverflowException.class);
    latest.request(1);
    assertThat(latest.getReceivedOnNext())
        .containsExactly(new Change<>(999, null, 999, Cause.WRITTEN));
    assertThatThrownBy(() -> map.changes(SlowSubscriber.WAIT, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("policy")
        .hasMessageContaining("WAIT");
  }

  @Test
  void who_follows_the_changes_of_racing_writers_ends_with_what_the_map_holds() {
    ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();
    Map<Integer, Integer> followed = new java.util.concurrent.ConcurrentHashMap<>();
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    TestSubscriber<Change<Integer, Integer>> follower = TestSubscriber.create();
    map.changes(SlowSubscriber.ERROR, 100_000)
        .doOnNext(
            change -> {
              Integer had =
                  change.after() == null
                      ? followed.remove(change.key())
                      : followed.put(change.key(), change.after());
              if (!java.util.Objects.equals(had, change.before())) {
                wrong.add(change + " but followed " + had);
              }
            })
        .subscribe(follower);

    Flux.range(0, 8_000)
        .flatMap(
            i ->
                (i % 5 == 0 ? map.delete(i % 7).then() : map.set(i % 7, i))
                    .subscribeOn(Schedulers.parallel()),
            32)
        .blockLast();

    assertThat(wrong).isEmpty();
    assertThat(followed)
        .isEqualTo(map.entries().collectMap(Map.Entry::getKey, Map.Entry::getValue).block());
    follower.cancel();
  }

  @Test
  void a_value_is_forgotten_when_it_is_old_and_loaded_again() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    ConcurrentMap<String, Integer> map =
        ConcurrentMap.<String, Integer>builder()
            .expireAfterWrite(Duration.ofMinutes(1))
            .timer(time)
            .build();
    AtomicInteger loads = new AtomicInteger();
    Mono<Integer> value = map.getOrLoad("a", k -> Mono.fromSupplier(loads::incrementAndGet));
    TestSubscriber<Change<String, Integer>> changes = TestSubscriber.create();
    map.changes().subscribe(changes);

    assertThat(value.block()).isEqualTo(1);
    time.advanceTimeBy(Duration.ofSeconds(59));
    assertThat(value.block()).isEqualTo(1);
    time.advanceTimeBy(Duration.ofSeconds(1));
    StepVerifier.create(map.get("a")).verifyComplete();
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(changes.getReceivedOnNext())
        .containsExactly(
            new Change<>("a", null, 1, Cause.LOADED), new Change<>("a", 1, null, Cause.EXPIRED));
    assertThat(value.block()).isEqualTo(2);
    changes.cancel();
  }

  @Test
  void no_more_values_are_kept_than_may_be() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    ConcurrentMap<Integer, Integer> map =
        ConcurrentMap.<Integer, Integer>builder().maximumSize(10).timer(time).build();
    TestSubscriber<Change<Integer, Integer>> changes = TestSubscriber.create();
    map.changes().subscribe(changes);

    Flux.range(0, 100)
        .concatMap(i -> map.set(i, i).doOnSuccess(done -> time.advanceTime()))
        .blockLast();
    time.advanceTimeBy(Duration.ofSeconds(10));

    assertThat(map.size()).isLessThanOrEqualTo(10);
    assertThat(changes.getReceivedOnNext())
        .filteredOn(c -> c.cause() == Cause.EVICTED)
        .hasSize(100 - map.size())
        .allMatch(Change::isRemoval);
    changes.cancel();
  }

  @Test
  void without_caffeine_the_options_that_need_it_say_so() throws Exception {
    URL[] here = {
      ConcurrentMap.class.getProtectionDomain().getCodeSource().getLocation(),
      Needs.class.getProtectionDomain().getCodeSource().getLocation()
    };
    try (URLClassLoader without =
        new URLClassLoader(here, ConcurrentMapTest.class.getClassLoader()) {
          @Override
          protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("com.github.benmanes.caffeine")) {
              throw new ClassNotFoundException(name);
            }
            if (name.startsWith("dev.velox.reactor.collection")) {
              Class<?> loaded = findLoadedClass(name);
              return loaded != null ? loaded : findClass(name);
            }
            return super.loadClass(name, resolve);
          }
        }) {
      Object told = without.loadClass(Needs.class.getName()).getMethod("caffeine").invoke(null);

      assertThat(told)
          .asString()
          .contains("expireAfterWrite", "com.github.ben-manes.caffeine:caffeine");
    }
  }

  /** Runs where Caffeine is not. */
  public static final class Needs {
    private Needs() {}

    public static String caffeine() {
      ConcurrentMap<String, String> plain = ConcurrentMap.create();
      plain.set("a", "b").block();
      try {
        return "built " + ConcurrentMap.<String, String>builder().maximumSize(1).build();
      } catch (IllegalStateException refused) {
        return refused.getMessage();
      }
    }
  }
}
