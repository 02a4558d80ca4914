package dev.velox.reactor.retry;

/**
 * How far a delay may stray from its schedule, so that many callers that failed together do not
 * come back together.
 *
 * <p>A value; it draws nothing itself, the random number comes with each {@link FailedAttempt}. The
 * forms and their names are those of the AWS Architecture Blog, "Exponential Backoff And Jitter"
 * (2015).
 */
public final class Jitter {

  private enum Kind {
    NONE,
    FULL,
    EQUAL,
    DECORRELATED,
    PROPORTIONAL
  }

  /** The delay as scheduled. */
  public static final Jitter NONE = new Jitter(Kind.NONE, 0);

  /** Anything from zero to the delay: spreads best, with the least total work. */
  public static final Jitter FULL = new Jitter(Kind.FULL, 0);

  /** Half of the delay for certain, and up to the other half: never returns at once. */
  public static final Jitter EQUAL = new Jitter(Kind.EQUAL, 0);

  /**
   * Anything from the schedule's first delay to three times the previous one. The schedule then
   * gives only the first delay and the ceiling; growth comes from the drawing.
   */
  public static final Jitter DECORRELATED = new Jitter(Kind.DECORRELATED, 0);

  private final Kind kind;
  private final double factor;

  private Jitter(Kind kind, double factor) {
    this.kind = kind;
    this.factor = factor;
  }

  /**
   * The delay, more or less a part of it, as Reactor's {@code Retry.backoff} has it.
   *
   * @param factor the part, from 0 to 1: with 0.5 a delay of 10 s becomes 5 s to 15 s
   * @return the jitter
   * @throws IllegalArgumentException if the factor is not within 0 and 1
   */
  public static Jitter proportional(double factor) {
    if (!(factor >= 0 && factor <= 1)) {
      throw new IllegalArgumentException("factor must be from 0 to 1, but was " + factor);
    }
    return new Jitter(Kind.PROPORTIONAL, factor);
  }

  /** All in nanoseconds; the answer is not negative and saturates. */
  long apply(long delay, long first, long previous, double random) {
    return switch (kind) {
      case NONE -> delay;
      case FULL -> between(0, (double) delay, random);
      case EQUAL -> between(delay / 2.0, (double) delay, random);
      case DECORRELATED ->
          between((double) first, Math.max((double) first, previous * 3.0), random);
      case PROPORTIONAL -> between(delay * (1 - factor), delay * (1 + factor), random);
    };
  }

  private static long between(double low, double high, double random) {
    return Schedules.saturate(low + (high - low) * random);
  }

  @Override
  public String toString() {
    return kind == Kind.PROPORTIONAL ? "±" + factor : kind.name();
  }
}
