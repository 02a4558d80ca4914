package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** The coarse timer of asks keeps no ask that is over, and lets each of the others expire once. */
class DeadlinesTest {

  private static final class Due extends Deadlines.Deadline {
    private volatile boolean over;
    private final AtomicInteger expirations = new AtomicInteger();

    @Override
    boolean isOver() {
      return over;
    }

    @Override
    void expire() {
      expirations.incrementAndGet();
    }
  }

  @Test
  void asks_that_were_answered_are_not_kept_until_their_time_is_over() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    StatefulActor<Integer, Reply<Integer>> actor =
        Actor.builder(
                0,
                Behavior.sync(
                    (Integer state, Reply<Integer> reply) -> {
                      reply.reply(state);
                      return state;
                    }))
            .scheduler(Schedulers.immediate())
            .timer(time)
            .askTimeout(Duration.ofHours(1))
            .build();
    StatefulActor<Integer, Reply<Integer>> silent =
        Actor.builder(0, Behavior.sync((Integer state, Reply<Integer> reply) -> state))
            .scheduler(Schedulers.immediate())
            .timer(time)
            .askTimeout(Duration.ofHours(1))
            .build();
    List<Object> outcomes = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      // Answered at once, but not before the deadline was set: by hand, then.
      silent.<Integer>ask(reply -> reply).subscribe(outcomes::add, outcomes::add).dispose();
      actor.<Integer>ask(reply -> reply).block(Duration.ofMinutes(1));
    }
    silent.<Integer>ask(reply -> reply).subscribe(outcomes::add, outcomes::add);
    assertThat(Deadlines.kept(time)).isLessThan(100);
    time.advanceTimeBy(Duration.ofHours(2));
    assertThat(outcomes).hasSize(1);
    assertThat(Deadlines.kept(time)).isZero();
  }

  @Test
  void of_additions_sweeps_and_the_time_each_that_is_not_over_expires_once() {
    for (int i = 0; i < 500; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      List<List<Due>> all = List.of(new ArrayList<>(), new ArrayList<>());
      Runnable[] racers = new Runnable[3];
      for (int n = 0; n < 2; n++) {
        List<Due> mine = all.get(n);
        racers[n] =
            () -> {
              for (int k = 0; k < 60; k++) {
                Due due = new Due();
                mine.add(due);
                Deadlines.add(time, Duration.ofMillis(10).toNanos(), due);
                due.over = k % 3 != 0;
              }
            };
      }
      racers[2] = () -> time.advanceTimeBy(Duration.ofMillis(20));
      RaceTestUtils.race(racers);
      time.advanceTimeBy(Duration.ofSeconds(1));
      for (List<Due> each : all) {
        for (int k = 0; k < 60; k++) {
          int expirations = each.get(k).expirations.get();
          assertThat(expirations).isBetween(k % 3 == 0 ? 1 : 0, 1);
        }
      }
      assertThat(Deadlines.kept(time)).isZero();
    }
  }
}
