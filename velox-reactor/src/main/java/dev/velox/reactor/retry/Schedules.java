package dev.velox.reactor.retry;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The forms of {@link Backoff}. Each is immutable; where a form has a position (how far it has
 * grown, how many delays are left), its next position is a new value in {@link Move#rest}.
 */
final class Schedules {

  /** The longest delay: a quarter of what a long holds, so "now plus delay" can't overflow. */
  static final long LONGEST = Long.MAX_VALUE >> 2;

  static final Backoff STOP = new Stop();
  static final Backoff NONE = new Fixed(0);

  private Schedules() {}

  /** {@link Backoff.Step} in nanoseconds. */
  record Move(long nanos, Backoff rest) {}

  static long saturate(double nanos) {
    return nanos >= LONGEST ? LONGEST : (long) nanos;
  }

  static long saturate(Duration delay) {
    Args.notNull(delay, "the delay that the backoff function answered");
    if (delay.isNegative()) {
      throw new IllegalArgumentException(
          "the backoff function must not answer a negative delay, but answered " + delay);
    }
    return delay.toSeconds() >= LONGEST / 1_000_000_000L ? LONGEST : delay.toNanos();
  }

  /** Lets the forms live here while {@link Backoff} stays closed. */
  abstract static non-sealed class Node extends Backoff {
    @Override
    long firstNanos() {
      return 0;
    }

    @Override
    boolean readsElapsed() {
      return false;
    }
  }

  private static final class Stop extends Node {
    @Override
    @Nullable Move move(FailedAttempt failed) {
      return null;
    }
  }

  static final class Fixed extends Node {
    private final Move always;

    Fixed(long nanos) {
      this.always = new Move(Math.min(nanos, LONGEST), this);
    }

    @Override
    Move move(FailedAttempt failed) {
      return always;
    }

    @Override
    long firstNanos() {
      return always.nanos;
    }
  }

  static final class Listed extends Node {
    private final Move only;

    Listed(long nanos, Backoff rest) {
      this.only = new Move(Math.min(nanos, LONGEST), rest);
    }

    @Override
    Move move(FailedAttempt failed) {
      return only;
    }

    @Override
    long firstNanos() {
      return only.nanos;
    }
  }

  static final class Linear extends Node {
    private final long nanos;
    private final long growth;

    Linear(long nanos, long growth) {
      this.nanos = Math.min(nanos, LONGEST);
      this.growth = Math.min(growth, LONGEST);
    }

    @Override
    Move move(FailedAttempt failed) {
      return new Move(nanos, new Linear(nanos + growth, growth));
    }

    @Override
    long firstNanos() {
      return nanos;
    }
  }

  static final class Exponential extends Node {
    private final double nanos;
    private final double factor;

    Exponential(double nanos, double factor) {
      this.nanos = Math.min(nanos, (double) LONGEST);
      this.factor = factor;
    }

    @Override
    Move move(FailedAttempt failed) {
      return new Move(saturate(nanos), new Exponential(nanos * factor, factor));
    }

    @Override
    long firstNanos() {
      return saturate(nanos);
    }
  }

  static final class Fibonacci extends Node {
    private final long nanos;
    private final long following;

    Fibonacci(long nanos, long following) {
      this.nanos = Math.min(nanos, LONGEST);
      this.following = Math.min(following, LONGEST);
    }

    @Override
    Move move(FailedAttempt failed) {
      return new Move(nanos, new Fibonacci(following, nanos + following));
    }

    @Override
    long firstNanos() {
      return nanos;
    }
  }

  static final class Counted extends Node {
    private final IntFunction<Duration> delay;
    private final int count;

    Counted(IntFunction<Duration> delay, int count) {
      this.delay = delay;
      this.count = count;
    }

    @Override
    Move move(FailedAttempt failed) {
      int following = count == Integer.MAX_VALUE ? count : count + 1;
      return new Move(saturate(delay.apply(count)), new Counted(delay, following));
    }
  }

  static final class Deciding extends Node {
    private final Function<? super FailedAttempt, Optional<Duration>> decision;

    Deciding(Function<? super FailedAttempt, Optional<Duration>> decision) {
      this.decision = decision;
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Optional<Duration> delay =
          Args.notNull(decision.apply(failed), "what the backoff function answered");
      return delay.isPresent() ? new Move(saturate(delay.get()), this) : null;
    }

    @Override
    boolean readsElapsed() {
      return true;
    }
  }

  static final class Shaped extends Node {
    private final Backoff inner;
    private final long ceiling;
    private final Jitter jitter;
    // The first delay of the schedule, below zero before it is known, and the last one given:
    // decorrelated jitter draws between them.
    private final long first;
    private final long previous;

    Shaped(Backoff inner, long ceiling, Jitter jitter, long first, long previous) {
      this.inner = inner;
      this.ceiling = ceiling;
      this.jitter = jitter;
      this.first = first;
      this.previous = previous;
    }

    Shaped withCeiling(long nanos) {
      return new Shaped(inner, Math.min(ceiling, nanos), jitter, first, previous);
    }

    Shaped withJitter(Jitter other) {
      return new Shaped(inner, ceiling, other, first, previous);
    }

    @Override
    Shaped shaped() {
      return this;
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move move = inner.move(failed);
      if (move == null) {
        return null;
      }
      long plain = Math.min(move.nanos, ceiling);
      long base = first < 0 ? plain : first;
      long before = first < 0 ? plain : previous;
      long nanos = Math.min(jitter.apply(plain, base, before, failed.random()), ceiling);
      return new Move(nanos, new Shaped(move.rest, ceiling, jitter, base, nanos));
    }

    @Override
    long firstNanos() {
      return Math.min(inner.firstNanos(), ceiling);
    }

    @Override
    boolean readsElapsed() {
      return inner.readsElapsed();
    }
  }

  static final class Times extends Node {
    private final Backoff inner;
    private final int left;

    Times(Backoff inner, int left) {
      this.inner = inner;
      this.left = left;
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move move = left == 0 ? null : inner.move(failed);
      return move == null ? null : new Move(move.nanos, new Times(move.rest, left - 1));
    }

    @Override
    long firstNanos() {
      return inner.firstNanos();
    }

    @Override
    boolean readsElapsed() {
      return inner.readsElapsed();
    }
  }

  static final class Within extends Node {
    private final Backoff inner;
    private final long limit;

    Within(Backoff inner, long limit) {
      this.inner = inner;
      this.limit = limit;
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move move = inner.move(failed);
      return move == null || move.nanos >= limit - failed.elapsed().toNanos()
          ? null
          : new Move(move.nanos, new Within(move.rest, limit));
    }

    @Override
    long firstNanos() {
      return inner.firstNanos();
    }

    @Override
    boolean readsElapsed() {
      return true;
    }
  }

  static final class OnlyIf extends Node {
    private final Backoff inner;
    private final Predicate<FailedAttempt> condition;

    OnlyIf(Backoff inner, Predicate<FailedAttempt> condition) {
      this.inner = inner;
      this.condition = condition;
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move move = condition.test(failed) ? inner.move(failed) : null;
      return move == null ? null : new Move(move.nanos, new OnlyIf(move.rest, condition));
    }

    @Override
    long firstNanos() {
      return inner.firstNanos();
    }

    @Override
    boolean readsElapsed() {
      return inner.readsElapsed();
    }
  }

  private abstract static class Pair extends Node {
    final Backoff left;
    final Backoff right;

    Pair(Backoff left, Backoff right) {
      this.left = left;
      this.right = right;
    }

    @Override
    boolean readsElapsed() {
      return left.readsElapsed() || right.readsElapsed();
    }
  }

  static final class And extends Pair {
    And(Backoff left, Backoff right) {
      super(left, right);
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move one = left.move(failed);
      Move two = one == null ? null : right.move(failed);
      return one == null || two == null
          ? null
          : new Move(Math.max(one.nanos, two.nanos), new And(one.rest, two.rest));
    }

    @Override
    long firstNanos() {
      return Math.max(left.firstNanos(), right.firstNanos());
    }
  }

  static final class Or extends Pair {
    Or(Backoff left, Backoff right) {
      super(left, right);
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move one = left.move(failed);
      Move two = right.move(failed);
      if (one == null && two == null) {
        return null;
      }
      long nanos = Math.min(one == null ? LONGEST : one.nanos, two == null ? LONGEST : two.nanos);
      return new Move(nanos, new Or(one == null ? left : one.rest, two == null ? right : two.rest));
    }
  }

  static final class AndThen extends Pair {
    AndThen(Backoff left, Backoff right) {
      super(left, right);
    }

    @Override
    @Nullable Move move(FailedAttempt failed) {
      Move one = left.move(failed);
      return one == null ? right.move(failed) : new Move(one.nanos, new AndThen(one.rest, right));
    }

    @Override
    long firstNanos() {
      return left.firstNanos();
    }
  }
}
