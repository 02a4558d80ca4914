package dev.velox.examples.flightboard;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.springframework.core.io.Resource;

/** The airports of the country, by code. */
final class Airports {

  private static final String HEADER = "iata,name,city,state,country,latitude,longitude";

  private final Map<String, Airport> byCode;

  private Airports(Map<String, Airport> byCode) {
    this.byCode = byCode;
  }

  /** Reads them all; blocks, so this is for the start. */
  static Airports read(Resource file) {
    Map<String, Airport> byCode = new LinkedHashMap<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(file.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      if (!HEADER.equals(line)) {
        throw new IllegalArgumentException(
            file.getDescription() + ", line 1: must be " + HEADER + ", but was " + line);
      }
      int number = 2;
      for (line = lines.readLine(); line != null; line = lines.readLine(), number++) {
        Airport airport = airport(file, number, Csv.split(line));
        byCode.put(airport.code(), airport);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file.getDescription(), e);
    }
    return new Airports(byCode);
  }

  private static Airport airport(Resource file, int line, List<String> values) {
    try {
      return new Airport(
          values.get(0),
          values.get(1),
          values.get(2),
          values.get(3),
          Double.parseDouble(values.get(5)),
          Double.parseDouble(values.get(6)));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new IllegalArgumentException(
          file.getDescription() + ", line " + line + ": not an airport: " + values, e);
    }
  }

  Optional<Airport> find(String code) {
    return Optional.ofNullable(byCode.get(code.toUpperCase(Locale.ROOT)));
  }

  /** An airport that must exist, whoever asks for it. */
  Airport known(String code) {
    return find(code).orElseThrow(() -> new UnknownAirportException(code));
  }

  boolean has(String code) {
    return byCode.containsKey(code);
  }

  Collection<Airport> all() {
    return byCode.values();
  }
}
