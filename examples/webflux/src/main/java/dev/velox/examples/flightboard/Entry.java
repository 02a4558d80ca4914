package dev.velox.examples.flightboard;

import reactor.core.publisher.Sinks;

/** What goes through the channel to the board. */
sealed interface Entry {

  /**
   * A flight to count and to show.
   *
   * @param flight the flight
   * @param posted whether a client posted it
   */
  record Movement(Flight flight, boolean posted) implements Entry {}

  /**
   * Tells its sender that the board has come so far: everything sent before it is counted.
   *
   * @param reached completed by the board
   */
  record Mark(Sinks.Empty<Void> reached) implements Entry {}
}
