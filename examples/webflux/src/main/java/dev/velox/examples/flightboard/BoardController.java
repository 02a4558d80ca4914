package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.SlowSubscriber;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The board as a whole: its totals, how it does, and its controls. */
@RestController
final class BoardController implements DisposableBean {

  private static final Duration REFRESH = Duration.ofMillis(200);
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final int SHOWN_AIRPORTS = 8;

  /** So that one late flight does not make an airport the latest of all. */
  private static final int FEWEST_ARRIVALS = 10;

  private final Board board;
  private final Towers towers;
  private final Replay replay;
  private final Gates gates;
  private final Runways runways;

  // One look at the board a few times a second, for all who watch.
  private final Broadcast<Status> live = Broadcast.<Status>builder().replay(1).build();
  private final Disposable looking;

  BoardController(Board board, Towers towers, Replay replay, Gates gates, Runways runways) {
    this.board = board;
    this.towers = towers;
    this.replay = replay;
    this.gates = gates;
    this.runways = runways;
    this.looking =
        Flux.interval(Duration.ZERO, REFRESH)
            .onBackpressureDrop()
            .concatMap(tick -> gates.status().map(this::status), 0)
            .subscribe(live::tryPublish);
  }

  @Override
  public void destroy() {
    looking.dispose();
    live.close();
  }

  @GetMapping("/totals")
  Totals totals() {
    return board.totals();
  }

  @GetMapping(path = "/board", produces = MediaType.APPLICATION_JSON_VALUE)
  Mono<Status> status() {
    return gates.status().map(this::status);
  }

  private Status status(Gates.Status fleet) {
    List<AirportFigures> airports = towers.all().stream().map(Tower::figures).toList();
    return new Status(
        replay.state(),
        replay.failure(),
        board.time(),
        controls(),
        board.totals(),
        board.fill(),
        board.openViews(),
        new Fleet(
            fleet.fleet(),
            fleet.aircraft(),
            fleet.waiting(),
            fleet.moved(),
            fleet.stayed(),
            fleet.runways()),
        runways.busiest(SHOWN_AIRPORTS),
        top(airports, Comparator.comparingLong(AirportFigures::movements)),
        top(
            airports.stream().filter(a -> a.arrivals() >= FEWEST_ARRIVALS).toList(),
            Comparator.comparingDouble(a -> (double) a.delayMinutes() / a.arrivals())));
  }

  /** The same, a few times a second; a reader that has no time for all of them sees the latest. */
  @GetMapping(path = "/board", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<Status> live() {
    return live.asFlux(SlowSubscriber.DROP_OLDEST, 1).takeUntilOther(board.onClose());
  }

  private static List<AirportsController.Figures> top(
      List<AirportFigures> airports, Comparator<AirportFigures> order) {
    return airports.stream()
        .sorted(order.reversed().thenComparing(AirportFigures::code))
        .limit(SHOWN_AIRPORTS)
        .map(AirportsController.Figures::of)
        .toList();
  }

  /**
   * How the board does.
   *
   * @param replay how far the replay has come
   * @param failure why it failed, if it did
   * @param time the scheduled time of the latest flight
   * @param controls how fast everything is set to go
   * @param totals what was counted
   * @param channel how full the channel is, and who waits
   * @param readers how many read {@code /flights}
   * @param fleet how many aircraft there are, and how they move
   * @param runways those with the most landings
   * @param busiest the airports with the most departures and arrivals
   * @param latest the airports with the greatest mean delay, of those with some arrivals
   */
  record Status(
      Replay.State replay,
      @Nullable String failure,
      @Nullable LocalDateTime time,
      Controls controls,
      Totals totals,
      Board.Fill channel,
      int readers,
      Fleet fleet,
      List<Runways.Runway> runways,
      List<AirportsController.Figures> busiest,
      List<AirportsController.Figures> latest) {}

  /**
   * The fleet; {@code /gates} tells more.
   *
   * @param size how many aircraft there are
   * @param aircraft how many were found at gates at one instant: as many
   * @param waiting how many wait for a gate
   * @param moved how often one has moved
   * @param stayed how many waited for a gate in vain
   * @param runways how many runways are in use now
   */
  record Fleet(int size, int aircraft, int waiting, long moved, long stayed, int runways) {}

  /**
   * How fast everything is set to go. What is left out when it is put stays as it is.
   *
   * @param speed of the replay: {@code "max"} or simulated minutes per second
   * @param pauseMillis how long the board rests before each flight
   */
  record Controls(@Nullable String speed, @Nullable Long pauseMillis) {}

  private Controls controls() {
    return new Controls(replay.speed().toString(), board.pause().toMillis());
  }

  @GetMapping("/controls")
  Controls current() {
    return controls();
  }

  @PutMapping("/controls")
  Controls change(@RequestBody Controls controls) {
    // Both are checked before either takes effect.
    Speed speed = controls.speed() == null ? replay.speed() : Speed.of(controls.speed());
    Duration pause = controls.pauseMillis() == null ? board.pause() : pause(controls.pauseMillis());
    // The pause first: no flight of a replay that begins now is shown without it.
    board.pause(pause);
    replay.speed(speed);
    return controls();
  }

  private static Duration pause(long millis) {
    if (millis < 0 || millis > LONGEST_PAUSE_MILLIS) {
      throw new IllegalArgumentException(
          "pauseMillis must be from 0 to " + LONGEST_PAUSE_MILLIS + ", but was " + millis);
    }
    return Duration.ofMillis(millis);
  }

  @ExceptionHandler
  ProblemDetail bad(IllegalArgumentException bad) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, bad.getMessage());
  }
}
