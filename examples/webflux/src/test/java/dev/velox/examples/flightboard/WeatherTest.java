package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.core.io.DefaultResourceLoader;
import reactor.test.StepVerifier;

/** An upstream that takes connections and never answers. */
@Timeout(120)
class WeatherTest {

  private ServerSocket silent;
  private Weather weather;

  @BeforeEach
  void open() throws IOException {
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    URI upstream =
        URI.create(
            "http://" + silent.getInetAddress().getHostAddress() + ":" + silent.getLocalPort());
    weather = new Weather(code -> upstream, Duration.ofMinutes(10), Duration.ofMillis(50));
  }

  @AfterEach
  void close() throws IOException {
    silent.close();
  }

  @Test
  void five_attempts_are_made_in_vain_and_told_of_with_their_delays() {
    StepVerifier.create(weather.at("PHX")).verifyError(TimeoutException.class);

    List<Weather.Tried> tried =
        weather.attempts().take(10).collectList().block(Duration.ofSeconds(30));
    assertThat(tried)
        .extracting(attempt -> attempt.attempt() + " " + attempt.what())
        .containsExactly(
            "1 begun",
            "1 failed",
            "2 begun",
            "2 failed",
            "3 begun",
            "3 failed",
            "4 begun",
            "4 failed",
            "5 begun",
            "5 given up");
    assertThat(tried)
        .filteredOn(attempt -> attempt.what().equals("failed"))
        .allMatch(attempt -> attempt.delayMillis() != null)
        .extracting(Weather.Tried::after)
        .containsOnly("TimeoutException");
  }

  @Test
  void details_come_without_the_weather_if_it_can_not_be_had() {
    Airports airports =
        Airports.read(new DefaultResourceLoader().getResource("classpath:data/airports.csv"));
    Runways runways = new Runways(Duration.ZERO);
    Towers towers = new Towers();
    Board board = new Board(4, 4, Duration.ofHours(1), towers, flight -> {});
    Gates gates =
        new Gates(
            airports.all(),
            new FlightBoardProperties.Fleet(
                List.of("PHX"), 3, 4, Duration.ZERO, Duration.ofHours(1)),
            runways);
    try {
      WeatherController.Details details =
          new WeatherController(airports, board, towers, gates, weather)
              .details("phx")
              .block(Duration.ofSeconds(60));

      assertThat(details.weather()).isNull();
      assertThat(details.aircraft()).isEqualTo(3);
    } finally {
      gates.destroy();
      board.destroy();
      towers.destroy();
    }
  }
}
