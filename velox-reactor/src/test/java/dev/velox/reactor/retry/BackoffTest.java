package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private final Exception error = new Exception("failed");
  private static final Duration LONGEST = ofNanos(Long.MAX_VALUE >> 2);

  @Test
  void fixed_gives_the_same_delay_for_ever() {
    assertThat(delays(Backoff.fixed(ofMillis(7)), 1000)).containsOnly(ofMillis(7)).hasSize(1000);
  }

  @Test
  void linear_grows_by_the_same_amount() {
    assertThat(delays(Backoff.linear(ofMillis(10)), 4))
        .containsExactly(ofMillis(10), ofMillis(20), ofMillis(30), ofMillis(40));
    assertThat(delays(Backoff.linear(ofMillis(10), ofMillis(5)), 3))
        .containsExactly(ofMillis(10), ofMillis(15), ofMillis(20));
  }

  @Test
  void exponential_multiplies() {
    assertThat(delays(Backoff.exponential(ofMillis(100)), 4))
        .containsExactly(ofMillis(100), ofMillis(200), ofMillis(400), ofMillis(800));
    assertThat(delays(Backoff.exponential(ofMillis(100), 3), 3))
        .containsExactly(ofMillis(100), ofMillis(300), ofMillis(900));
  }

  @Test
  void fibonacci_adds_the_last_two() {
    assertThat(delays(Backoff.fibonacci(ofMillis(1)), 7))
        .extracting(Duration::toMillis)
        .containsExactly(1L, 1L, 2L, 3L, 5L, 8L, 13L);
  }

  @Test
  void listed_delays_come_once_and_then_it_stops() {
    assertThat(delays(Backoff.delays(ofMillis(1), ofMillis(5), ofMillis(2)), 10))
        .containsExactly(ofMillis(1), ofMillis(5), ofMillis(2));
  }

  @Test
  void a_function_is_asked_with_the_number_of_the_failed_attempt_from_one() {
    List<Integer> asked = new ArrayList<>();
    delays(
        Backoff.of(
            attempt -> {
              asked.add(attempt);
              return ofMillis(attempt);
            }),
        3);
    assertThat(asked).containsExactly(1, 2, 3);
  }

  @Test
  void a_deciding_function_stops_by_answering_nothing() {
    Backoff backoff =
        Backoff.deciding(
            failed -> failed.attempt() < 3 ? Optional.of(ofMillis(1)) : Optional.empty());
    assertThat(delays(backoff, 10)).hasSize(2);
  }

  @Test
  void growth_saturates_at_attempt_ten_thousand_and_is_never_negative_nor_shrinks() {
    for (Backoff backoff :
        List.of(
            Backoff.exponential(ofMillis(100)),
            Backoff.exponential(ofNanos(1), 1e300),
            Backoff.fibonacci(ofMillis(100)),
            Backoff.linear(Duration.ofDays(30_000)),
            Backoff.fixed(ofNanos(Long.MAX_VALUE)),
            Backoff.of(attempt -> ofSeconds(Long.MAX_VALUE)))) {
      List<Duration> delays = delays(backoff, 10_000);
      assertThat(delays).hasSize(10_000).isSorted().last().isEqualTo(LONGEST);
      assertThat(delays.get(0)).isPositive();
    }
  }

  @Test
  void a_ceiling_holds_before_and_after_jitter_in_either_order() {
    SplittableRandom random = new SplittableRandom(1);
    Backoff one =
        Backoff.exponential(ofMillis(100)).jitter(Jitter.proportional(1)).max(ofSeconds(1));
    Backoff two =
        Backoff.exponential(ofMillis(100)).max(ofSeconds(1)).jitter(Jitter.proportional(1));
    for (int i = 0; i < 1000; i++) {
      double draw = random.nextDouble();
      Backoff.Step stepOne = one.next(failed(i + 1, draw)).orElseThrow();
      Backoff.Step stepTwo = two.next(failed(i + 1, draw)).orElseThrow();
      assertThat(stepOne.delay()).isEqualTo(stepTwo.delay()).isBetween(Duration.ZERO, ofSeconds(1));
      one = stepOne.rest();
      two = stepTwo.rest();
    }
  }

  @Test
  void jitter_applied_after_the_ceiling_still_spreads() {
    Backoff backoff = Backoff.fixed(ofSeconds(1)).jitter(Jitter.FULL).max(ofSeconds(1));
    assertThat(backoff.next(failed(1, 0.5)).orElseThrow().delay()).isEqualTo(ofMillis(500));
  }

  @Test
  void each_jitter_stays_within_its_bounds_over_a_hundred_thousand_draws() {
    SplittableRandom random = new SplittableRandom(42);
    long delay = ofSeconds(1).toNanos();
    long first = ofMillis(100).toNanos();
    long previous = ofMillis(400).toNanos();
    record Case(Jitter jitter, long low, long high) {}
    for (Case each :
        List.of(
            new Case(Jitter.NONE, delay, delay),
            new Case(Jitter.FULL, 0, delay),
            new Case(Jitter.EQUAL, delay / 2, delay),
            new Case(Jitter.DECORRELATED, first, 3 * previous),
            new Case(Jitter.proportional(0.25), delay * 3 / 4, delay * 5 / 4))) {
      long least = Long.MAX_VALUE;
      long most = Long.MIN_VALUE;
      for (int i = 0; i < 100_000; i++) {
        long drawn = each.jitter.apply(delay, first, previous, random.nextDouble());
        least = Math.min(least, drawn);
        most = Math.max(most, drawn);
      }
      long tenth = (each.high - each.low) / 10;
      assertThat(least).as(each.toString()).isBetween(each.low, each.low + tenth);
      assertThat(most).as(each.toString()).isBetween(each.high - tenth, each.high);
    }
  }

  @Test
  void jitter_saturates_at_the_longest_delay() {
    Backoff backoff = Backoff.fixed(LONGEST).jitter(Jitter.proportional(1));
    assertThat(backoff.next(failed(1, 0.999)).orElseThrow().delay()).isEqualTo(LONGEST);
    assertThat(Jitter.DECORRELATED.apply(1, 1, Long.MAX_VALUE, 0.999)).isEqualTo(LONGEST.toNanos());
  }

  @Test
  void decorrelated_jitter_draws_between_the_first_delay_and_three_times_the_previous_one() {
    Backoff backoff =
        Backoff.exponential(ofMillis(100)).max(ofSeconds(2)).jitter(Jitter.DECORRELATED);
    List<Duration> highest = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      Backoff.Step step = backoff.next(failed(i, Math.nextDown(1.0))).orElseThrow();
      highest.add(ofMillis(Math.round(step.delay().toNanos() / 1e6)));
      backoff = step.rest();
    }
    assertThat(highest)
        .containsExactly(ofMillis(300), ofMillis(900), ofSeconds(2), ofSeconds(2), ofSeconds(2));
  }

  @Test
  void times_limits_the_delays() {
    assertThat(delays(Backoff.none().times(3), 10)).hasSize(3);
    assertThat(delays(Backoff.none().times(0), 10)).isEmpty();
  }

  @Test
  void within_starts_no_delay_that_ends_at_or_after_its_time() {
    Backoff backoff = Backoff.fixed(ofMillis(100)).within(ofSeconds(1));
    assertThat(backoff.next(at(ofMillis(899)))).isPresent();
    assertThat(backoff.next(at(ofMillis(900)))).isEmpty();
  }

  @Test
  void and_goes_on_while_both_do_after_the_longer_delay() {
    Backoff both = Backoff.linear(ofMillis(10)).and(Backoff.fixed(ofMillis(25)).times(4));
    assertThat(delays(both, 10))
        .containsExactly(ofMillis(25), ofMillis(25), ofMillis(30), ofMillis(40));
  }

  @Test
  void or_goes_on_while_either_does_after_the_shorter_delay() {
    Backoff either = Backoff.linear(ofMillis(10)).times(5).or(Backoff.fixed(ofMillis(25)).times(4));
    assertThat(delays(either, 10))
        .containsExactly(ofMillis(10), ofMillis(20), ofMillis(25), ofMillis(25), ofMillis(50));
  }

  @Test
  void or_gives_different_errors_schedules_that_count_their_own_failures() {
    Backoff backoff =
        Backoff.fixed(ofSeconds(30))
            .times(2)
            .onlyIf(IllegalStateException.class::isInstance)
            .or(
                Backoff.exponential(ofMillis(100))
                    .times(2)
                    .onlyIf(IllegalArgumentException.class::isInstance));
    List<Optional<Duration>> answers = new ArrayList<>();
    for (Exception error :
        List.of(
            new IllegalArgumentException(),
            new IllegalStateException(),
            new IllegalArgumentException(),
            new IllegalStateException(),
            new IllegalStateException())) {
      Optional<Backoff.Step> step =
          backoff.next(new FailedAttempt(1, Duration.ZERO, Duration.ZERO, error, null, 0));
      answers.add(step.map(Backoff.Step::delay));
      backoff = step.map(Backoff.Step::rest).orElse(backoff);
    }
    assertThat(answers)
        .containsExactly(
            Optional.of(ofMillis(100)),
            Optional.of(ofSeconds(30)),
            Optional.of(ofMillis(200)),
            Optional.of(ofSeconds(30)),
            Optional.empty());
  }

  @Test
  void and_then_begins_the_second_from_its_beginning_when_the_first_stops() {
    Backoff chain = Backoff.none().times(2).andThen(Backoff.exponential(ofMillis(100)).times(2));
    assertThat(delays(chain, 10))
        .containsExactly(Duration.ZERO, Duration.ZERO, ofMillis(100), ofMillis(200));
  }

  @Test
  void the_combinators_keep_their_laws() {
    List<Backoff> some =
        List.of(
            Backoff.none(),
            Backoff.stop(),
            Backoff.fixed(ofMillis(30)).times(3),
            Backoff.exponential(ofMillis(10)).max(ofMillis(50)),
            Backoff.delays(ofMillis(40), ofMillis(5)),
            Backoff.fibonacci(ofMillis(7)).jitter(Jitter.FULL).times(6));
    for (Backoff a : some) {
      same(a.and(Backoff.none()), a);
      same(a.or(Backoff.stop()), a);
      same(a.andThen(Backoff.stop()), a);
      same(Backoff.stop().andThen(a), a);
      for (Backoff b : some) {
        same(a.and(b), b.and(a));
        same(a.or(b), b.or(a));
        for (Backoff c : some) {
          same(a.and(b).and(c), a.and(b.and(c)));
          same(a.or(b).or(c), a.or(b.or(c)));
          same(a.andThen(b).andThen(c), a.andThen(b.andThen(c)));
        }
      }
    }
  }

  @Test
  void one_value_serves_many_operations() {
    Backoff shared = Backoff.exponential(ofMillis(100)).times(3);
    List<Duration> first = delays(shared, 10);
    assertThat(delays(shared, 10)).isEqualTo(first).hasSize(3);
  }

  @Test
  void bad_arguments_are_refused_with_their_name_and_value() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.fixed(ofMillis(-1)))
        .withMessageContaining("delay")
        .withMessageContaining("-0.001");
    assertThatIllegalArgumentException().isThrownBy(() -> Backoff.fixed(ofSeconds(Long.MAX_VALUE)));
    assertThatIllegalArgumentException().isThrownBy(() -> Backoff.exponential(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.exponential(ofMillis(1), 0.5))
        .withMessageContaining("0.5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.exponential(ofMillis(1), Double.NaN));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.exponential(ofSeconds(10)).max(ofSeconds(5)))
        .withMessageContaining("ceiling")
        .withMessageContaining("PT5S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Jitter.proportional(1.1))
        .withMessageContaining("1.1");
    assertThatIllegalArgumentException().isThrownBy(() -> Jitter.proportional(-0.1));
    assertThatIllegalArgumentException().isThrownBy(() -> Jitter.proportional(Double.NaN));
    assertThatIllegalArgumentException().isThrownBy(() -> Backoff.none().times(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> Backoff.none().within(Duration.ZERO));
    assertThatNullPointerException()
        .isThrownBy(() -> Backoff.none().and(null))
        .withMessageContaining("other");
    assertThatNullPointerException().isThrownBy(() -> Backoff.delays(ofMillis(1), null));
  }

  private void same(Backoff one, Backoff two) {
    assertThat(delays(one, 20)).isEqualTo(delays(two, 20));
  }

  private List<Duration> delays(Backoff backoff, int atMost) {
    List<Duration> delays = new ArrayList<>();
    Backoff rest = backoff;
    for (int attempt : IntStream.rangeClosed(1, atMost).toArray()) {
      // A draw that depends on the attempt alone, so that laws can be compared under jitter.
      Optional<Backoff.Step> step = rest.next(failed(attempt, (attempt * 0.37) % 1));
      if (step.isEmpty()) {
        break;
      }
      delays.add(step.get().delay());
      rest = step.get().rest();
    }
    return delays;
  }

  private FailedAttempt failed(int attempt, double random) {
    return new FailedAttempt(attempt, Duration.ZERO, Duration.ZERO, error, null, random);
  }

  private FailedAttempt at(Duration elapsed) {
    return new FailedAttempt(1, elapsed, Duration.ZERO, error, null, 0);
  }
}
