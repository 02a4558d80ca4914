package dev.velox.examples.flightboard;

import dev.velox.reactor.actor.ActorStoppedException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** The figures of an airport, and where the airports are. */
@RestController
final class AirportsController {

  private final Airports airports;
  private final Towers towers;
  private final Runways runways;

  AirportsController(Airports airports, Towers towers, Runways runways) {
    this.airports = airports;
    this.towers = towers;
    this.runways = runways;
  }

  @GetMapping("/airports")
  List<Airport> all() {
    return List.copyOf(airports.all());
  }

  @GetMapping("/airports/{code}")
  Mono<Figures> airport(@PathVariable("code") String code) {
    return towers.figures(airports.known(code).code()).map(Figures::of);
  }

  @GetMapping("/airports/{code}/runway")
  Runways.Runway runway(@PathVariable("code") String code) {
    return runways.at(airports.known(code).code());
  }

  /**
   * What a client gets to know of an airport.
   *
   * @param code its code
   * @param departures how many flights left it
   * @param arrivals how many flights came to it
   * @param meanDelayMinutes the mean delay of its arrivals; {@code null} before the first
   * @param worstDelayMinutes the greatest of them; {@code null} before the first
   */
  record Figures(
      String code,
      long departures,
      long arrivals,
      @Nullable Double meanDelayMinutes,
      @Nullable Integer worstDelayMinutes) {

    static Figures of(AirportFigures figures) {
      return new Figures(
          figures.code(),
          figures.departures(),
          figures.arrivals(),
          figures.meanDelayMinutes(),
          figures.worstDelayMinutes());
    }
  }

  @ExceptionHandler
  ProblemDetail unknown(UnknownAirportException unknown) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, unknown.getMessage());
  }

  @ExceptionHandler
  ProblemDetail ended(ActorStoppedException ended) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.SERVICE_UNAVAILABLE, "The towers answer no more.");
  }
}
