package dev.velox.examples.flightboard;

/**
 * How fast the replay goes.
 *
 * @param minutesPerSecond simulated minutes in a second; 0 pauses, infinity is as fast as can be
 */
record Speed(double minutesPerSecond) {

  static final Speed MAX = new Speed(Double.POSITIVE_INFINITY);
  static final Speed PAUSED = new Speed(0);

  Speed {
    if (Double.isNaN(minutesPerSecond) || minutesPerSecond < 0) {
      throw new IllegalArgumentException(
          "speed must be \"max\" or simulated minutes per second, but was " + minutesPerSecond);
    }
  }

  /** Reads {@code "max"} or a number; Spring binds {@code flightboard.speed} by it. */
  public static Speed of(String text) {
    String trimmed = text.trim();
    if (trimmed.equalsIgnoreCase("max")) {
      return MAX;
    }
    // Plain digits only: parseDouble would also take "NaN", "1e3" and "0x1p3".
    if (!trimmed.matches("\\d{1,9}(\\.\\d{1,9})?")) {
      throw new IllegalArgumentException(
          "speed must be \"max\" or simulated minutes per second, but was \"" + text + "\"");
    }
    return new Speed(Double.parseDouble(trimmed));
  }

  boolean isMax() {
    return Double.isInfinite(minutesPerSecond);
  }

  boolean isPaused() {
    return minutesPerSecond == 0;
  }

  @Override
  public String toString() {
    if (isMax()) {
      return "max";
    }
    boolean whole = minutesPerSecond == Math.rint(minutesPerSecond);
    return whole ? Long.toString((long) minutesPerSecond) : Double.toString(minutesPerSecond);
  }
}
