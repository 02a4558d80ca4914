package dev.velox.reactor.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class ParallelArrayTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private static List<Integer> upTo(int n) {
    return IntStream.range(0, n).boxed().toList();
  }

  private static ParallelArray<Integer> numbers(int n) {
    return ParallelArray.of(upTo(n));
  }

  /** Waits, without a sleep, until something holds; for tests whose subject runs elsewhere. */
  private static void await(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("what was waited for did not come");
      }
      Thread.onSpinWait();
    }
  }

  /** As {@link #await}, on a thread where even a spin hint counts as blocking. */
  private static boolean spinUntil(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
      // Burns its processor on purpose: this is the CPU-bound function under test.
    }
    return condition.getAsBoolean();
  }

  // ---- plain functions ----

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 17, 1000, 20_000})
  void map_filter_and_flat_map_keep_the_order(int n) {
    List<Integer> items = upTo(n);
    ParallelArray<Integer> array = ParallelArray.of(items).parallelism(4);

    assertThat(array.map(i -> "n" + i).block(LONG))
        .isEqualTo(items.stream().map(i -> "n" + i).toList());
    assertThat(array.filter(i -> i % 3 == 0).block(LONG))
        .isEqualTo(items.stream().filter(i -> i % 3 == 0).toList());
    assertThat(array.<Integer>flatMap(i -> upTo(i % 4)).block(LONG))
        .isEqualTo(items.stream().flatMap(i -> upTo(i % 4).stream()).toList());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 100, 10_000})
  void reduce_parallel_equals_the_sequential_fold_for_functions_that_do_not_commute(int chunk) {
    List<Integer> items = upTo(1000);
    String expected = items.stream().map(String::valueOf).collect(Collectors.joining());
    ParallelArray<Integer> array = ParallelArray.of(items).parallelism(4).chunkSize(chunk);

    for (int round = 0; round < 20; round++) {
      assertThat(array.reduceParallel("", (sum, i) -> sum + i, String::concat).block(LONG))
          .isEqualTo(expected);
    }
    assertThat(array.reduce((sum, i) -> sum + i, "").block(LONG)).isEqualTo(expected);
    assertThat(array.reduceAsync((String sum, Integer i) -> Mono.just(sum + i), "").block(LONG))
        .isEqualTo(expected);
  }

  @Test
  void folds_of_no_items_are_their_beginning() {
    assertThat(numbers(0).reduceParallel(7, Integer::sum, Integer::sum).block(LONG)).isEqualTo(7);
    assertThat(numbers(0).reduce(Integer::sum, 7).block(LONG)).isEqualTo(7);
    assertThat(numbers(0).reduceAsync((Integer a, Integer b) -> Mono.just(a + b), 7).block(LONG))
        .isEqualTo(7);
    assertThat(numbers(0).collect(Collectors.toList()).block(LONG)).isEmpty();
    assertThat(numbers(0).sorted().block(LONG)).isEmpty();
    assertThat(numbers(0).count(i -> true).block(LONG)).isZero();
    assertThat(numbers(0).groupBy(i -> i).block(LONG)).isEmpty();
  }

  @Test
  void collect_group_by_count_and_for_each_agree_with_streams() {
    List<Integer> items = upTo(10_000);
    ParallelArray<Integer> array = ParallelArray.of(items).parallelism(3);
    Set<Integer> seen = ConcurrentHashMap.newKeySet();

    assertThat(array.collect(Collectors.toList()).block(LONG)).isEqualTo(items);
    assertThat(array.collect(Collectors.summingInt(i -> i)).block(LONG))
        .isEqualTo(items.stream().mapToInt(i -> i).sum());
    Map<Integer, List<Integer>> groups = array.groupBy(i -> (i + 5) % 7).block(LONG);
    assertThat(groups).isEqualTo(items.stream().collect(Collectors.groupingBy(i -> (i + 5) % 7)));
    assertThat(groups.keySet()).containsExactly(5, 6, 0, 1, 2, 3, 4);
    assertThat(array.count(i -> i % 4 == 0).block(LONG)).isEqualTo(2_500);
    array.forEach(seen::add).block(LONG);
    assertThat(seen).hasSize(10_000);
  }

  @Test
  void sorting_is_right_and_stable() {
    Random random = new Random(42);
    List<int[]> pairs = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      pairs.add(new int[] {random.nextInt(100), i});
    }
    Comparator<int[]> byFirst = Comparator.comparingInt(pair -> pair[0]);

    for (int parallelism : List.of(1, 2, 3, 8)) {
      assertThat(ParallelArray.of(pairs).parallelism(parallelism).sorted(byFirst).block(LONG))
          .isEqualTo(pairs.stream().sorted(byFirst).toList());
    }
    assertThat(ParallelArray.of(3, 1, 2).sorted().block(LONG)).containsExactly(1, 2, 3);
    StepVerifier.create(ParallelArray.of(new Object(), new Object()).sorted())
        .verifyError(ClassCastException.class);
  }

  @Test
  void matches_and_the_first_are_found() {
    ParallelArray<Integer> array = numbers(10_000).parallelism(4);

    assertThat(array.anyMatch(i -> i == 9_999).block(LONG)).isTrue();
    assertThat(array.anyMatch(i -> i < 0).block(LONG)).isFalse();
    assertThat(array.allMatch(i -> i >= 0).block(LONG)).isTrue();
    assertThat(array.allMatch(i -> i != 5_000).block(LONG)).isFalse();
    assertThat(array.noneMatch(i -> i < 0).block(LONG)).isTrue();
    assertThat(array.noneMatch(i -> i == 1).block(LONG)).isFalse();
    for (int round = 0; round < 50; round++) {
      assertThat(array.findFirst(i -> i % 1000 == 777).block(LONG)).isEqualTo(777);
    }
    StepVerifier.create(array.findFirst(i -> i < 0)).verifyComplete();
    assertThat(numbers(0).anyMatch(i -> true).block(LONG)).isFalse();
    assertThat(numbers(0).allMatch(i -> false).block(LONG)).isTrue();
    StepVerifier.create(numbers(0).findFirst(i -> true)).verifyComplete();
  }

  @Test
  void a_match_stops_the_others_and_is_told_while_they_are_at_it() {
    AtomicInteger tested = new AtomicInteger();
    AtomicBoolean answered = new AtomicBoolean();

    // The first item's function goes on until the answer is there: it can't be waited for.
    Boolean found =
        numbers(1_000_000)
            .parallelism(2)
            .chunkSize(100)
            .anyMatch(
                i -> {
                  tested.incrementAndGet();
                  return i == 0 ? !spinUntil(answered::get) : i == 150;
                })
            .doOnNext(answer -> answered.set(true))
            .block(LONG);

    assertThat(found).isTrue();
    assertThat(tested.get()).isLessThan(10_000);
  }

  @Test
  void what_lies_behind_the_first_match_is_not_looked_at() {
    AtomicInteger tested = new AtomicInteger();

    assertThat(
            numbers(1_000_000)
                .parallelism(2)
                .chunkSize(100)
                .findFirst(
                    i -> {
                      tested.incrementAndGet();
                      return i >= 250;
                    })
                .block(LONG))
        .isEqualTo(250);
    // Whoever was further ahead when it was found had at most a few chunks.
    assertThat(tested.get()).isLessThan(100_000);
  }

  @Test
  void plain_functions_run_on_all_rails_at_once() {
    int rails = Math.max(2, Runtime.getRuntime().availableProcessors());
    AtomicInteger inside = new AtomicInteger();
    Set<String> threads = ConcurrentHashMap.newKeySet();
    // One thread per rail, however many threads Reactor's own scheduler has been given here.
    Scheduler scheduler = Schedulers.newParallel("rails", rails);
    try {
      List<Boolean> met =
          numbers(rails * 4)
              .parallelism(rails)
              .runOn(scheduler)
              .chunkSize(1)
              .map(
                  i -> {
                    threads.add(Thread.currentThread().getName());
                    inside.incrementAndGet();
                    // Nobody leaves before all rails are inside, once.
                    return spinUntil(() -> inside.get() >= rails);
                  })
              .block(LONG);

      assertThat(met).hasSize(rails * 4).doesNotContain(false);
      assertThat(threads).hasSize(rails).allMatch(name -> name.startsWith("rails"));
    } finally {
      scheduler.dispose();
    }
  }

  @Test
  void plain_functions_run_on_reactors_parallel_threads_by_default() {
    Set<String> threads = ConcurrentHashMap.newKeySet();

    numbers(1000)
        .map(i -> threads.add(Thread.currentThread().getName()))
        .then(
            numbers(10)
                .reduce(
                    (sum, i) -> sum + (threads.add(Thread.currentThread().getName()) ? 1 : 0), 0))
        .block(LONG);

    assertThat(threads).isNotEmpty().allMatch(name -> name.startsWith("parallel-"));
  }

  @Test
  void a_free_rail_takes_the_next_chunk_whatever_the_others_are_at() {
    AtomicInteger others = new AtomicInteger();
    int items = 64;

    // Item 0 holds its rail until all the others are done, so they all ran on the other rail.
    assertThat(
            numbers(items)
                .parallelism(2)
                .chunkSize(1)
                .map(
                    i -> {
                      if (i == 0) {
                        return spinUntil(() -> others.get() == items - 1);
                      }
                      others.incrementAndGet();
                      return true;
                    })
                .block(LONG))
        .hasSize(items)
        .doesNotContain(false);
  }

  @Test
  void an_error_of_a_function_ends_it_and_stops_the_others() {
    AtomicInteger called = new AtomicInteger();

    StepVerifier.create(
            numbers(1_000_000)
                .parallelism(2)
                .chunkSize(10)
                .map(
                    i -> {
                      called.incrementAndGet();
                      if (i == 500) {
                        throw new IllegalStateException("five hundred");
                      }
                      return i;
                    }))
        .verifyErrorMessage("five hundred");
    assertThat(called.get()).isLessThan(500_000);
    StepVerifier.create(numbers(3).map(i -> null)).verifyError(NullPointerException.class);
    StepVerifier.create(numbers(3).flatMap(i -> null)).verifyError(NullPointerException.class);
    StepVerifier.create(numbers(3).groupBy(i -> null)).verifyError(NullPointerException.class);
    StepVerifier.create(numbers(3).reduce((sum, i) -> null, 0))
        .verifyError(NullPointerException.class);
    StepVerifier.create(
            numbers(3).reduceParallel(0, Integer::sum, (left, right) -> null).onErrorComplete())
        .verifyComplete();
    StepVerifier.create(
            numbers(30)
                .findFirst(
                    i -> {
                      throw new IllegalStateException("search");
                    }))
        .verifyErrorMessage("search");
  }

  @Test
  void functions_that_fail_together_are_one_error_and_nothing_is_dropped() {
    Queue<Throwable> dropped = new ConcurrentLinkedQueue<>();
    Hooks.onErrorDropped(dropped::add);
    try {
      AtomicInteger inside = new AtomicInteger();
      AtomicReference<Throwable> error = new AtomicReference<>();
      numbers(2)
          .parallelism(2)
          .chunkSize(1)
          .map(
              i -> {
                inside.incrementAndGet();
                spinUntil(() -> inside.get() == 2);
                throw new IllegalStateException("item " + i);
              })
          .onErrorResume(
              failure -> {
                error.set(failure);
                return Mono.empty();
              })
          .block(LONG);

      await(() -> error.get().getSuppressed().length == 1);
      assertThat(dropped).isEmpty();
    } finally {
      Hooks.resetOnErrorDropped();
    }
  }

  @Test
  void cancelling_stops_plain_work_before_its_next_item_and_discards_results() throws Exception {
    AtomicInteger called = new AtomicInteger();
    Queue<Object> discarded = new ConcurrentLinkedQueue<>();
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean cancelled = new AtomicBoolean();

    Disposable running =
        numbers(10_000)
            .parallelism(2)
            .chunkSize(1000)
            .map(
                i -> {
                  called.incrementAndGet();
                  if (i == 500) {
                    begun.countDown();
                  }
                  return i < 500 ? "r" + i : "r" + i + spinUntil(cancelled::get);
                })
            .doOnDiscard(String.class, discarded::add)
            .subscribe();
    assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
    running.dispose();
    cancelled.set(true);

    await(() -> called.get() == discarded.size());
    assertThat(called.get()).isLessThanOrEqualTo(2000);
  }

  // ---- asynchronous functions ----

  @Test
  void asynchronous_functions_are_bounded_and_ordered() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();

    StepVerifier.withVirtualTime(
            () ->
                numbers(20)
                    .concurrency(5)
                    .mapAsync(
                        i ->
                            Mono.delay(Duration.ofMillis(100 - i))
                                .thenReturn(i * 2)
                                .doOnSubscribe(
                                    s ->
                                        most.accumulateAndGet(running.incrementAndGet(), Math::max))
                                .doOnTerminate(running::decrementAndGet)))
        .thenAwait(Duration.ofSeconds(1))
        .assertNext(list -> assertThat(list).isEqualTo(upTo(20).stream().map(i -> i * 2).toList()))
        .verifyComplete();
    assertThat(most).hasValue(5);
  }

  @Test
  void the_specifications_map_filter_and_reduce_work_on_promises() {
    ParallelArray<Integer> array = ParallelArray.of(1, 2, 3, 4);

    StepVerifier.withVirtualTime(
            () ->
                Mono.zip(
                    array.mapAsync(i -> Mono.delay(Duration.ofMillis(50 - i)).thenReturn(i * i)),
                    array.filterAsync(
                        i -> Mono.delay(Duration.ofMillis(50 - i)).thenReturn(i % 2 == 0)),
                    array.reduceAsync(
                        (String sum, Integer i) ->
                            Mono.delay(Duration.ofMillis(10)).thenReturn(sum + i),
                        "")))
        .thenAwait(Duration.ofSeconds(1))
        .assertNext(
            all -> {
              assertThat(all.getT1()).containsExactly(1, 4, 9, 16);
              assertThat(all.getT2()).containsExactly(2, 4);
              assertThat(all.getT3()).isEqualTo("1234");
            })
        .verifyComplete();
  }

  @Test
  void asynchronous_matches_cancel_the_rest() {
    Set<Integer> cancelled = ConcurrentHashMap.newKeySet();
    ParallelArray<Integer> array = numbers(100).concurrency(10);

    StepVerifier.withVirtualTime(
            () ->
                array.anyMatchAsync(
                    i ->
                        Mono.delay(i == 3 ? Duration.ofMillis(1) : Duration.ofHours(1))
                            .thenReturn(i == 3)
                            .doOnCancel(() -> cancelled.add(i))))
        .thenAwait(Duration.ofMillis(1))
        .expectNext(true)
        .verifyComplete();
    assertThat(cancelled).contains(0, 1, 2, 4, 5, 6, 7, 8, 9);
    assertThat(array.allMatchAsync(i -> Mono.just(i < 100)).block(LONG)).isTrue();
    assertThat(array.allMatchAsync(i -> Mono.empty()).block(LONG)).isFalse();
    assertThat(array.noneMatchAsync(i -> Mono.just(i > 100)).block(LONG)).isTrue();
    assertThat(array.findFirstAsync(i -> Mono.just(i > 41)).block(LONG)).isEqualTo(42);
    StepVerifier.create(array.findFirstAsync(i -> Mono.just(false))).verifyComplete();
    assertThat(array.<Integer>flatMapAsync(i -> Flux.range(i, 2)).block(LONG))
        .hasSize(200)
        .startsWith(0, 1, 1, 2, 2, 3);
  }

  @Test
  void asynchronous_actions_are_all_called_and_their_errors_told() {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();

    numbers(100).forEachAsync(i -> Mono.fromRunnable(() -> seen.add(i))).block(LONG);
    assertThat(seen).hasSize(100);
    StepVerifier.create(numbers(100).forEachAsync(i -> Mono.error(new IOException("action"))))
        .verifyErrorMessage("action");
  }

  @Test
  void a_sequential_asynchronous_fold_runs_in_constant_stack() {
    assertThat(
            numbers(200_000)
                .reduceAsync((Integer count, Integer i) -> Mono.just(count + 1).hide(), 0)
                .block(LONG))
        .isEqualTo(200_000);
  }

  @Test
  void the_subscribers_context_reaches_asynchronous_functions() {
    StepVerifier.create(
            ParallelArray.of(1, 2)
                .mapAsync(i -> Mono.deferContextual(view -> Mono.just(view.get("who") + ":" + i)))
                .contextWrite(view -> view.put("who", "me")))
        .expectNext(List.of("me:1", "me:2"))
        .verifyComplete();
  }

  // ---- views, laziness, time, arguments ----

  @Test
  void it_chains_reactors_parallel_operators() {
    assertThat(
            numbers(100)
                .parallel()
                .filter(i -> i % 2 == 0)
                .map(i -> i * 3)
                .sequential()
                .collect(Collectors.toSet())
                .block(LONG))
        .isEqualTo(
            upTo(100).stream().filter(i -> i % 2 == 0).map(i -> i * 3).collect(Collectors.toSet()));
    assertThat(numbers(5).parallelism(3).parallel().parallelism()).isEqualTo(3);
    assertThat(numbers(3).asFlux().collectList().block(LONG)).containsExactly(0, 1, 2);
  }

  @Test
  void plain_functions_follow_virtual_time_installed_after_assembly() {
    Mono<List<Integer>> mapped = numbers(100).map(i -> i + 1);

    StepVerifier.withVirtualTime(() -> mapped)
        .thenAwait(Duration.ofMillis(1))
        .assertNext(list -> assertThat(list).hasSize(100))
        .verifyComplete();
  }

  @Test
  void each_subscription_is_a_run_of_its_own_and_nothing_happens_before() {
    AtomicInteger calls = new AtomicInteger();
    Mono<List<Integer>> mapped =
        numbers(10)
            .map(
                i -> {
                  calls.incrementAndGet();
                  return i;
                });
    assertThat(calls).hasValue(0);
    mapped.block(LONG);
    mapped.block(LONG);
    assertThat(calls).hasValue(20);
  }

  @Test
  void it_is_a_snapshot_that_nobody_can_change() {
    List<Integer> source = new ArrayList<>(List.of(1, 2));
    ParallelArray<Integer> array = ParallelArray.of(source);
    source.add(3);

    assertThat(array.size()).isEqualTo(2);
    assertThatThrownBy(() -> array.toList().set(0, 9))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void bad_arguments_are_refused_at_the_call() {
    assertThatThrownBy(() -> ParallelArray.of(Arrays.asList(1, null)))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("items[1] must not be null");
    assertThatThrownBy(() -> numbers(1).parallelism(0))
        .hasMessage("rails must be positive, but was 0");
    assertThatThrownBy(() -> numbers(1).chunkSize(-1))
        .hasMessage("items must be positive, but was -1");
    assertThatThrownBy(() -> numbers(1).concurrency(0))
        .hasMessage("running must be positive, but was 0");
    assertThatThrownBy(() -> numbers(1).map(null)).hasMessage("mapper must not be null");
    assertThatThrownBy(() -> numbers(1).mapAsync(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> numbers(1).reduce(null, 1)).hasMessage("accumulator must not be null");
    assertThatThrownBy(() -> numbers(1).reduce(Integer::sum, null))
        .hasMessage("initial must not be null");
  }

  @Test
  @Tag("stress")
  void folds_and_sorts_of_random_sizes_agree_with_sequential_ones() {
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      List<Integer> items = random.ints(random.nextInt(300), 0, 50).boxed().toList();
      ParallelArray<Integer> array =
          ParallelArray.of(items)
              .parallelism(1 + random.nextInt(8))
              .chunkSize(1 + random.nextInt(40));
      assertThat(array.reduceParallel("", (sum, i) -> sum + "," + i, String::concat).block(LONG))
          .isEqualTo(items.stream().map(i -> "," + i).collect(Collectors.joining()));
      assertThat(array.sorted().block(LONG)).isEqualTo(items.stream().sorted().toList());
      int wanted = random.nextInt(50);
      assertThat(array.findFirst(i -> i == wanted).blockOptional(LONG))
          .isEqualTo(items.stream().filter(i -> i == wanted).findFirst());
    }
  }
}
