package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpeedTest {

  @ParameterizedTest
  @CsvSource({"60, 60", "0.5, 0.5", "0, 0", "max, Infinity", "MAX, Infinity"})
  void reads_minutes_per_second_or_max(String text, double minutesPerSecond) {
    assertThat(Speed.of(text).minutesPerSecond()).isEqualTo(minutesPerSecond);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "fast", "-1", "NaN", "1e3", "Infinity", "60 60"})
  void anything_else_is_refused_by_its_value(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Speed.of(text))
        .withMessageContaining("\"max\"")
        .withMessageContaining("\"" + text + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"60", "0.5", "0", "max"})
  void shows_what_it_read(String text) {
    assertThat(Speed.of(text)).hasToString(text);
  }
}
