package dev.velox.examples.flightboard;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;

import dev.velox.reactor.retry.RetryableException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The weather, what it took to get it, and an upstream that makes it hard. */
@RestController
final class WeatherController {

  private static final String[] SKIES = {"clear", "cloudy", "rain", "fog", "snow"};

  private final Airports airports;
  private final Board board;
  private final Towers towers;
  private final Gates gates;
  private final Weather weather;
  private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

  /** Numbers begin anew with the server, so ids tell which one gave them. */
  private final String life = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);

  WeatherController(Airports airports, Board board, Towers towers, Gates gates, Weather weather) {
    this.airports = airports;
    this.board = board;
    this.towers = towers;
    this.gates = gates;
    this.weather = weather;
  }

  @GetMapping("/airports/{code}/weather")
  Mono<Weather.Report> weather(@PathVariable("code") String code) {
    return weather.at(airports.known(code).code());
  }

  /** Everything about an airport, step by step. */
  @GetMapping("/airports/{code}/details")
  Mono<Details> details(@PathVariable("code") String code) {
    return async(
        () -> {
          Airport airport = airports.known(code);
          Gates.Status fleet = Objects.requireNonNull(await(gates.status()));
          Weather.@Nullable Report report;
          try {
            report = await(weather.at(airport.code()));
          } catch (CancellationException gone) {
            throw gone; // nobody wants the rest either
          } catch (Exception unknown) {
            // Not only runtime exceptions: what is awaited fails as it is, and a time-out is
            // checked.
            report = null; // better the rest than nothing
          }
          int aircraft =
              fleet.airports().stream()
                  .filter(at -> at.code().equals(airport.code()))
                  .mapToInt(Gates.Taken::aircraft)
                  .sum();
          AirportFigures figures = Objects.requireNonNull(await(towers.figures(airport.code())));
          return new Details(airport, AirportsController.Figures.of(figures), report, aircraft);
        });
  }

  /**
   * Everything about an airport.
   *
   * @param airport what and where it is
   * @param figures its running figures
   * @param weather {@code null} if it can't be had
   * @param aircraft how many stand at its gates
   */
  record Details(
      Airport airport,
      AirportsController.Figures figures,
      Weather.@Nullable Report weather,
      int aircraft) {}

  /**
   * The last attempts and those to come. A stream that is connected again goes on after the last
   * event that it got, so it shows none twice: a browser tells of that event by itself, and a page
   * that opens the stream anew can do so by {@code after}.
   */
  @GetMapping(path = "/weather/attempts", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<ServerSentEvent<Weather.Tried>> attempts(
      @RequestHeader(name = "Last-Event-ID", defaultValue = "") String last,
      @RequestParam(name = "after", defaultValue = "") String after) {
    long known = number(last.isEmpty() ? after : last);
    return weather
        .attempts()
        .filter(tried -> tried.number() > known)
        .takeUntilOther(board.onClose())
        .map(tried -> ServerSentEvent.builder(tried).id(life + "-" + tried.number()).build())
        // Something to send at once, so that the reader learns that it is connected.
        .startWith(ServerSentEvent.<Weather.Tried>builder().comment("from now on").build());
  }

  /** The number in the id of an event; 0 if that is none, or of another life of this server. */
  private long number(String id) {
    String prefix = life + "-";
    if (!id.startsWith(prefix)) {
      return 0;
    }
    try {
      return Long.parseLong(id.substring(prefix.length()));
    } catch (NumberFormatException noNumber) {
      return 0;
    }
  }

  /**
   * Of three calls for an airport, one is sent away for a second, one hangs, and one is answered.
   */
  @GetMapping("/upstream/weather/{code}")
  Mono<ResponseEntity<Weather.Sky>> upstream(@PathVariable("code") String asked) {
    String code = airports.known(asked).code(); // so there are only so many counters
    int call = calls.computeIfAbsent(code, first -> new AtomicInteger()).getAndIncrement();
    return switch (call % 3) {
      case 0 ->
          Mono.just(
              ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                  .header("Retry-After", "1")
                  .build());
      case 1 -> Mono.delay(Duration.ofMinutes(1)).map(late -> sky(code));
      default -> Mono.just(sky(code));
    };
  }

  @ExceptionHandler
  ProblemDetail unknown(UnknownAirportException unknown) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, unknown.getMessage());
  }

  @ExceptionHandler({
    RetryableException.class,
    TimeoutException.class,
    WebClientResponseException.class
  })
  ProblemDetail unavailable(Exception failure) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.SERVICE_UNAVAILABLE, "The weather can't be had: " + failure.getMessage());
  }

  private static ResponseEntity<Weather.Sky> sky(String code) {
    int seed = code.hashCode();
    return ResponseEntity.ok(
        new Weather.Sky(SKIES[Math.floorMod(seed, SKIES.length)], Math.floorMod(seed, 45) - 10));
  }
}
