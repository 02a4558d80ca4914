package dev.velox.reactor.retry;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A failure that is worth another attempt, and may know when.
 *
 * <p>A {@link RetryPolicy} waits at least as long as {@link #retryAfter()} asks, found anywhere in
 * the chain of causes.
 */
public class RetryableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The delay asked for, or {@code null}. */
  private final @Nullable Duration retryAfter;

  /**
   * A failure without a cause and without a wish.
   *
   * @param message what failed
   */
  public RetryableException(@Nullable String message) {
    this(message, null);
  }

  /**
   * A failure without a wish.
   *
   * @param message what failed
   * @param cause why, or {@code null}
   */
  public RetryableException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
    this.retryAfter = null;
  }

  /**
   * A failure that asks to be left alone for a while.
   *
   * @param message what failed
   * @param cause why, or {@code null}
   * @param retryAfter how long to wait at least before the next attempt
   * @throws IllegalArgumentException if the delay is negative or does not fit into nanoseconds
   */
  public RetryableException(
      @Nullable String message, @Nullable Throwable cause, Duration retryAfter) {
    super(message, cause);
    this.retryAfter = Args.notNegative(retryAfter, "retryAfter");
  }

  /**
   * How long to wait at least before the next attempt.
   *
   * @return the delay, or empty if the failure asks for none
   */
  public final Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
