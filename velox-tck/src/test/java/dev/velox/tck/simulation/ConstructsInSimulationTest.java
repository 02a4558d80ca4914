package dev.velox.tck.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.Select;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.parallel.Parallel;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.Keyed;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What the other constructs promise, in orders that threads would seldom show. */
class ConstructsInSimulationTest {

  /** Who is inside a section, and the most that ever were. */
  private static final class Inside {
    private int now;
    private int most;
    private int done;

    Mono<Void> section() {
      return Mono.delay(Duration.ofMillis(1))
          .doOnSubscribe(in -> most = Math.max(most, ++now))
          .doOnTerminate(this::leave)
          .doOnCancel(this::leave)
          .then();
    }

    // Before its signal goes on, which is what lets the next one in.
    private void leave() {
      now--;
      done++;
    }
  }

  @SimulatedTest(seeds = 100, steps = 100)
  void one_at_a_time_is_inside_a_mutex_and_all_get_in(SimulatedSchedulers simulation) {
    Mutex mutex = Mutex.create();
    Inside inside = new Inside();

    simulation.await(
        Flux.range(0, 6)
            .flatMap(
                task ->
                    inside
                        .section()
                        .transform(mutex::withLock)
                        .subscribeOn(Schedulers.parallel())));

    assertThat(inside.most).isEqualTo(1);
    assertThat(inside.done).isEqualTo(6);
    assertThat(mutex.tryLock()).isPresent();
  }

  @SimulatedTest(seeds = 100, steps = 100)
  void a_mutex_is_free_after_time_outs_and_cancellations(SimulatedSchedulers simulation) {
    Mutex mutex = Mutex.create();
    Inside inside = new Inside();
    List<Disposable> cancelled = new ArrayList<>();
    for (int task = 0; task < 3; task++) {
      cancelled.add(
          mutex.withLock(inside.section()).subscribeOn(Schedulers.parallel()).subscribe());
    }
    cancelled.forEach(task -> Schedulers.parallel().schedule(task::dispose));
    Flux<Void> hasty =
        Flux.range(0, 4)
            .flatMap(
                task ->
                    mutex
                        .withLock(inside.section(), Duration.ofMillis(2))
                        .subscribeOn(Schedulers.parallel())
                        .onErrorComplete(TimeoutException.class));

    simulation.await(hasty);
    simulation.run();

    assertThat(inside.most).isLessThanOrEqualTo(1);
    assertThat(inside.now).isZero();
    assertThat(mutex.tryLock()).isPresent();
  }

  @SimulatedTest(seeds = 100, steps = 100)
  void as_many_are_inside_a_semaphore_as_it_has_permits(SimulatedSchedulers simulation) {
    Semaphore semaphore = Semaphore.of(2);
    Inside inside = new Inside();

    simulation.await(
        Flux.range(0, 6)
            .flatMap(
                task ->
                    semaphore
                        .withPermits(task == 3 ? 2 : 1, inside.section())
                        .subscribeOn(Schedulers.parallel())));

    assertThat(inside.most).isEqualTo(2);
    assertThat(inside.done).isEqualTo(6);
    assertThat(semaphore.tryAcquire(2)).isPresent();
  }

  @SimulatedTest(seeds = 100, steps = 200)
  void every_subscriber_of_a_broadcast_sees_all_in_one_order(SimulatedSchedulers simulation) {
    Broadcast<Integer> broadcast = Broadcast.create();
    List<Integer> one = new ArrayList<>();
    List<Integer> other = new ArrayList<>();
    broadcast.asFlux().publishOn(Schedulers.parallel(), 1).subscribe(one::add);
    broadcast.asFlux().publishOn(Schedulers.parallel(), 4).subscribe(other::add);

    simulation.await(
        Flux.range(0, 3)
            .flatMap(
                publisher ->
                    Flux.range(0, 4)
                        .concatMap(
                            i ->
                                broadcast
                                    .publish(publisher * 10 + i)
                                    .subscribeOn(Schedulers.parallel())))
            .doOnComplete(broadcast::close));
    simulation.run();

    assertThat(one).hasSize(12).doesNotHaveDuplicates().isEqualTo(other);
  }

  @SimulatedTest(seeds = 100, steps = 200)
  void a_selection_takes_from_one_channel_and_leaves_the_other(SimulatedSchedulers simulation) {
    Channel<Integer> left = Channel.bounded(2);
    Channel<Integer> right = Channel.rendezvous();
    for (int i = 0; i < 3; i++) {
      left.send(i).subscribeOn(Schedulers.parallel()).subscribe();
      right.send(10 + i).subscribeOn(Schedulers.parallel()).subscribe();
    }
    List<Integer> taken = new ArrayList<>();

    simulation.await(
        Flux.range(0, 2)
            .flatMap(
                selector ->
                    Select.<Integer>fair()
                        .onReceive(left, x -> x)
                        .onReceive(right, x -> x)
                        .toMono()
                        .subscribeOn(Schedulers.parallel())
                        .doOnNext(taken::add)
                        .repeat(2)));
    simulation.run();

    assertThat(taken).containsExactlyInAnyOrder(0, 1, 2, 10, 11, 12);
  }

