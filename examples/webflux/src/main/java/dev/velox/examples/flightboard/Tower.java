package dev.velox.examples.flightboard;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * What the tower of an airport knows: the state of its actor.
 *
 * @param figures the running figures
 * @param day the day of {@code today}; {@code null} before the first arrival
 * @param today the arrivals of that day
 * @param before the arrivals of the days before
 */
record Tower(AirportFigures figures, @Nullable LocalDate day, Hours today, Hours before) {

  static Tower of(String code) {
    return new Tower(AirportFigures.none(code), null, Hours.NONE, Hours.NONE);
  }

  /** Whether {@code today} is that day. */
  boolean isAt(@Nullable LocalDate date) {
    return date != null && date.equals(day);
  }

  Tower withDeparture() {
    return new Tower(figures.withDeparture(), day, today, before);
  }

  /** One more arrival; one that is not of {@code now} counts for the figures alone. */
  Tower withArrival(Flight flight, LocalDate now) {
    Tower turned = isAt(now) ? this : new Tower(figures, now, Hours.NONE, before.plus(today));
    int delay = flight.arrivalDelayMinutes();
    return new Tower(
        figures.withArrival(delay),
        now,
        flight.scheduled().toLocalDate().equals(now)
            ? turned.today.with(flight.scheduled().getHour(), delay)
            : turned.today,
        turned.before);
  }
}
