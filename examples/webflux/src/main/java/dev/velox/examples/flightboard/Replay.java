package dev.velox.examples.flightboard;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.io.Resource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Sends the flights of a file to the board, each at its time.
 *
 * <p>It starts when the server has started and stops before the server waits for its last requests,
 * and then lets the board's readers go: a stream that never ends would hold up the shutdown.
 */
final class Replay implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Replay.class);

  /** How far it has come. */
  enum State {
    WAITING,
    RUNNING,
    FINISHED,
    FAILED,
    STOPPED
  }

  private final Resource file;
  private final FlightParser parser;
  private final Board board;
  private final ReplayClock clock;
  private final Disposable.Swap running = Disposables.swap();
  private volatile State state = State.WAITING;
  private volatile @Nullable String failure;

  Replay(Resource file, Speed speed, FlightParser parser, Board board) {
    this.file = file;
    this.parser = parser;
    this.board = board;
    this.clock = new ReplayClock(speed);
  }

  private Mono<Void> run() {
    return board.replay(flights()).then(board.settled());
  }

  private Flux<Flight> flights() {
    return lines()
        .index()
        .<Flight>handle(
            (line, sink) -> {
              // Line numbers start at 1, and line 1 is the header.
              if (line.getT1() == 0) {
                parser.checkHeader(line.getT2());
              } else {
                sink.next(parser.csv(line.getT1() + 1, line.getT2()));
              }
            })
        .concatMap(flight -> clock.until(flight.scheduled()).thenReturn(flight));
  }

  /** Reading blocks, so that is left to the threads that may. */
  private Flux<String> lines() {
    return Flux.using(this::open, reader -> Flux.fromStream(reader.lines()), Replay::close)
        .subscribeOn(Schedulers.boundedElastic());
  }

  private BufferedReader open() throws IOException {
    return new BufferedReader(new InputStreamReader(file.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void close(BufferedReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  State state() {
    return state;
  }

  /** Why it failed; {@code null} if it did not. */
  @Nullable String failure() {
    return failure;
  }

  Speed speed() {
    return clock.speed();
  }

  void speed(Speed change) {
    clock.speed(change);
  }

  @Override
  public void start() {
    state = State.RUNNING;
    running.update(run().subscribe(nothing -> {}, this::failed, this::finished));
  }

  private void finished() {
    state = State.FINISHED;
    log.info("The replay of {} is finished: {}", file.getDescription(), board.totals());
  }

  private void failed(Throwable cause) {
    failure = cause.getMessage();
    state = State.FAILED;
    log.error("The replay of {} has failed", file.getDescription(), cause);
  }

  @Override
  public void stop() {
    running.dispose();
    state = State.STOPPED;
    board.closeViews();
  }

  @Override
  public boolean isRunning() {
    return state != State.WAITING && state != State.STOPPED;
  }

  /** A replay can't go on after a stop, so a paused test context keeps it. */
  @Override
  public boolean isPauseable() {
    return false;
  }
}
