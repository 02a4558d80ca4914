package dev.velox.reactor.retry;

import org.jspecify.annotations.Nullable;

/**
 * The other side could not be reached, or was lost on the way: refused and reset connections,
 * unknown hosts, time-outs, streams that ended early. {@link NetworkFailures} makes them from what
 * the usual clients throw.
 */
public class NetworkException extends RetryableException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure without a cause.
   *
   * @param message what failed
   */
  public NetworkException(@Nullable String message) {
    super(message);
  }

  /**
   * A failure with its cause.
   *
   * @param message what failed
   * @param cause why, or {@code null}
   */
  public NetworkException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
