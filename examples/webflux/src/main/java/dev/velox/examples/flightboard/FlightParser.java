package dev.velox.examples.flightboard;

import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Makes a flight of a line of CSV or of JSON, or says which line and field is wrong and why. */
final class FlightParser {

  static final String CSV_HEADER =
      "scheduled,origin,destination,distance_miles,arrival_delay_minutes";

  private static final List<String> FIELDS =
      List.of("scheduled", "origin", "destination", "distanceMiles", "arrivalDelayMinutes");
  private static final int LONGEST_DISTANCE = 20_000;
  private static final int LONGEST_DELAY = 100_000;

  private final JsonFactory json = new JsonFactory();
  private final Airports airports;

  FlightParser(Airports airports) {
    this.airports = airports;
  }

  /** The line of column names, which must be the file's first. */
  void checkHeader(String text) {
    if (!text.equals(CSV_HEADER)) {
      throw new MalformedFlightException(
          1,
          MalformedFlightException.WHOLE_LINE,
          "must be the header " + CSV_HEADER + ", but was " + shown(text));
    }
  }

  /** A line under {@link #CSV_HEADER}. */
  Flight csv(long line, String text) {
    List<String> values = Csv.split(text);
    if (values.size() > FIELDS.size()) {
      throw wholeLine(line, "has " + values.size() + " values, but a flight has " + FIELDS.size());
    }
    Map<String, String> byField = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      byField.put(FIELDS.get(i), values.get(i));
    }
    return flight(line, byField);
  }

  /** A JSON object with the fields of {@link Flight}; fields of other names are passed over. */
  Flight json(long line, String text) {
    try (JsonParser parser = json.createParser(ObjectReadContext.empty(), text)) {
      try {
        return flight(line, values(line, text, parser));
      } catch (JacksonException e) {
        String field = parser.currentName();
        throw new MalformedFlightException(
            line,
            field == null ? MalformedFlightException.WHOLE_LINE : field,
            "not JSON: " + e.getOriginalMessage());
      }
    }
  }

  private static Map<String, String> values(long line, String text, JsonParser parser) {
    Map<String, String> byField = new HashMap<>();
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw wholeLine(line, "must be a JSON object, but was " + shown(text));
    }
    for (String field = parser.nextName(); field != null; field = parser.nextName()) {
      JsonToken value = parser.nextToken();
      if (!FIELDS.contains(field)) {
        parser.skipChildren();
      } else if (!value.isScalarValue() || value == JsonToken.VALUE_NULL) {
        throw new MalformedFlightException(line, field, "must be a string or a number");
      } else if (byField.put(field, parser.getString()) != null) {
        throw new MalformedFlightException(line, field, "is there twice");
      }
    }
    if (parser.nextToken() != null) {
      throw wholeLine(line, "must be one JSON object, but was " + shown(text));
    }
    return byField;
  }

  private Flight flight(long line, Map<String, String> values) {
    return new Flight(
        scheduled(line, values),
        airport(line, values, "origin"),
        airport(line, values, "destination"),
        number(line, values, "distanceMiles", 0, LONGEST_DISTANCE),
        number(line, values, "arrivalDelayMinutes", -LONGEST_DELAY, LONGEST_DELAY));
  }

  private static LocalDateTime scheduled(long line, Map<String, String> values) {
    String text = value(line, values, "scheduled");
    try {
      return LocalDateTime.parse(text);
    } catch (DateTimeParseException e) {
      throw new MalformedFlightException(
          line,
          "scheduled",
          "must be a local time such as 2001-01-01T06:20, but was " + shown(text));
    }
  }

  private String airport(long line, Map<String, String> values, String field) {
    String code = value(line, values, field);
    if (!airports.has(code)) {
      throw new MalformedFlightException(
          line, field, "must be the code of an airport, but was " + shown(code));
    }
    return code;
  }

  private static int number(
      long line, Map<String, String> values, String field, int least, int most) {
    String text = value(line, values, field);
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Told below, with the range.
    }
    throw new MalformedFlightException(
        line,
        field,
        "must be a whole number from " + least + " to " + most + ", but was " + shown(text));
  }

  private static String value(long line, Map<String, String> values, String field) {
    @Nullable String text = values.get(field);
    if (text == null) {
      throw new MalformedFlightException(line, field, "is missing");
    }
    return text;
  }

  private static MalformedFlightException wholeLine(long line, String reason) {
    return new MalformedFlightException(line, MalformedFlightException.WHOLE_LINE, reason);
  }

  /** What was found, short enough for a message. */
  private static String shown(String text) {
    return '"' + (text.length() > 80 ? text.substring(0, 80) + "…" : text) + '"';
  }
}
