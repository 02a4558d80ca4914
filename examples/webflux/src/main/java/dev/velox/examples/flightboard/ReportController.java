package dev.velox.examples.flightboard;

import dev.velox.reactor.parallel.ParallelArray;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** A report over all flights of the file, computed on all processors, off the event loop. */
@RestController
final class ReportController {

  private static final int BAND_MILES = 500;
  private static final Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE);

  private final Mono<ParallelArray<Flight>> flights;

  ReportController(FlightFile file) {
    this.flights =
        file.flights()
            .collectList()
            .map(ParallelArray::of)
            .cache(all -> FOREVER, failure -> Duration.ZERO, () -> Duration.ZERO);
  }

  @GetMapping("/report")
  Mono<Report> report() {
    return flights.flatMap(
        all ->
            Mono.zip(
                    all.reduceParallel(Delays.NONE, Delays::with, Delays::plus),
                    by(all, flight -> flight.scheduled().getHour(), Hour::new),
                    by(
                        all,
                        flight -> flight.distanceMiles() / BAND_MILES * BAND_MILES,
                        Distance::new))
                .map(parts -> new Report(parts.getT1(), parts.getT2(), parts.getT3())));
  }

  /** The delays of each group, in the order of their keys. */
  private static <R> Mono<List<R>> by(
      ParallelArray<Flight> all,
      Function<Flight, Integer> key,
      BiFunction<Integer, Delays, R> row) {
    return all.groupBy(key)
        .flatMapIterable(Map::entrySet)
        .sort(Map.Entry.comparingByKey())
        .concatMap(
            group ->
                ParallelArray.of(group.getValue())
                    .reduceParallel(Delays.NONE, Delays::with, Delays::plus)
                    .map(delays -> row.apply(group.getKey(), delays)))
        .collectList();
  }

  /**
   * The report.
   *
   * @param all the delays of all flights
   * @param hours the same by the hour of departure
   * @param distances the same by how far they fly
   */
  record Report(Delays all, List<Hour> hours, List<Distance> distances) {}

  /**
   * Flights of about the same distance.
   *
   * @param fromMiles the shortest; the longest is 499 miles more
   * @param delays of these
   */
  record Distance(int fromMiles, Delays delays) {}

  /**
   * One hour of the day.
   *
   * @param hour from 0 to 23
   * @param delays of the flights that leave in it
   */
  record Hour(int hour, Delays delays) {}

  /**
   * Delays of some flights.
   *
   * @param flights how many
   * @param late how many of them came more than 15 minutes late
   * @param minutes the sum of the delays
   * @param worst the greatest
   */
  record Delays(long flights, long late, long minutes, int worst) {

    static final Delays NONE = new Delays(0, 0, 0, Integer.MIN_VALUE);

    Delays with(Flight flight) {
      int delay = flight.arrivalDelayMinutes();
      return new Delays(
          flights + 1, late + (delay > 15 ? 1 : 0), minutes + delay, Math.max(worst, delay));
    }

    Delays plus(Delays other) {
      return new Delays(
          flights + other.flights,
          late + other.late,
          minutes + other.minutes,
          Math.max(worst, other.worst));
    }
  }
}
