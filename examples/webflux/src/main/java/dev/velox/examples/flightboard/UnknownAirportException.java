package dev.velox.examples.flightboard;

/** Somebody asks for an airport that does not exist. */
final class UnknownAirportException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnknownAirportException(String code) {
    super("There is no airport \"" + code + "\".");
  }
}
