package dev.velox.tck.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@ResourceLock("reactor.core.scheduler.Schedulers")
class SimulatedSchedulersTest {

  private static List<String> orderOf(long seed, Strategy strategy) {
    List<String> order = new ArrayList<>();
    try (SimulatedSchedulers simulation = SimulatedSchedulers.install(seed, strategy)) {
      for (String name : List.of("a", "b", "c", "d")) {
        Flux.range(1, 3)
            .flatMap(i -> Mono.just(name + i).subscribeOn(Schedulers.parallel()), 1)
            .subscribe(order::add);
      }
      simulation.run();
    }
    return order;
  }

  @ParameterizedTest
  @EnumSource
  void the_same_seed_gives_the_same_order_and_others_give_others(Strategy strategy) {
    Set<List<String>> orders = new HashSet<>();
    for (long seed = 1; seed <= 50; seed++) {
      List<String> order = orderOf(seed, strategy);
      assertThat(order).hasSize(12).isEqualTo(orderOf(seed, strategy));
      orders.add(order);
    }
    assertThat(orders).hasSizeGreaterThan(10);
  }

  @ParameterizedTest
  @EnumSource
  void tasks_of_one_worker_and_of_the_single_scheduler_keep_their_order(Strategy strategy) {
    for (long seed = 1; seed <= 50; seed++) {
      List<Integer> worker = new ArrayList<>();
      List<Integer> single = new ArrayList<>();
      try (SimulatedSchedulers simulation = SimulatedSchedulers.install(seed, strategy)) {
        Scheduler.Worker one = Schedulers.parallel().createWorker();
        for (int i = 0; i < 10; i++) {
          int number = i;
          one.schedule(() -> worker.add(number));
          Schedulers.single().schedule(() -> single.add(number));
        }
        simulation.run();
      }
      assertThat(worker).isSorted().hasSize(10);
      assertThat(single).isSorted().hasSize(10);
    }
  }

  @Test
  void time_passes_only_where_nothing_is_due() {
    try (SimulatedSchedulers simulation = SimulatedSchedulers.install(1, Strategy.RANDOM)) {
      Long last = simulation.await(Flux.interval(Duration.ofHours(1)).take(24));

      assertThat(last).isEqualTo(23);
      assertThat(Schedulers.parallel().now(TimeUnit.HOURS)).isEqualTo(24);
    }
  }

  @Test
  void what_was_called_off_does_not_run() {
    List<String> ran = new ArrayList<>();
    try (SimulatedSchedulers simulation = SimulatedSchedulers.install(1, Strategy.RANDOM)) {
      Schedulers.parallel().schedule(() -> ran.add("task")).dispose();
      Mono.delay(Duration.ofMillis(5)).subscribe(tick -> ran.add("timer")).dispose();
      Scheduler.Worker worker = Schedulers.boundedElastic().createWorker();
      worker.schedule(() -> ran.add("worker"));
      worker.dispose();
      Flux.interval(Duration.ofMillis(10)).take(2).subscribe(tick -> ran.add("tick " + tick));
      simulation.runFor(Duration.ofMillis(15));
      assertThat(ran).containsExactly("tick 0");
      simulation.run();
    }
    assertThat(ran).containsExactly("tick 0", "tick 1");
  }

  @Test
  void a_publisher_that_can_never_end_is_a_deadlock_and_one_that_never_rests_a_livelock() {
    try (SimulatedSchedulers simulation =
        SimulatedSchedulers.install(7, Strategy.RANDOM, 0, 1, 1000)) {
      assertThatThrownBy(() -> simulation.await(Mono.never()))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("deadlock")
          .hasMessageContaining("seed 7");
      assertThatThrownBy(() -> simulation.await(Flux.interval(Duration.ofMillis(1))))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("livelock");
    }
  }

  @Test
  void failures_come_out_as_they_are() {
    try (SimulatedSchedulers simulation = SimulatedSchedulers.install(1, Strategy.RANDOM)) {
      Mono<Object> failing =
          Mono.error(new IllegalStateException("no")).subscribeOn(Schedulers.parallel());

      assertThatThrownBy(() -> simulation.await(failing))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no");
    }
  }

  @Test
  void reactors_own_schedulers_are_back_afterwards() {
    Scheduler before = Schedulers.parallel();
    try (SimulatedSchedulers simulation = SimulatedSchedulers.install(1, Strategy.RANDOM)) {
      assertThat(Schedulers.parallel()).isNotSameAs(before);
      assertThat(simulation.seed()).isEqualTo(1);
    }
    assertThat(Schedulers.parallel()).isSameAs(before);
    assertThat(Mono.just(1).subscribeOn(Schedulers.parallel()).block()).isEqualTo(1);
  }
}
