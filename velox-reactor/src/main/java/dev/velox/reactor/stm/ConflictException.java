package dev.velox.reactor.stm;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A transaction did not commit within the limits that its {@link StmOptions} set: its attempts or
 * its time are spent. It has written nothing. Without limits no transaction ends so.
 */
public final class ConflictException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** How many times the body was run. */
  private final int attempts;

  private ConflictException(String message, int attempts) {
    super(message);
    this.attempts = attempts;
  }

  static ConflictException attempts(@Nullable String name, int attempts) {
    return new ConflictException(
        "transaction" + named(name) + " met a conflict in each of its " + attempts + " attempts",
        attempts);
  }

  static ConflictException time(@Nullable String name, Duration timeout, int attempts) {
    return new ConflictException(
        "transaction"
            + named(name)
            + " did not commit within "
            + timeout
            + " (attempt "
            + attempts
            + ")",
        attempts);
  }

  private static String named(@Nullable String name) {
    return name == null ? "" : " '" + name + "'";
  }

  /**
   * How many times the body was run.
   *
   * @return the number of attempts, the last one included
   */
  public int attempts() {
    return attempts;
  }
}
