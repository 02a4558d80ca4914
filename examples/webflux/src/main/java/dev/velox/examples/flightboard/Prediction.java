package dev.velox.examples.flightboard;

import java.time.LocalDate;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How late flights are expected to come: as late as those of their hour, and later by the excess of
 * the airport that they go to.
 *
 * @param day of which day; {@code null} before the first flight
 * @param usualMinutes how late the flights of the days before were in the mean
 * @param hours each hour of the day
 * @param airports those with arrivals on that day, worst first
 * @param score how good the predictions before this one were
 */
record Prediction(
    @Nullable LocalDate day,
    double usualMinutes,
    List<Hour> hours,
    List<Airport> airports,
    Score score) {

  /**
   * An hour of scheduled departure.
   *
   * @param flights how many flights of this hour have come today
   * @param meanMinutes how late these were in the mean; {@code null} if there are none
   * @param expectedMinutes how late such flights are expected to come
   */
  record Hour(long flights, @Nullable Double meanMinutes, double expectedMinutes) {}

  /**
   * An airport.
   *
   * @param code its code
   * @param flights how many flights have come to it today
   * @param excessMinutes by how much later than elsewhere flights are expected to come
   */
  record Airport(String code, long flights, double excessMinutes) {}

  /**
   * What {@code worker.js} answers.
   *
   * @param id which question
   * @param mean how late the flights of the days before were in the mean
   * @param minutes how late flights are expected to come, by hour
   * @param airports the airports of the question, worst first
   */
  record Answer(long id, double mean, List<Double> minutes, List<Airport> airports) {}

  static Prediction of(@Nullable LocalDate day, Question question, Answer answer, Score score) {
    Hours today =
        question.airports().stream().map(Question.Airport::today).reduce(Hours.NONE, Hours::plus);
    return new Prediction(
        day,
        answer.mean(),
        IntStream.range(0, answer.minutes().size())
            .mapToObj(
                hour ->
                    new Hour(
                        today.flights().get(hour), mean(today, hour), answer.minutes().get(hour)))
            .toList(),
        answer.airports(),
        score);
  }

  private static @Nullable Double mean(Hours today, int hour) {
    long flights = today.flights().get(hour);
    return flights == 0 ? null : (double) today.minutes().get(hour) / flights;
  }

  /** How late a flight is expected to come. */
  double expected(Flight flight) {
    double excess = 0;
    for (Airport airport : airports) {
      excess = airport.code().equals(flight.destination()) ? airport.excessMinutes() : excess;
    }
    return hours.get(flight.scheduled().getHour()).expectedMinutes() + excess;
  }

  /**
   * How good predictions were.
   *
   * @param flights how many flights were predicted
   * @param offMinutes by how many minutes the predictions were off in the mean
   * @param usualOffMinutes by how many it would be off always to expect the mean of the days before
   */
  record Score(long flights, double offMinutes, double usualOffMinutes) {

    static final Score NONE = new Score(0, 0, 0);

    Score with(double delay, double expected, double usual) {
      long more = flights + 1;
      return new Score(
          more,
          offMinutes + (Math.abs(delay - expected) - offMinutes) / more,
          usualOffMinutes + (Math.abs(delay - usual) - usualOffMinutes) / more);
    }
  }
}
