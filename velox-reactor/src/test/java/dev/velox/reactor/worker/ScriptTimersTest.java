package dev.velox.reactor.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScriptTimersTest {

  private static final long MILLI = 1_000_000;

  private final ScriptTimers timers = new ScriptTimers();

  @Test
  void they_are_due_by_time_and_then_in_the_order_of_their_start() {
    timers.start(1, 5, false, 0);
    timers.start(2, 3, false, 0);
    timers.start(3, 5, false, 0);

    assertThat(timers.untilDue(MILLI)).isEqualTo(2 * MILLI);
    assertThat(timers.takeDue(2 * MILLI, 3)).isNull();
    assertThat(timers.takeDue(5 * MILLI, 3)).isEqualTo(2);
    assertThat(timers.takeDue(5 * MILLI, 3)).isEqualTo(1);
    assertThat(timers.takeDue(5 * MILLI, 3)).isEqualTo(3);
    assertThat(timers.untilDue(5 * MILLI)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void one_that_repeats_waits_for_the_next_turn() {
    timers.start(1, 0, true, 0);
    long before = timers.count();

    assertThat(timers.takeDue(MILLI, before)).isEqualTo(1);
    assertThat(timers.takeDue(100 * MILLI, before)).isNull();
    assertThat(timers.takeDue(100 * MILLI, timers.count())).isEqualTo(1);
    timers.stop(1);
    assertThat(timers.untilDue(0)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void stopped_ones_are_not_kept_until_their_time() {
    timers.start(0, 1e9, false, 0);
    for (int id = 1; id <= 10_000; id++) {
      timers.start(id, 1e9, false, 0);
      timers.stop(id);
    }

    assertThat(timers.size()).isLessThan(100);
    assertThat(timers.untilDue(0)).isEqualTo((long) 1e15);
  }

  @Test
  void a_time_beyond_all_times_is_never() {
    timers.start(1, Double.POSITIVE_INFINITY, false, MILLI);

    assertThat(timers.untilDue(MILLI)).isPositive();
    assertThat(timers.takeDue(Long.MAX_VALUE / 8, 1)).isNull();
  }
}
