package dev.velox.examples.flightboard;

/** A line that is no flight: which one, in which field, and why. */
final class MalformedFlightException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The field of an error that concerns the line as a whole. */
  static final String WHOLE_LINE = "line";

  private final long line;
  private final String field;

  MalformedFlightException(long line, String field, String reason) {
    super("line " + line + ", field \"" + field + "\": " + reason);
    this.line = line;
    this.field = field;
  }

  long line() {
    return line;
  }

  String field() {
    return field;
  }
}
