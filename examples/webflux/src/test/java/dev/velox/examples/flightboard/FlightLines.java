package dev.velox.examples.flightboard;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The file of flights, read without any of the application's code, and lines to post. */
final class FlightLines {

  private FlightLines() {}

  /** The columns of each flight of the file. */
  static List<String[]> ofFile() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                FlightLines.class.getResourceAsStream("/data/flights-2001-q1.csv"),
                StandardCharsets.UTF_8))) {
      return lines.lines().skip(1).map(line -> line.split(",")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String json(String origin, String destination, int delay) {
    return "{\"scheduled\":\"2001-04-01T06:20\",\"origin\":\""
        + origin
        + "\",\"destination\":\""
        + destination
        + "\",\"distanceMiles\":100,\"arrivalDelayMinutes\":"
        + delay
        + "}\n";
  }
}
