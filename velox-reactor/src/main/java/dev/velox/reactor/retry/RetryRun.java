package dev.velox.reactor.retry;

import dev.velox.reactor.retry.RetryListener.Reason;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.util.context.Context;

/**
 * What one operation has behind it, and the decision whether and when it goes on. Knows no
 * publisher: the operator and the companion of {@code retryWhen} both ask it.
 *
 * <p>One owner: the failures of an operation come one after the other, each attempt being begun
 * after the one before has failed, so its fields need no protection. Only {@link #cutByDeadline()}
 * comes from a timer; what it reads is replaced, never changed.
 */
final class RetryRun {

  /** The answer "no further attempt". */
  static final long STOP = -1;

  // An operation that retries for days must not keep every error; the first tells most about the
  // cause, the latest about the present.
  private static final int KEPT_ERRORS = 8;
  private static final Throwable[] NO_ERRORS = {};

  private final RetryPolicy policy;
  private final Context context;
  private final long startedAt;
  private Backoff schedule;
  private volatile int attempt = 1;
  private int calls = 1;
  private volatile Duration previousDelay = Duration.ZERO;
  private @Nullable Throwable lastError;
  private volatile Throwable[] earlier = NO_ERRORS;

  RetryRun(RetryPolicy policy, Context context, long startedAt) {
    this.policy = policy;
    this.context = context;
    this.startedAt = startedAt;
    this.schedule = policy.backoff;
  }

  /** Which attempt runs or is about to, from 1. */
  int attempt() {
    return attempt;
  }

  @Nullable Throwable lastError() {
    return lastError;
  }

  /** The failed attempt had brought elements: count anew. */
  void progressed() {
    attempt = 1;
    schedule = policy.backoff;
    previousDelay = Duration.ZERO;
    earlier = NO_ERRORS;
  }

  /**
   * Decides on a failure: by an error, or by a value that was refused (or there was none).
   *
   * @return the delay in nanoseconds, or {@link #STOP}
   */
  long next(@Nullable Throwable error, @Nullable Object value) {
    Throwable cause = error == null ? null : Exceptions.unwrap(error);
    long elapsed = policy.timed ? policy.now() - startedAt : 0;
    FailedAttempt failed =
        new FailedAttempt(
            attempt,
            elapsed == 0 ? Duration.ZERO : Duration.ofNanos(elapsed),
            previousDelay,
            cause,
            value,
            draw());
    if (cause != null && !(policy.mayRetry(cause) && policy.retryable.test(cause))) {
      return giveUp(failed, Reason.NOT_RETRYABLE);
    }
    if (attempt >= policy.maxAttempts) {
      return giveUp(failed, Reason.ATTEMPTS);
    }
    Schedules.Move move = schedule.move(failed);
    if (move == null) {
      return giveUp(failed, Reason.SCHEDULE);
    }
    long delay = move.nanos();
    Optional<Duration> asked = cause == null ? Optional.empty() : policy.askedDelay(cause);
    if (asked.isPresent()) {
      long askedNanos = Schedules.saturate(asked.get());
      if (askedNanos > policy.maxAskedNanos) {
        return giveUp(failed, Reason.SCHEDULE);
      }
      delay = Math.max(delay, askedNanos);
    }
    if (delay >= policy.deadlineNanos - elapsed) {
      return giveUp(failed, Reason.DEADLINE);
    }
    if (policy.budget != null && !policy.budget.tryWithdraw()) {
      return giveUp(failed, Reason.BUDGET);
    }
    schedule = move.rest();
    previousDelay = delay == 0 ? Duration.ZERO : Duration.ofNanos(delay);
    attempt = Math.max(failed.attempt(), failed.attempt() + 1);
    calls++;
    lastError = error;
    if (error != null) {
      remember(error);
    }
    policy.tellRetry(failed, previousDelay, context);
    return delay;
  }

  /** The deadline has passed while an attempt ran: the error that ends the operation. */
  Throwable cutByDeadline() {
    int running = attempt;
    TimeoutException late = new TimeoutException(policy.deadlineMessage(running));
    FailedAttempt failed =
        new FailedAttempt(
            running, Duration.ofNanos(policy.now() - startedAt), previousDelay, late, null, 0);
    giveUp(failed, Reason.DEADLINE);
    return withEarlier(late);
  }

  private long giveUp(FailedAttempt failed, Reason reason) {
    policy.tellGiveUp(failed, reason, context);
    return STOP;
  }

  private double draw() {
    return policy.seed == null
        ? ThreadLocalRandom.current().nextDouble()
        : unit(policy.seed + calls * 0x9E3779B97F4A7C15L);
  }

  /** The output function of SplitMix64 (Steele, Lea, Flood 2014), as a number in [0, 1). */
  private static double unit(long state) {
    long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
  }

  private void remember(Throwable error) {
    Throwable[] before = earlier;
    if (contains(before, error)) {
      return;
    }
    if (before.length < KEPT_ERRORS) {
      Throwable[] longer = Arrays.copyOf(before, before.length + 1);
      longer[before.length] = error;
      earlier = longer;
    } else {
      Throwable[] shifted = before.clone();
      System.arraycopy(before, 2, shifted, 1, before.length - 2);
      shifted[shifted.length - 1] = error;
      earlier = shifted;
    }
  }

  /** Puts the earlier errors as suppressed into the last one, which stays itself. */
  Throwable withEarlier(Throwable last) {
    for (Throwable error : earlier) {
      suppress(last, error);
    }
    return last;
  }

  /**
   * Adds an error as suppressed. Errors may be shared constants that pass here for ever: none is
   * added twice, or beyond the kept number, to itself, or where that would close a circle.
   */
  static void suppress(Throwable last, Throwable error) {
    Throwable[] present = last.getSuppressed();
    if (error != last
        && present.length < KEPT_ERRORS
        && !contains(present, error)
        && !contains(error.getSuppressed(), last)
        && error.getCause() != last) {
      last.addSuppressed(error);
    }
  }

  private static boolean contains(Throwable[] errors, Throwable error) {
    for (Throwable each : errors) {
      if (each == error) {
        return true;
      }
    }
    return false;
  }
}
