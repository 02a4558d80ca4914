package dev.velox.reactor.stm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The problems that one expects a transactional memory to solve. */
class StmProblemsTest {

  @Test
  void dining_philosophers_all_eat() {
    int philosophers = 5;
    int meals = 500;
    TArray<Boolean> forks = TArray.of(philosophers, i -> true);
    List<AtomicInteger> holders = new ArrayList<>();
    List<AtomicInteger> eaten = new ArrayList<>();
    for (int i = 0; i < philosophers; i++) {
      holders.add(new AtomicInteger());
      eaten.add(new AtomicInteger());
    }
    Flux.range(0, philosophers)
        .flatMap(
            who -> {
              int left = who;
              int right = (who + 1) % philosophers;
              Mono<Void> take =
                  Stm.atomic(
                      tx -> {
                        tx.check(forks.get(tx, left) && forks.get(tx, right));
                        forks.set(tx, left, false);
                        forks.set(tx, right, false);
                      });
              Mono<Void> eat =
                  Mono.fromRunnable(
                      () -> {
                        assertThat(holders.get(left).incrementAndGet()).isEqualTo(1);
                        assertThat(holders.get(right).incrementAndGet()).isEqualTo(1);
                        eaten.get(who).incrementAndGet();
                        holders.get(left).decrementAndGet();
                        holders.get(right).decrementAndGet();
                      });
              Mono<Void> put =
                  forks.at(left).write(true).then(forks.at(right).write(true)).as(Stm::atomic);
              return take.then(eat).then(put).repeat(meals - 1L).subscribeOn(Schedulers.parallel());
            },
            philosophers)
        .then()
        .block(Tasks.LONG);
    assertThat(eaten).allSatisfy(count -> assertThat(count).hasValue(meals));
  }

  /** Reindeer come in nines and go before elves, who come in threes. */
  @Test
  void santa_serves_whole_groups_and_reindeer_first() {
    TQueue<Integer> reindeer = TQueue.unbounded();
    TQueue<Integer> elves = TQueue.unbounded();
    List<String> served = Collections.synchronizedList(new ArrayList<>());
    int sleighs = 40;
    int meetings = 120;
    Mono<Void> come =
        Mono.when(
            Flux.range(0, sleighs * 9)
                .flatMap(i -> reindeer.put(i).subscribeOn(Schedulers.parallel())),
            Flux.range(0, meetings * 3)
                .flatMap(i -> elves.put(i).subscribeOn(Schedulers.parallel())));
    Mono<String> serve =
        Stm.atomic(
            tx -> {
              String who =
                  tx.orElse(
                      first -> group(first, reindeer, 9, "sleigh"),
                      second -> group(second, elves, 3, "meeting"));
              return who;
            });
    Mono<Void> santa = serve.doOnNext(served::add).repeat(sleighs + meetings - 1L).then();

    Mono.when(come, santa.subscribeOn(Schedulers.parallel())).block(Tasks.LONG);

    assertThat(Collections.frequency(served, "sleigh")).isEqualTo(sleighs);
    assertThat(Collections.frequency(served, "meeting")).isEqualTo(meetings);

    // Both groups are there: reindeer first.
    Flux.range(0, 3).concatMap(elves::put).blockLast();
    Flux.range(0, 9).concatMap(reindeer::put).blockLast();
    assertThat(serve.block()).isEqualTo("sleigh");
    assertThat(serve.block()).isEqualTo("meeting");
  }

  private static String group(Transaction tx, TQueue<Integer> queue, int size, String name) {
    for (int i = 0; i < size; i++) {
      Integer one = queue.take(tx);
      assertThat(one).isNotNull();
    }
    return name;
  }

  @Test
  void a_bounded_buffer_hands_each_element_over_once_and_never_overflows() {
    TQueue<Integer> buffer = TQueue.bounded(4);
    int producers = 4;
    int each = 1_000;
    List<Integer> taken = Collections.synchronizedList(new ArrayList<>());
    Mono<Void> produce =
        Flux.range(0, producers)
            .flatMap(
                p ->
                    Flux.range(0, each)
                        .concatMap(i -> buffer.put(p * each + i))
                        .subscribeOn(Schedulers.parallel()))
            .then();
    Mono<Void> consume =
        Flux.range(0, 2)
            .flatMap(
                c ->
                    Stm.atomic(
                            tx -> {
                              assertThat(buffer.size(tx)).isBetween(0, 4);
                              int element = buffer.take(tx);
                              return element;
                            })
                        .doOnNext(taken::add)
                        .repeat(producers * each / 2 - 1L)
                        .subscribeOn(Schedulers.parallel()))
            .then();
    Mono.when(produce, consume).block(Tasks.LONG);
    assertThat(taken).hasSize(producers * each).doesNotHaveDuplicates();
    assertThat(buffer.size().block()).isZero();
  }
}
