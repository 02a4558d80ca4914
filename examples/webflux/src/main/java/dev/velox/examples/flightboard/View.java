package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelClosedException;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What one reader sees: every flight from when the view was opened, in order, none left out. It
 * holds a few flights for a reader that is behind; when it is full, the board waits, but not for
 * ever: a reader that is stuck for longer than the board's patience is told so and let go.
 */
final class View {

  private final Channel<Flight> flights;
  private final Duration patience;

  View(int capacity, Duration patience) {
    this.flights = Channel.bounded(capacity);
    this.patience = patience;
  }

  Flux<Flight> flights() {
    return flights.asFlux();
  }

  /** Whether it took the flight at once, or never will. If not, {@link #show} waits for room. */
  boolean tryShow(Flight flight) {
    return flights.trySend(flight) != SendResult.FULL;
  }

  /** Never fails: a view that is left or let go does not concern the board. */
  Mono<Void> show(Flight flight) {
    return flights
        .send(flight, patience)
        .onErrorResume(ChannelClosedException.class, left -> Mono.empty())
        .onErrorResume(
            TimeoutException.class,
            stuck -> {
              flights.close(new SlowReaderException(patience));
              return Mono.empty();
            });
  }

  /** The reader has gone. */
  void leave() {
    flights.cancel();
  }

  /** The board ends; the reader still gets what it was shown. */
  void end() {
    flights.close();
  }

  boolean isOpen() {
    return !flights.isClosed();
  }
}
