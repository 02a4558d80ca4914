package dev.velox.reactor.stm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

class StmCollectionsTest {

  private record Colliding(int number) {
    @Override
    public int hashCode() {
      return number % 3;
    }
  }

  @Test
  void a_map_agrees_with_a_hash_map() {
    TMap<Colliding, Integer> map = TMap.empty();
    TMap<Integer, Integer> spread = TMap.empty();
    Map<Colliding, Integer> model = new HashMap<>();
    Map<Integer, Integer> spreadModel = new HashMap<>();
    Random random = new Random(7);
    for (int i = 0; i < 3_000; i++) {
      Colliding key = new Colliding(random.nextInt(50));
      int number = random.nextInt(500) * 31;
      int value = i;
      if (random.nextInt(3) == 0) {
        assertThat(map.remove(key).blockOptional())
            .isEqualTo(Optional.ofNullable(model.remove(key)));
        assertThat(spread.remove(number).blockOptional())
            .isEqualTo(Optional.ofNullable(spreadModel.remove(number)));
      } else {
        assertThat(map.put(key, value).blockOptional())
            .isEqualTo(Optional.ofNullable(model.put(key, value)));
        assertThat(spread.put(number, value).blockOptional())
            .isEqualTo(Optional.ofNullable(spreadModel.put(number, value)));
      }
      assertThat(map.get(key).blockOptional()).isEqualTo(Optional.ofNullable(model.get(key)));
    }
    assertThat(map.toMap().block()).isEqualTo(model);
    assertThat(spread.toMap().block()).isEqualTo(spreadModel);
    assertThat(map.size().block()).isEqualTo(model.size());
    assertThat(spread.size().block()).isEqualTo(spreadModel.size());
  }

  @Test
  void keys_of_a_map_in_different_cells_do_not_conflict() {
    TMap<Integer, Integer> map = TMap.empty();
    Flux.range(0, 1000).concatMap(i -> map.put(i, 0)).blockLast();
    AtomicInteger attempts = new AtomicInteger();
    Stm.atomic(
            (Transaction tx) -> {
              int first = map.merge(tx, 1, 0, v -> v + 1);
              if (attempts.incrementAndGet() == 1) {
                map.put(2, 7).block();
                map.put(5000, 7).block();
              }
              assertThat(first).isEqualTo(1);
            })
        .block();
    assertThat(attempts).hasValue(1);
    assertThat(map.size().block()).isEqualTo(1001);
  }

  @Test
  void a_map_that_many_change_counts_right() {
    TMap<Integer, Integer> map = TMap.empty();
    Tasks.run(
        4,
        task -> {
          for (int i = 0; i < 2_000; i++) {
            int key = i % 97;
            Stm.atomic(
                    (Transaction tx) -> {
                      int ignored = map.merge(tx, key, 0, v -> v + 1);
                    })
                .block();
          }
        });
    assertThat(map.toMap().block().values().stream().mapToInt(v -> v).sum()).isEqualTo(8_000);
    assertThat(map.size().block()).isEqualTo(97);
  }

  @Test
  void a_key_can_be_waited_for() {
    TMap<String, Integer> map = TMap.empty();
    StepVerifier.create(map.await("k"))
        .then(() -> map.put("k", 3).block())
        .expectNext(3)
        .verifyComplete();
  }

  @Test
  void a_set_holds_each_element_once() {
    TSet<Integer> set = TSet.empty();
    assertThat(set.add(1).block()).isTrue();
    assertThat(set.add(1).block()).isFalse();
    assertThat(set.contains(1).block()).isTrue();
    assertThat(set.remove(2).block()).isFalse();
    assertThat(set.add(2).block()).isTrue();
    assertThat(set.toSet().block()).isEqualTo(Set.of(1, 2));
    assertThat(set.remove(1).block()).isTrue();
    assertThat(set.size().block()).isEqualTo(1);
  }

