package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

class ReplayClockTest {

  private static final LocalDateTime START = LocalDateTime.of(2001, 1, 1, 6, 0);

  private final List<Integer> reached = new ArrayList<>();
  private VirtualTimeScheduler time;

  @BeforeEach
  void takeTime() {
    time = VirtualTimeScheduler.getOrSet();
  }

  @AfterEach
  void giveTimeBack() {
    VirtualTimeScheduler.reset();
  }

  /** Waits for minutes after the start, one after the other. */
  private void wait(ReplayClock clock, Integer... minutes) {
    Flux.just(minutes)
        .concatMap(minute -> clock.until(START.plusMinutes(minute)).thenReturn(minute))
        .subscribe(reached::add);
  }

  @Test
  void the_first_time_has_come_at_once_and_the_others_at_their_speed() {
    wait(new ReplayClock(new Speed(60)), 0, 60, 60, 90);
    assertThat(reached).containsExactly(0);
    time.advanceTimeBy(Duration.ofMillis(999));
    assertThat(reached).containsExactly(0);
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(reached).containsExactly(0, 60, 60);
    time.advanceTimeBy(Duration.ofMillis(500));
    assertThat(reached).containsExactly(0, 60, 60, 90);
  }

  @Test
  void at_top_speed_nothing_waits() {
    wait(new ReplayClock(Speed.MAX), 0, 60, 1_000_000);
    assertThat(reached).containsExactly(0, 60, 1_000_000);
  }

  @Test
  void a_change_of_speed_counts_from_when_it_is_made() {
    ReplayClock clock = new ReplayClock(new Speed(1));
    wait(clock, 0, 60);
    time.advanceTimeBy(Duration.ofSeconds(30)); // half of the way
    clock.speed(new Speed(10)); // the other half takes 3 s
    time.advanceTimeBy(Duration.ofMillis(2_999));
    assertThat(reached).containsExactly(0);
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(reached).containsExactly(0, 60);
  }

  @Test
  void a_pause_lasts_until_the_speed_is_changed_and_takes_no_simulated_time() {
    ReplayClock clock = new ReplayClock(new Speed(1));
    wait(clock, 0, 60);
    time.advanceTimeBy(Duration.ofSeconds(30));
    clock.speed(Speed.PAUSED);
    time.advanceTimeBy(Duration.ofDays(1));
    assertThat(reached).containsExactly(0);
    clock.speed(new Speed(1));
    time.advanceTimeBy(Duration.ofSeconds(29));
    assertThat(reached).containsExactly(0);
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(reached).containsExactly(0, 60);
  }

  @Test
  void a_replay_that_starts_paused_waits_even_for_its_first_time() {
    ReplayClock clock = new ReplayClock(Speed.PAUSED);
    wait(clock, 0);
    time.advanceTimeBy(Duration.ofDays(1));
    assertThat(reached).isEmpty();
    clock.speed(Speed.MAX);
    assertThat(reached).containsExactly(0);
  }

  @Test
  void after_being_held_up_it_goes_on_at_its_speed_and_does_not_hurry() {
    ReplayClock clock = new ReplayClock(new Speed(60));
    wait(clock, 0);
    time.advanceTimeBy(Duration.ofSeconds(100)); // nobody waits: the channel is full
    wait(clock, 60, 120);
    assertThat(reached).containsExactly(0, 60);
    time.advanceTimeBy(Duration.ofMillis(999));
    assertThat(reached).containsExactly(0, 60);
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(reached).containsExactly(0, 60, 120);
  }

  @Test
  void a_very_slow_replay_waits_for_as_long_as_it_takes() {
    ReplayClock clock = new ReplayClock(new Speed(0.000000001));
    wait(clock, 0, 60);
    time.advanceTimeBy(Duration.ofDays(365));
    assertThat(reached).containsExactly(0);
    clock.speed(Speed.MAX);
    assertThat(reached).containsExactly(0, 60);
  }
}
