package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** The gates, the weather and the report, on the real server. */
@Timeout(120)
class TerminalServerTest {

  private static RunningBoard board;

  @BeforeAll
  static void start() {
    board = RunningBoard.with("flightboard.speed=max");
  }

  @AfterAll
  static void stop() {
    board.close();
  }

  @Test
  void the_number_of_aircraft_is_the_same_while_flights_move_them() {
    JsonNode end;
    do {
      end = board.json("/gates");
      assertThat(end.get("aircraft").asInt()).isEqualTo(end.get("fleet").asInt()).isEqualTo(180);
      assertThat(end.get("airports").valueStream())
          .allMatch(airport -> airport.get("aircraft").asInt() <= 14);
    } while (!board.json("/board").get("replay").asString().equals("FINISHED"));

    board.await("/gates", gates -> gates.get("landed").asLong() == gates.get("moved").asLong());
    assertThat(board.json("/gates").get("moved").asLong()).isPositive();
    JsonNode fleet = board.json("/board").get("fleet");
    assertThat(fleet.get("aircraft").asInt()).isEqualTo(fleet.get("size").asInt());
  }

  @Test
  void the_weather_comes_though_its_upstream_fails_and_hangs_and_is_asked_once_for_all() {
    HttpResponse<Stream<String>> attempts = board.open("/weather/attempts");
    List<CompletableFuture<JsonNode>> answers =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    board
                        .client()
                        .sendAsync(
                            board.to("/airports/PHX/weather").build(),
                            HttpResponse.BodyHandlers.ofString())
                        .thenApply(RunningBoard::json))
            .toList();

    assertThat(answers)
        .allSatisfy(
            answer -> {
              assertThat(answer.join().get("code").asString()).isEqualTo("PHX");
              assertThat(answer.join().get("attempts").asInt()).isGreaterThanOrEqualTo(3);
            });
    int needed = answers.get(0).join().get("attempts").asInt();
    List<JsonNode> tried =
        RunningBoard.data(attempts.body())
            .filter(attempt -> attempt.get("code").asString().equals("PHX"))
            .limit(needed + 1L)
            .toList();
    assertThat(tried)
        .extracting(
            attempt -> attempt.get("attempt").asInt() + " " + attempt.get("what").asString())
        .startsWith("1 begun", "2 begun", "3 begun")
        .endsWith(needed + " answered");
    assertThat(tried.get(1).get("after").asString()).isNotEmpty();
    assertThat(board.json("/airports/PHX/weather")).isEqualTo(answers.get(0).join());
  }

  @Test
  void the_details_of_an_airport_are_put_together() {
    JsonNode details = board.json("/airports/LAX/details");

    assertThat(details.get("airport").get("city").asString()).isEqualTo("Los Angeles");
    assertThat(details.get("figures").get("code").asString()).isEqualTo("LAX");
    assertThat(details.get("weather").get("sky").asString()).isNotEmpty();
    assertThat(details.get("aircraft").asInt()).isBetween(0, 14);
  }

  @Test
  void an_unknown_airport_has_no_weather_and_no_details() {
    for (String path : List.of("/airports/QQQ/weather", "/airports/QQQ/details")) {
      HttpResponse<String> answer = board.get(path);
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body()).contains("QQQ");
    }
  }

  @Test
  void the_report_is_that_of_the_file() {
    List<String[]> file = FlightLines.ofFile();
    JsonNode report = board.json("/report");

    assertThat(report.get("all").get("flights").asLong()).isEqualTo(file.size());
    assertThat(report.get("all").get("minutes").asLong()).isEqualTo(162_072);
    assertThat(report.get("all").get("late").asLong())
        .isEqualTo(file.stream().filter(flight -> Integer.parseInt(flight[4]) > 15).count());
    assertThat(report.get("hours").valueStream())
        .allSatisfy(
            hour ->
                assertThat(hour.get("delays").get("flights").asLong())
                    .isEqualTo(
                        file.stream()
                            .filter(
                                flight ->
                                    Integer.parseInt(flight[0].substring(11, 13))
                                        == hour.get("hour").asInt())
                            .count()));
  }
}
