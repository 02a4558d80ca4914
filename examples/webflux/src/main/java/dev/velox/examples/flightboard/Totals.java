package dev.velox.examples.flightboard;

/**
 * What the board has counted.
 *
 * @param flights all flights, replayed and posted
 * @param accepted those of them that clients posted
 * @param delayMinutes the sum of all delays; early ones count against late ones
 */
record Totals(long flights, long accepted, long delayMinutes) {

  static final Totals NONE = new Totals(0, 0, 0);

  Totals with(Flight flight, boolean posted) {
    return new Totals(
        flights + 1, accepted + (posted ? 1 : 0), delayMinutes + flight.arrivalDelayMinutes());
  }
}
