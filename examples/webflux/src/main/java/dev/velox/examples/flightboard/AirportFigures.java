package dev.velox.examples.flightboard;

import org.jspecify.annotations.Nullable;

/**
 * The running figures of an airport. Delays are those of its arrivals.
 *
 * @param code its code
 * @param departures how many flights left it
 * @param arrivals how many flights came to it
 * @param delayMinutes the sum of their delays; early ones count against late ones
 * @param worstDelayMinutes the greatest of their delays; {@code null} before the first arrival
 */
record AirportFigures(
    String code,
    long departures,
    long arrivals,
    long delayMinutes,
    @Nullable Integer worstDelayMinutes) {

  static AirportFigures none(String code) {
    return new AirportFigures(code, 0, 0, 0, null);
  }

  AirportFigures withDeparture() {
    return new AirportFigures(code, departures + 1, arrivals, delayMinutes, worstDelayMinutes);
  }

  AirportFigures withArrival(int delay) {
    int worst = worstDelayMinutes == null ? delay : Math.max(worstDelayMinutes, delay);
    return new AirportFigures(code, departures, arrivals + 1, delayMinutes + delay, worst);
  }

  /** The mean delay of its arrivals; {@code null} before the first. */
  @Nullable Double meanDelayMinutes() {
    return arrivals == 0 ? null : (double) delayMinutes / arrivals;
  }

  long movements() {
    return departures + arrivals;
  }
}
