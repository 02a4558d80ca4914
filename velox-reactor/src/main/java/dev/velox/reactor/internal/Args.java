package dev.velox.reactor.internal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Checks of arguments, made at the call, with messages that name the argument and its value. */
public final class Args {

  private Args() {}

  /**
   * Refuses {@code null}.
   *
   * @param <T> the type of the argument
   * @param value the argument
   * @param name its name in the signature
   * @return the argument
   * @throws NullPointerException if it is {@code null}
   */
  public static <T> T notNull(@Nullable T value, String name) {
    if (value == null) {
      throw new NullPointerException(name + " must not be null");
    }
    return value;
  }

  /**
   * Refuses zero and negatives.
   *
   * @param value the argument
   * @param name its name in the signature
   * @return the argument
   * @throws IllegalArgumentException if it is less than one
   */
  public static int positive(int value, String name) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive, but was " + value);
    }
    return value;
  }

  /**
   * Refuses zero and negatives.
   *
   * @param value the argument
   * @param name its name in the signature
   * @return the argument
   * @throws IllegalArgumentException if it is less than one
   */
  public static long positive(long value, String name) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive, but was " + value);
    }
    return value;
  }

  /**
   * Refuses negatives.
   *
   * @param value the argument
   * @param name its name in the signature
   * @return the argument
   * @throws IllegalArgumentException if it is less than zero
   */
  public static int notNegative(int value, String name) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must not be negative, but was " + value);
    }
    return value;
  }

  /**
   * Refuses {@code null} and negative durations, and those too long to be told in nanoseconds (292
   * years), which a scheduler could not keep.
   *
   * @param value the argument
   * @param name its name in the signature
   * @return the argument
   * @throws NullPointerException if it is {@code null}
   * @throws IllegalArgumentException if it is negative or overflows
   */
  public static Duration notNegative(@Nullable Duration value, String name) {
    Duration duration = notNull(value, name);
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + " must not be negative, but was " + duration);
    }
    try {
      long ignored = duration.toNanos();
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          name + " must fit into nanoseconds as a long, but was " + duration, overflow);
    }
    return duration;
  }

  /**
   * Refuses {@code null}, zero and negative durations, and those too long to be told in
   * nanoseconds.
   *
   * @param value the argument
   * @param name its name in the signature
   * @return the argument
   * @throws NullPointerException if it is {@code null}
   * @throws IllegalArgumentException if it is not positive or overflows
   */
  public static Duration positive(@Nullable Duration value, String name) {
    Duration duration = notNegative(value, name);
    if (duration.isZero()) {
      throw new IllegalArgumentException(name + " must be positive, but was " + duration);
    }
    return duration;
  }
}
