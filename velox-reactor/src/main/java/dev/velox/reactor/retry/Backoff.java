package dev.velox.reactor.retry;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait after a failure, or to stop: a pure value.
 *
 * <p>Asked with a {@link FailedAttempt}, it answers a {@link Step}, the delay and the back-off to
 * ask after the next failure, or nothing, which means stop. It holds no state, reads no clock and
 * draws no number, so one value serves any number of operations at once, and the same failures with
 * the same draws always get the same answers.
 *
 * <p>Delays saturate at some 73 years, which a scheduler can still keep, and are never negative.
 * Each answer costs the same at attempt 10,000 as at the first.
 *
 * <pre>{@code
 * Backoff patient = Backoff.exponential(Duration.ofMillis(100)).max(Duration.ofSeconds(10)).jitter(Jitter.FULL);
 * Backoff eagerThenPatient = Backoff.none().times(2).andThen(patient);
 * Backoff throttledSlower = Backoff.fixed(Duration.ofSeconds(30)).onlyIf(e -> e instanceof Throttled).or(patient);
 * }</pre>
 */
public abstract sealed class Backoff permits Schedules.Node {

  Backoff() {}

  /**
   * The answer to one failure.
   *
   * @param delay how long to wait before the next attempt
   * @param rest what to ask after the next failure
   */
  public record Step(Duration delay, Backoff rest) {}

  /**
   * Decides on a failure.
   *
   * @param failed the failure
   * @return the delay and what to ask next, or empty to stop
   */
  public final Optional<Step> next(FailedAttempt failed) {
    Schedules.Move move = move(Args.notNull(failed, "failed"));
    return move == null
        ? Optional.empty()
        : Optional.of(new Step(Duration.ofNanos(move.nanos()), move.rest()));
  }

  abstract Schedules.@Nullable Move move(FailedAttempt failed);

  /** The delay after the first failure where it is known without one, else zero. */
  abstract long firstNanos();

  /** Whether the time since the operation began enters a decision. */
  abstract boolean readsElapsed();

  /**
   * No delay, for ever.
   *
   * @return the schedule
   */
  public static Backoff none() {
    return Schedules.NONE;
  }

  /**
   * Stops at once: the neutral element of {@link #or}.
   *
   * @return the schedule
   */
  public static Backoff stop() {
    return Schedules.STOP;
  }

  /**
   * Always the same delay.
   *
   * @param delay the delay
   * @return the schedule
   * @throws IllegalArgumentException if the delay is negative or does not fit into nanoseconds
   */
  public static Backoff fixed(Duration delay) {
    return new Schedules.Fixed(Args.notNegative(delay, "delay").toNanos());
  }

  /**
   * The unit, twice the unit, three times the unit…
   *
   * @param unit the first delay and the growth
   * @return the schedule
   * @throws IllegalArgumentException if the unit is not positive or does not fit into nanoseconds
   */
  public static Backoff linear(Duration unit) {
    return linear(unit, unit);
  }

  /**
   * The first delay, then each longer by the growth.
   *
   * @param first the first delay
   * @param growth what each further one adds
   * @return the schedule
   * @throws IllegalArgumentException if one is negative or does not fit into nanoseconds
   */
  public static Backoff linear(Duration first, Duration growth) {
    return new Schedules.Linear(
        Args.notNegative(first, "first").toNanos(), Args.notNegative(growth, "growth").toNanos());
  }

  /**
   * The first delay, then each twice the one before.
   *
   * @param first the first delay
   * @return the schedule
   * @throws IllegalArgumentException if it is not positive or does not fit into nanoseconds
   */
  public static Backoff exponential(Duration first) {
    return exponential(first, 2);
  }

