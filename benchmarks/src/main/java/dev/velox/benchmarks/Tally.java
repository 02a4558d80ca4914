package dev.velox.benchmarks;

/** What consumers saw: how many items, and the sum of their numbers. */
public record Tally(long count, long sum) {

  public static final Tally NONE = new Tally(0, 0);

  public Tally plus(Tally other) {
    return new Tally(count + other.count, sum + other.sum);
  }

  /**
   * What must have been seen when each of {@code times} senders sent the items 1 to {@code count}.
   */
  public static Tally of(int count, int times) {
    return new Tally((long) count * times, (long) count * (count + 1) / 2 * times);
  }

  /** The answer, if it is right. */
  public Tally mustBe(Tally expected) {
    if (!equals(expected)) {
      throw new IllegalStateException("Wrong answer: " + this + " instead of " + expected);
    }
    return this;
  }
}
