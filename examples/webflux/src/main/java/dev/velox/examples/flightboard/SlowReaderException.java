package dev.velox.examples.flightboard;

import java.time.Duration;

/** A reader had no room for longer than the board waits. */
final class SlowReaderException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  SlowReaderException(Duration patience) {
    super("no flight was read for " + patience.toMillis() + " ms; reconnect to go on");
  }
}
