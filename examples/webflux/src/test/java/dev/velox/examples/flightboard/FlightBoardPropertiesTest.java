package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class FlightBoardPropertiesTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(FlightBoardProperties.class)
  static class Bound {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(Bound.class);

  @Test
  void without_any_the_real_flights_go_at_an_hour_a_second() {
    runner.run(
        context -> {
          FlightBoardProperties properties = context.getBean(FlightBoardProperties.class);
          assertThat(properties.speed()).isEqualTo(new Speed(60));
          assertThat(properties.flightsResource().getFilename()).isEqualTo("flights-2001-q1.csv");
          assertThat(properties.patience()).isEqualTo(Duration.ofSeconds(2));
        });
  }

  @Test
  void speed_may_be_max() {
    runner
        .withPropertyValues("flightboard.speed=max")
        .run(
            context ->
                assertThat(context.getBean(FlightBoardProperties.class).speed())
                    .isEqualTo(Speed.MAX));
  }

  @ParameterizedTest
  @CsvSource({
    "speed, fast",
    "speed, -1",
    "file, file:/no/such/flights.csv",
    "file, /no/such/flights.csv",
    "file, /",
    "airports, classpath:no-such.csv",
    "capacity, 0",
    "capacity, many",
    "view-capacity, 0",
    "patience, 0s",
    "weather-kept, 0s",
    "weather-timeout, 0s",
    "fleet.aircraft-per-hub, -1",
    "fleet.gates, 9",
    "fleet.patience, 0s"
  })
  void a_wrong_value_fails_the_start_and_is_named(String property, String value) {
    runner
        .withPropertyValues("flightboard." + property + "=" + value)
        .run(
            context -> {
              assertThat(context).hasFailed();
              assertThat(context.getStartupFailure())
                  .hasStackTraceContaining("flightboard." + property)
                  .hasStackTraceContaining(value.equals("0s") ? "PT0S" : value);
            });
  }
}
