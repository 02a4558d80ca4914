package dev.velox.reactor.retry;

import java.time.Duration;

/**
 * Is told about the attempts of every operation of a {@link RetryPolicy}.
 *
 * <p>Calls of one operation come one after the other, on the threads of that operation; those of
 * different operations at once. An implementation must not block. What it throws goes to Reactor's
 * {@code onErrorDropped} hook and changes nothing.
 *
 * <p>Under {@code retryWhen(policy)} Reactor tells nothing about success, so {@link #onSuccess} is
 * not called there.
 */
public interface RetryListener {

  /** Why there is no further attempt. */
  enum Reason {
    /** The error is not one to be retried. */
    NOT_RETRYABLE,
    /** As many calls were made as are allowed. */
    ATTEMPTS,
    /** The back-off said stop, or the error asked for a longer delay than the policy bears. */
    SCHEDULE,
    /** The next attempt would begin past the deadline, or it passed during this one. */
    DEADLINE,
    /** The shared budget is spent. */
    BUDGET
  }

  /**
   * An attempt is about to be made.
   *
   * @param attempt which, from 1
   */
  default void beforeAttempt(int attempt) {}

  /**
   * An attempt failed, and another will be made.
   *
   * @param failed the attempt
   * @param delay how long it will be waited
   */
  default void onRetry(FailedAttempt failed, Duration delay) {}

  /**
   * An attempt failed, and it was the last.
   *
   * @param failed the attempt
   * @param reason why no other is made
   */
  default void onGiveUp(FailedAttempt failed, Reason reason) {}

  /**
   * An attempt completed.
   *
   * @param attempt which, from 1
   */
  default void onSuccess(int attempt) {}
}
