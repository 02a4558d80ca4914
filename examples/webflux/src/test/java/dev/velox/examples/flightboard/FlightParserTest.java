package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.core.io.ClassPathResource;

class FlightParserTest {

  private static final FlightParser PARSER =
      new FlightParser(Airports.read(new ClassPathResource("data/airports.csv")));

  private static final Flight FLIGHT =
      new Flight(LocalDateTime.of(2001, 1, 1, 6, 20), "BNA", "MCI", 491, -8);

  @Test
  void a_line_of_csv_is_a_flight() {
    assertThat(PARSER.csv(2, "2001-01-01T06:20,BNA,MCI,491,-8")).isEqualTo(FLIGHT);
  }

  @Test
  void a_line_of_json_is_a_flight_in_any_order_and_with_fields_of_other_names() {
    String line =
        "{\"carrier\":{\"code\":[\"WN\"]},\"arrivalDelayMinutes\":-8,\"destination\":\"MCI\","
            + "\"origin\":\"BNA\",\"distanceMiles\":\"491\",\"scheduled\":\"2001-01-01T06:20:00\"}";
    assertThat(PARSER.json(1, line)).isEqualTo(FLIGHT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2001-13-01T06:20,BNA,MCI,491,0 | scheduled",
        "2001-01-01T06:20,B,MCI,491,0 | origin",
        "2001-01-01T06:20,BNA,mci,491,0 | destination",
        "2001-01-01T06:20,BNA,MCI,-1,0 | distanceMiles",
        "2001-01-01T06:20,BNA,MCI,491,late | arrivalDelayMinutes",
        "2001-01-01T06:20,BNA,MCI,491,99999999999 | arrivalDelayMinutes",
        "2001-01-01T06:20,BNA,MCI | distanceMiles",
        "2001-01-01T06:20,BNA,MCI,491,0,1 | line",
      })
  void an_error_in_csv_names_line_and_field(String text, String field) {
    MalformedFlightException error =
        catchThrowableOfType(MalformedFlightException.class, () -> PARSER.csv(17, text));
    assertThat(error.line()).isEqualTo(17);
    assertThat(error.field()).isEqualTo(field);
    assertThat(error).hasMessageStartingWith("line 17, field \"" + field + "\": ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | line",
        "[] | line",
        "`` | line",
        "{} | scheduled",
        "{\"scheduled\":\"today\"} | scheduled",
        "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":null} | origin",
        "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":BNA} | origin",
        "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":[\"BNA\"]} | origin",
        "{\"origin\":\"BNA\",\"origin\":\"MCI\"} | origin",
        "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":\"BNA\",\"destination\":\"???\"} | destination",
        "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":\"BNA\",\"destination\":\"MCI\",\"distanceMiles\":1.5} | distanceMiles",
        "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":\"BNA\",\"destination\":\"MCI\",\"distanceMiles\":1} | arrivalDelayMinutes",
        "{\"scheduled\":\"2001-01-01T06:20\"} {} | line",
      })
  void an_error_in_json_names_line_and_field(String text, String field) {
    MalformedFlightException error =
        catchThrowableOfType(MalformedFlightException.class, () -> PARSER.json(3, text));
    assertThat(error.line()).isEqualTo(3);
    assertThat(error.field()).isEqualTo(field);
  }

  @Test
  void a_truncated_object_names_the_field_where_it_ends() {
    MalformedFlightException error =
        catchThrowableOfType(
            MalformedFlightException.class,
            () -> PARSER.json(1, "{\"scheduled\":\"2001-01-01T06:20\",\"origin\":\"BN"));
    assertThat(error.field()).isEqualTo("origin");
  }

  @Test
  void values_in_quotes_may_hold_commas_and_quotes() {
    assertThat(Csv.split("a,\"b, \"\"c\"\"\",,d")).containsExactly("a", "b, \"c\"", "", "d");
  }
}