  @Test
  void an_array_reads_all_at_one_instant() {
    TArray<Integer> array = TArray.of(3, i -> i);
    Stm.atomic(
            (Transaction tx) -> {
              array.set(tx, 0, 10);
              array.set(tx, 1, array.update(tx, 2, v -> v + 1));
            })
        .block();
    assertThat(array.toList().block()).containsExactly(10, 3, 3);
    assertThat(array.length()).isEqualTo(3);
    assertThatThrownBy(() -> array.at(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> TArray.of(-1, i -> i))
        .hasMessageContaining("length")
        .hasMessageContaining("-1");
  }

  @Test
  void a_queue_is_first_in_first_out_whatever_it_does_when_full() {
    TQueue<Integer> bounded = TQueue.bounded(2);
    TQueue<Integer> dropping = TQueue.dropping(2);
    TQueue<Integer> sliding = TQueue.sliding(2);
    TQueue<Integer> unbounded = TQueue.unbounded();
    for (TQueue<Integer> queue : List.of(bounded, dropping, sliding, unbounded)) {
      Flux.just(1, 2).concatMap(queue::put).blockLast();
      assertThat(queue.size().block()).isEqualTo(2);
      assertThat(queue.poll().block()).isEqualTo(1);
      queue.put(3).block();
    }
    assertThat(bounded.offer(4).block()).isFalse();
    for (TQueue<Integer> queue : List.of(dropping, sliding, unbounded)) {
      queue.put(4).block();
    }
    assertThat(all(bounded)).containsExactly(2, 3);
    assertThat(all(dropping)).containsExactly(2, 3);
    assertThat(all(sliding)).containsExactly(3, 4);
    assertThat(all(unbounded)).containsExactly(2, 3, 4);
    StepVerifier.create(bounded.put(5))
        .expectSubscription()
        .then(() -> assertThat(bounded.take().block()).isEqualTo(2))
        .verifyComplete();
    assertThat(all(bounded)).containsExactly(3, 5);
    Disposable putting = bounded.put(6).subscribe();
    putting.dispose();
    assertThat(all(bounded)).containsExactly(3, 5);
    assertThat(Flux.range(0, 3).concatMap(i -> bounded.poll()).collectList().block())
        .containsExactly(3, 5);
    assertThatThrownBy(() -> TQueue.bounded(0)).hasMessageContaining("capacity");
  }

  private static List<Integer> all(TQueue<Integer> queue) {
    return Stm.atomic(
            tx -> {
              return queue.toList(tx);
            })
        .block();
  }

  @Test
  void two_queues_change_hands_at_one_instant() {
    TQueue<Integer> from = TQueue.unbounded();
    TQueue<Integer> to = TQueue.unbounded();
    Flux.range(0, 100).concatMap(from::put).blockLast();
    Tasks.run(
        3,
        task -> {
          for (int i = 0; i < 1_000; i++) {
            TQueue<Integer> source = (i + task) % 2 == 0 ? from : to;
            TQueue<Integer> target = source == from ? to : from;
            int sum =
                Stm.atomic(
                        tx -> {
                          Integer moved = source.poll(tx);
                          if (moved != null) {
                            target.put(tx, moved);
                          }
                          return from.size(tx) + to.size(tx);
                        })
                    .block();
            assertThat(sum).isEqualTo(100);
          }
        });
  }

  @Test
  void a_priority_queue_sorts_and_keeps_the_order_of_equals() {
    TPriorityQueue<String> queue =
        TPriorityQueue.orderedBy((a, b) -> Integer.compare(a.length(), b.length()));
    Flux.just("ccc", "a", "bb", "b", "aa", "c").concatMap(queue::put).blockLast();
    assertThat(queue.size().block()).isEqualTo(6);
    assertThat(Flux.range(0, 6).concatMap(i -> queue.take()).collectList().block())
        .containsExactly("a", "b", "c", "bb", "aa", "ccc");
    assertThat(queue.poll().blockOptional()).isEmpty();
    StepVerifier.create(queue.take())
        .then(() -> queue.put("z").block())
        .expectNext("z")
        .verifyComplete();
    TPriorityQueue<Integer> numbers = TPriorityQueue.natural();
    Random random = new Random(3);
    List<Integer> model = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      int number = random.nextInt(1000);
      model.add(number);
      numbers.put(number).block();
    }
    model.sort(null);
    assertThat(Flux.range(0, 2_000).concatMap(i -> numbers.poll()).collectList().block())
        .isEqualTo(model);
  }

  @Test
  void a_promise_is_given_once() {
    TPromise<Integer> promise = TPromise.empty();
    StepVerifier.create(promise.get())
        .then(() -> assertThat(promise.complete(1).block()).isTrue())
        .expectNext(1)
        .verifyComplete();
    assertThat(promise.complete(2).block()).isFalse();
    assertThat(promise.get().block()).isEqualTo(1);
  }

  @Test
  void a_semaphore_never_gives_more_than_it_has() {
    TSemaphore semaphore = TSemaphore.of(3);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Flux.range(0, 200)
        .flatMap(
            i ->
                semaphore
                    .withPermit(
                        Mono.fromRunnable(
                                () -> most.accumulateAndGet(inside.incrementAndGet(), Math::max))
                            .then(Mono.delay(Duration.ofMillis(1)))
                            .doOnTerminate(inside::decrementAndGet))
                    .subscribeOn(Schedulers.parallel()),
            50)
        .blockLast(Tasks.LONG);
    assertThat(most.get()).isBetween(1, 3);
    assertThat(semaphore.available().block()).isEqualTo(3);
    assertThatThrownBy(() -> TSemaphore.of(-1)).hasMessageContaining("-1");
    StepVerifier.create(Stm.atomic((Transaction tx) -> semaphore.release(tx, 0)))
        .verifyErrorMessage("count must be positive, but was 0");
  }

  @Test
  void a_permit_is_given_back_whenever_its_holder_is_cancelled() {
    for (int i = 0; i < 3_000; i++) {
      TSemaphore semaphore = TSemaphore.of(1);
      Mono<Void> holder = semaphore.withPermit(Mono.never());
      Sinks.Empty<Void> begin = Sinks.empty();
      Disposable running = begin.asMono().then(holder).subscribe();
      RaceTestUtils.race(() -> begin.tryEmitEmpty(), running::dispose);
      assertThat(semaphore.available().block()).isEqualTo(1);
    }
  }
}
