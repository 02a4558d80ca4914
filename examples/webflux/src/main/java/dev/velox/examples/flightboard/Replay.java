package dev.velox.examples.flightboard;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

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

  private final FlightFile file;
  private final Board board;
  private final ReplayClock clock;
  private final Disposable.Swap running = Disposables.swap();
  private volatile State state = State.WAITING;
  private volatile @Nullable String failure;

  Replay(FlightFile file, Speed speed, Board board) {
    this.file = file;
    this.board = board;
    this.clock = new ReplayClock(speed);
  }

  private Mono<Void> run() {
    return board
        .replay(
            file.flights().concatMap(flight -> clock.until(flight.scheduled()).thenReturn(flight)))
        .then(board.settled());
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
    log.info("The replay of {} is finished: {}", file, board.totals());
  }

  private void failed(Throwable cause) {
    failure = cause.getMessage();
    state = State.FAILED;
    log.error("The replay of {} has failed", file, cause);
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
