package dev.velox.examples.flightboard;

/**
 * An airport.
 *
 * @param code its IATA (or FAA) code
 * @param name its name
 * @param city its city
 * @param state its state
 * @param latitude in degrees north
 * @param longitude in degrees east
 */
record Airport(
    String code, String name, String city, String state, double latitude, double longitude) {}
