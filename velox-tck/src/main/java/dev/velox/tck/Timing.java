package dev.velox.tck;

import java.time.Duration;

/**
 * How long the kit waits. Only {@code silence} costs time in a run that passes; the other two are
 * limits, so they may be generous.
 *
 * @param signal how long an expected signal may take
 * @param silence how long nothing must happen where nothing is allowed to
 * @param rule how long the check of one rule may take as a whole; one that is stuck is interrupted
 *     and fails
 */
public record Timing(Duration signal, Duration silence, Duration rule) {

  /** Five seconds for a signal, 25 milliseconds of silence, half a minute for a rule. */
  public static final Timing DEFAULT =
      new Timing(Duration.ofSeconds(5), Duration.ofMillis(25), Duration.ofSeconds(30));

  /**
   * Refuses what is not positive.
   *
   * @param signal how long an expected signal may take
   * @param silence how long nothing must happen
   * @param rule how long one rule may take
   * @throws IllegalArgumentException if one of them is zero or negative
   */
  public Timing {
    requirePositive(signal, "signal");
    requirePositive(silence, "silence");
    requirePositive(rule, "rule");
  }

  private static void requirePositive(Duration duration, String name) {
    if (duration.isZero() || duration.isNegative()) {
      throw new IllegalArgumentException(name + " must be positive, but was " + duration);
    }
  }
}