  @SimulatedTest(seeds = 100, steps = 400)
  void transfers_keep_the_sum_that_an_auditor_sees(SimulatedSchedulers simulation) {
    List<TRef<Integer>> accounts = List.of(TRef.of(10), TRef.of(10), TRef.of(10));
    Flux<Void> transfers =
        Flux.range(0, 6)
            .flatMap(
                i -> {
                  TRef<Integer> from = accounts.get(i % 3);
                  TRef<Integer> to = accounts.get((i + 1 + i / 3) % 3);
                  return from.update(x -> x - 1)
                      .then(Mono.delay(Duration.ofMillis(1)))
                      .then(to.update(x -> x + 1))
                      .as(Stm::atomic)
                      .subscribeOn(Schedulers.parallel());
                });
    Mono<Integer> sum =
        Stm.atomic(
                accounts
                    .get(0)
                    .read()
                    .delayElement(Duration.ofMillis(1))
                    .flatMap(a -> accounts.get(1).read().map(b -> a + b))
                    .flatMap(a -> accounts.get(2).read().map(b -> a + b)))
            .subscribeOn(Schedulers.parallel());
    List<Integer> seen = new ArrayList<>();

    simulation.await(Flux.merge(transfers, sum.doOnNext(seen::add).repeat(2)));

    assertThat(seen).containsExactly(30, 30, 30);
  }

  @SimulatedTest(seeds = 50, steps = 100)
  void delays_of_a_retry_pass_in_virtual_time(SimulatedSchedulers simulation) {
    RetryPolicy policy =
        new RetryPolicy(
            4, Backoff.exponential(Duration.ofMinutes(1)), IOException.class::isInstance);
    int[] calls = new int[2];

    simulation.await(
        Flux.range(0, 2)
            .flatMap(
                caller ->
                    policy.execute(
                        () ->
                            Mono.delay(Duration.ofSeconds(1))
                                .flatMap(
                                    late ->
                                        ++calls[caller] < 4
                                            ? Mono.error(new IOException("down"))
                                            : Mono.just(caller)))));

    assertThat(calls).containsExactly(4, 4);
  }

  @SimulatedTest(seeds = 100, steps = 400)
  void results_of_a_parallel_map_come_in_order(SimulatedSchedulers simulation) {
    Inside inside = new Inside();
    List<Integer> results = new ArrayList<>();

    simulation.await(
        Flux.range(0, 12)
            .transform(
                Parallel.map(
                    3,
                    (Integer i) ->
                        inside
                            .section()
                            .then(Mono.delay(Duration.ofMillis(i % 4)))
                            .thenReturn(i)
                            .subscribeOn(Schedulers.parallel())))
            .doOnNext(results::add));

    assertThat(results).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(inside.most).isLessThanOrEqualTo(3);
  }

  @SimulatedTest(seeds = 100, steps = 400)
  void events_of_one_key_are_worked_on_in_order(SimulatedSchedulers simulation) {
    List<List<Integer>> byKey = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

    simulation.await(
        Flux.range(0, 12)
            .transform(
                Keyed.serially(
                    i -> i % 3,
                    2,
                    (Integer i) ->
                        Mono.delay(Duration.ofMillis(i % 2))
                            .doOnNext(done -> byKey.get(i % 3).add(i))
                            .thenReturn(i))));

    assertThat(byKey)
        .containsExactly(List.of(0, 3, 6, 9), List.of(1, 4, 7, 10), List.of(2, 5, 8, 11));
  }

  @SimulatedTest(seeds = 100, steps = 100)
  void callers_that_come_and_go_share_one_load(SimulatedSchedulers simulation) {
    ConcurrentMap<String, Integer> map = ConcurrentMap.create();
    int[] loads = new int[1];
    Mono<Integer> value =
        map.getOrLoad(
                "a",
                key -> {
                  int load = ++loads[0];
                  return Mono.delay(Duration.ofMillis(5)).thenReturn(load);
                })
            .subscribeOn(Schedulers.parallel());
    Disposable leaves = value.subscribe();
    Schedulers.parallel().schedule(leaves::dispose);
    List<Integer> seen = new ArrayList<>();

    simulation.await(Flux.range(0, 4).flatMap(caller -> value.doOnNext(seen::add)));
    simulation.run();

    assertThat(seen).hasSize(4).containsOnly(loads[0]);
    assertThat(loads[0]).isLessThanOrEqualTo(2);
    assertThat(map.waiting("a")).isZero();
  }
}
