package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What {@code worker.js} predicts is what the same formula gives in Java, flight by flight. */
class ForecastTest {

  private static final Offset<Double> ROUNDING = within(1e-9);
  private static final List<Flight> FILE =
      FlightLines.ofFile().stream()
          .map(
              f ->
                  new Flight(
                      LocalDateTime.parse(f[0]),
                      f[1],
                      f[2],
                      Integer.parseInt(f[3]),
                      Integer.parseInt(f[4])))
          .toList();

  private final Towers towers = new Towers();
  private final Forecast forecast = new Forecast(towers);

  @AfterEach
  void end() {
    forecast.destroy();
    towers.destroy();
  }

  private void replay(List<Flight> flights) {
    Flux.fromIterable(flights).concatMap(flight -> towers.tell(flight, false)).blockLast();
    // Each tower has handled what it was told.
    Flux.fromIterable(flights)
        .map(Flight::destination)
        .distinct()
        .flatMap(towers::figures)
        .blockLast();
  }

  private static double drawn(double sum, double count, double weight, double towards) {
    return (sum + weight * towards) / (count + weight);
  }

  private static double mean(List<Flight> flights) {
    return flights.stream().mapToInt(Flight::arrivalDelayMinutes).average().orElse(0);
  }

  private static double sum(List<Flight> flights) {
    return flights.stream().mapToInt(Flight::arrivalDelayMinutes).sum();
  }

  @Test
  void without_flights_all_are_expected_to_be_on_time() {
    Prediction prediction = forecast.prediction().block();

    assertThat(prediction.day()).isNull();
    assertThat(prediction.hours()).hasSize(24).containsOnly(new Prediction.Hour(0, null, 0));
    assertThat(prediction.airports()).isEmpty();
    assertThat(prediction.score()).isEqualTo(Prediction.Score.NONE);
  }

  @Test
  void the_script_predicts_what_the_formula_says() {
    // Until 4 p.m. on the 41st day.
    LocalDate day = LocalDate.of(2001, 2, 10);
    List<Flight> flown =
        FILE.stream().filter(f -> f.scheduled().isBefore(day.atTime(16, 0))).toList();
    replay(flown);

    Prediction prediction = forecast.prediction().block();

    Map<Boolean, List<Flight>> parts =
        flown.stream()
            .collect(Collectors.partitioningBy(f -> f.scheduled().toLocalDate().equals(day)));
    List<Flight> before = parts.get(false);
    List<Flight> today = parts.get(true);
    assertThat(before).hasSizeGreaterThan(5_000);
    assertThat(today).hasSizeGreaterThan(50);

    double[] usual =
        IntStream.range(0, 24)
            .mapToDouble(
                hour -> {
                  List<Flight> ofHour =
                      before.stream().filter(f -> f.scheduled().getHour() == hour).toList();
                  return drawn(sum(ofHour), ofHour.size(), 20, mean(before));
                })
            .toArray();
    double excess =
        drawn(
            today.stream()
                .mapToDouble(f -> f.arrivalDelayMinutes() - usual[f.scheduled().getHour()])
                .sum(),
            today.size(),
            20,
            0);
    Map<String, Double> airports =
        today.stream()
            .collect(Collectors.groupingBy(Flight::destination, TreeMap::new, Collectors.toList()))
            .entrySet()
            .stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    to ->
                        drawn(
                            to.getValue().stream()
                                .mapToDouble(
                                    f ->
                                        f.arrivalDelayMinutes()
                                            - usual[f.scheduled().getHour()]
                                            - excess)
                                .sum(),
                            to.getValue().size(),
                            10,
                            0)));

    assertThat(prediction.day()).isEqualTo(day);
    assertThat(prediction.usualMinutes()).isCloseTo(mean(before), ROUNDING);
    for (int hour = 0; hour < 24; hour++) {
      assertThat(prediction.hours().get(hour).expectedMinutes())
          .isCloseTo(usual[hour] + excess, ROUNDING);
    }
    assertThat(prediction.hours().stream().mapToLong(Prediction.Hour::flights).sum())
        .isEqualTo(today.size());
    assertThat(prediction.airports())
        .hasSameSizeAs(airports.keySet())
        .isSortedAccordingTo(
            Comparator.comparingDouble(Prediction.Airport::excessMinutes).reversed())
        .allSatisfy(
            airport ->
                assertThat(airport.excessMinutes())
                    .isCloseTo(airports.get(airport.code()), ROUNDING));
    String worst = prediction.airports().get(0).code();
    assertThat(prediction.expected(new Flight(day.atTime(17, 5), "PHX", worst, 1440, 0)))
        .isCloseTo(usual[17] + excess + airports.get(worst), ROUNDING);
    assertThat(prediction.expected(new Flight(day.atTime(17, 5), "PHX", "ABE", 1440, 0)))
        .isCloseTo(usual[17] + excess, ROUNDING);
  }

  @Test
  void whoever_leaves_before_the_answer_does_not_spoil_it_for_the_next() {
    replay(FILE.subList(0, 300));
    Prediction expected = forecast.prediction().block();
    for (int i = 0; i < 10; i++) {
      Disposable impatient = forecast.prediction().subscribe();
      Mono<Prediction> patient = forecast.prediction().cache();
      patient.subscribe();
      impatient.dispose();
      assertThat(patient.block()).isEqualTo(expected);
    }
  }

  @Test
  void flights_are_compared_with_what_was_predicted_before_they_came() {
    LocalDateTime noon = LocalDate.of(2001, 1, 2).atTime(12, 0);
    replay(List.of(new Flight(noon.minusDays(1), "PHX", "LAX", 370, 10)));
    forecast.flown(new Flight(noon, "PHX", "LAX", 370, 100)); // of another day: not predicted
    replay(List.of(new Flight(noon, "PHX", "LAX", 370, 10)));
    Prediction prediction = forecast.prediction().block();
    assertThat(prediction.score()).isEqualTo(Prediction.Score.NONE);

    Flight next = new Flight(noon.plusHours(1), "PHX", "LAX", 370, 30);
    double off = Math.abs(30 - prediction.expected(next));
    forecast.flown(next);
    forecast.flown(new Flight(noon.plusHours(1), "PHX", "LAX", 370, 10));

    Prediction.Score score = forecast.prediction().block().score();
    assertThat(score.flights()).isEqualTo(2);
    assertThat(score.offMinutes())
        .isCloseTo((off + Math.abs(10 - prediction.expected(next))) / 2, ROUNDING);
    assertThat(score.usualOffMinutes()).isCloseTo(10, ROUNDING);
  }
}
