package dev.velox.examples.flightboard;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Flights by their hour of scheduled departure.
 *
 * @param flights how many there were in each hour of the day
 * @param minutes the sum of their delays
 */
record Hours(List<Long> flights, List<Long> minutes) {

  private static final List<Long> ZEROS = Collections.nCopies(24, 0L);

  static final Hours NONE = new Hours(ZEROS, ZEROS);

  Hours with(int hour, int delay) {
    return new Hours(plus(flights, hour, 1), plus(minutes, hour, delay));
  }

  private static List<Long> plus(List<Long> numbers, int hour, int more) {
    List<Long> sums = new ArrayList<>(numbers);
    sums.set(hour, sums.get(hour) + more);
    return Collections.unmodifiableList(sums);
  }

  Hours plus(Hours other) {
    return new Hours(plus(flights, other.flights), plus(minutes, other.minutes));
  }

  private static List<Long> plus(List<Long> numbers, List<Long> others) {
    return IntStream.range(0, numbers.size())
        .mapToObj(hour -> numbers.get(hour) + others.get(hour))
        .toList();
  }

  /** How many flights in all. */
  long total() {
    return flights.stream().mapToLong(Long::longValue).sum();
  }
}