  /**
   * The first delay, then each the one before times the factor.
   *
   * @param first the first delay
   * @param factor the growth, at least 1
   * @return the schedule
   * @throws IllegalArgumentException if the delay is not positive or does not fit into nanoseconds,
   *     or the factor is less than 1, infinite or not a number
   */
  public static Backoff exponential(Duration first, double factor) {
    if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("factor must be finite and at least 1, but was " + factor);
    }
    return new Schedules.Exponential(Args.positive(first, "first").toNanos(), factor);
  }

  /**
   * The unit times 1, 1, 2, 3, 5, 8…
   *
   * @param unit the first delay
   * @return the schedule
   * @throws IllegalArgumentException if it is not positive or does not fit into nanoseconds
   */
  public static Backoff fibonacci(Duration unit) {
    long nanos = Args.positive(unit, "unit").toNanos();
    return new Schedules.Fibonacci(nanos, nanos);
  }

  /**
   * These delays, then stop.
   *
   * @param delays the delays in their order
   * @return the schedule
   * @throws IllegalArgumentException if one is negative or does not fit into nanoseconds
   */
  public static Backoff delays(Duration... delays) {
    Backoff rest = stop();
    List<Duration> list = List.of(Args.notNull(delays, "delays"));
    for (int i = list.size() - 1; i >= 0; i--) {
      rest = new Schedules.Listed(Args.notNegative(list.get(i), "delay").toNanos(), rest);
    }
    return rest;
  }

  /**
   * What a function of the number of failures says, for ever. {@code of(1)} is the delay after the
   * first failure. A delay too long for a scheduler is cut to what it can keep; a function that
   * throws, answers {@code null} or something negative ends the operation with that error.
   *
   * @param delay from the number of the failed attempt, counted from 1, to the delay
   * @return the schedule
   */
  public static Backoff of(IntFunction<Duration> delay) {
    return new Schedules.Counted(Args.notNull(delay, "delay"), 1);
  }

  /**
   * What a pure function of the failure says; empty means stop.
   *
   * @param decision from the failure to the delay
   * @return the schedule
   */
  public static Backoff deciding(Function<? super FailedAttempt, Optional<Duration>> decision) {
    return new Schedules.Deciding(Args.notNull(decision, "decision"));
  }

  /**
   * The same with a ceiling, which holds after jitter too.
   *
   * @param ceiling the longest delay
   * @return the schedule
   * @throws IllegalArgumentException if the ceiling is not positive, does not fit into nanoseconds,
   *     or lies below the first delay
   */
  public final Backoff max(Duration ceiling) {
    long nanos = Args.positive(ceiling, "ceiling").toNanos();
    if (nanos < firstNanos()) {
      throw new IllegalArgumentException(
          "ceiling must not be less than the first delay, "
              + Duration.ofNanos(firstNanos())
              + ", but was "
              + ceiling);
    }
    return shaped().withCeiling(nanos);
  }

  /**
   * The same, spread by the jitter. Where {@link #max} is set too, in either order, the ceiling is
   * applied before and after.
   *
   * @param jitter how delays stray
   * @return the schedule
   */
  public final Backoff jitter(Jitter jitter) {
    return shaped().withJitter(Args.notNull(jitter, "jitter"));
  }

  Schedules.Shaped shaped() {
    return new Schedules.Shaped(this, Schedules.LONGEST, Jitter.NONE, -1, 0);
  }

  /**
   * The same, at most so many times.
   *
   * @param retries how many delays it gives before it stops
   * @return the schedule
   * @throws IllegalArgumentException if negative
   */
  public final Backoff times(int retries) {
    return new Schedules.Times(this, Args.notNegative(retries, "retries"));
  }

  /**
   * The same until so much time has passed since the operation began: a delay that would end at or
   * after it is not started.
   *
   * @param time the time
   * @return the schedule
   * @throws IllegalArgumentException if it is not positive or does not fit into nanoseconds
   */
  public final Backoff within(Duration time) {
    return new Schedules.Within(this, Args.positive(time, "time").toNanos());
  }

  /**
   * The same for these errors; stops at others, and at refused results.
   *
   * @param errors which errors
   * @return the schedule
   */
  public final Backoff onlyIf(Predicate<? super Throwable> errors) {
    Args.notNull(errors, "errors");
    return new Schedules.OnlyIf(
        this, failed -> failed.error() != null && errors.test(failed.error()));
  }

  /**
   * Goes on while both go on, after the longer delay. Associative and commutative, with {@link
   * #none()} as neutral element.
   *
   * @param other the other
   * @return the schedule
   */
  public final Backoff and(Backoff other) {
    return new Schedules.And(this, Args.notNull(other, "other"));
  }

  /**
   * Goes on while either goes on, after the shorter delay. One that stops at a failure keeps its
   * place and is asked again at the next, so that schedules for different errors can stand side by
   * side. Associative and commutative, with {@link #stop()} as neutral element.
   *
   * @param other the other
   * @return the schedule
   */
  public final Backoff or(Backoff other) {
    return new Schedules.Or(this, Args.notNull(other, "other"));
  }

  /**
   * This until it stops, then the other from its beginning. Associative, with {@link #stop()} as
   * neutral element.
   *
   * @param other what follows
   * @return the schedule
   */
  public final Backoff andThen(Backoff other) {
    return new Schedules.AndThen(this, Args.notNull(other, "other"));
  }
}
