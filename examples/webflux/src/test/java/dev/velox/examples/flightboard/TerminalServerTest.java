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
  private static CompletableFuture<JsonNode> details;
  private static List<CompletableFuture<JsonNode>> weather;

  @BeforeAll
  static void start() {
    board = RunningBoard.with("flightboard.speed=max", "flightboard.weather-timeout=10s");
    // The upstream hangs once for each airport: meanwhile the other tests may run.
    details = ask("/airports/LAX/details");
    weather = IntStream.range(0, 8).mapToObj(i -> ask("/airports/PHX/weather")).toList();
  }

  private static CompletableFuture<JsonNode> ask(String path) {
    return board
        .client()
        .sendAsync(board.to(path).build(), HttpResponse.BodyHandlers.ofString())
        .thenApply(RunningBoard::json);
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

    // Each flight of the file is accounted for, and the runways are left.
    JsonNode gates =
        board.await(
            "/gates",
            now ->
                Stream.of("moved", "stayed", "notModelled", "leftOut")
                            .mapToLong(how -> now.get(how).asLong())
                            .sum()
                        == 20_000
                    && now.get("landed").asLong() == now.get("moved").asLong()
                    && now.get("runways").asInt() == 0);
    assertThat(gates.get("moved").asLong()).isPositive();
    assertThat(gates.get("waiting").asInt()).isZero();
    assertThat(gates.get("aircraft").asInt()).isEqualTo(180);
    JsonNode busiest = board.json("/board").get("runways").get(0);
    assertThat(board.json("/airports/" + busiest.get("code").asString() + "/runway"))
        .isEqualTo(busiest);
    assertThat(busiest.get("landings").asLong()).isPositive();
    assertThat(busiest.get("inUse").asBoolean()).isFalse();
    JsonNode fleet = board.json("/board").get("fleet");
    assertThat(fleet.get("aircraft").asInt()).isEqualTo(fleet.get("size").asInt());
  }

  @Test
  void the_weather_comes_though_its_upstream_fails_and_hangs_and_is_asked_once_for_all() {
    HttpResponse<Stream<String>> attempts = board.open("/weather/attempts");
    assertThat(weather)
        .allSatisfy(
            answer -> {
              assertThat(answer.join().get("code").asString()).isEqualTo("PHX");
              assertThat(answer.join().get("attempts").asInt()).isEqualTo(3);
            });
    List<JsonNode> tried =
        RunningBoard.data(attempts.body())
            .filter(attempt -> attempt.get("code").asString().equals("PHX"))
            .limit(6)
            .toList();
    assertThat(tried)
        .extracting(
            attempt -> attempt.get("attempt").asInt() + " " + attempt.get("what").asString())
        .containsExactly("1 begun", "1 failed", "2 begun", "2 failed", "3 begun", "3 answered");
    // Sent away with Retry-After, which is a second: that is waited at the least.
    assertThat(tried.get(1).get("delayMillis").asLong()).isGreaterThanOrEqualTo(1_000);
    assertThat(tried.get(2).get("after").asString()).isEqualTo("RetryableException");
    assertThat(tried.get(3).get("after").asString()).isEqualTo("TimeoutException");
    assertThat(board.json("/airports/PHX/weather")).isEqualTo(weather.get(0).join());
  }

  @Test
  void a_stream_of_attempts_that_is_opened_again_goes_on_after_the_last_event() {
    weather.get(0).join(); // so there are six attempts for PHX
    List<String> ids =
        ids(board.open("/weather/attempts", "Last-Event-ID", "of another server-3"), 6);
    assertThat(ids).doesNotHaveDuplicates();

    assertThat(ids(board.open("/weather/attempts", "Last-Event-ID", ids.get(2)), 3))
        .isEqualTo(ids.subList(3, 6));
    assertThat(ids(board.open("/weather/attempts?after=" + ids.get(4)), 1))
        .containsExactly(ids.get(5));
    // What the browser says by itself is newer than what the page said when it opened the stream.
    assertThat(
            ids(
                board.open("/weather/attempts?after=" + ids.get(0), "Last-Event-ID", ids.get(3)),
                1))
        .containsExactly(ids.get(4));
  }

  private static List<String> ids(HttpResponse<Stream<String>> stream, int count) {
    try (Stream<String> lines = stream.body()) {
      return lines
          .filter(line -> line.startsWith("id:"))
          .map(line -> line.substring("id:".length()))
          .limit(count)
          .toList();
    }
  }

  @Test
  void the_upstream_sends_away_hangs_and_answers() {
    HttpResponse<String> first = board.get("/upstream/weather/JFK");
    assertThat(first.statusCode()).isEqualTo(503);
    assertThat(first.headers().firstValue("Retry-After")).hasValue("1");

    CompletableFuture<JsonNode> hangs = ask("/upstream/weather/JFK");
    // It may come before or after that one; of these two, one is answered.
    CompletableFuture<JsonNode> answers = ask("/upstream/weather/JFK");
    Object answer = CompletableFuture.anyOf(hangs, answers).join();
    assertThat(((JsonNode) answer).get("sky").asString()).isNotEmpty();
    hangs.cancel(true);
    answers.cancel(true);
  }

  @Test
  void the_details_of_an_airport_are_put_together() {
    JsonNode details = TerminalServerTest.details.join();

    assertThat(details.get("airport").get("city").asString()).isEqualTo("Los Angeles");
    assertThat(details.get("figures").get("code").asString()).isEqualTo("LAX");
    assertThat(details.get("weather").get("sky").asString()).isNotEmpty();
    assertThat(details.get("aircraft").asInt()).isBetween(0, 14);
  }

  @Test
  void an_unknown_airport_has_nothing_to_tell() {
    for (String path :
        List.of(
            "/airports/QQQ/weather",
            "/airports/QQQ/details",
            "/airports/QQQ/runway",
            "/upstream/weather/QQQ")) {
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
    assertThat(report.get("distances").valueStream())
        .allSatisfy(
            band ->
                assertThat(band.get("delays").get("flights").asLong())
                    .isEqualTo(
                        file.stream()
                            .filter(
                                flight ->
                                    Integer.parseInt(flight[3]) / 500 * 500
                                        == band.get("fromMiles").asInt())
                            .count()));
    assertThat(
            report
                .get("distances")
                .valueStream()
                .mapToLong(band -> band.get("delays").get("flights").asLong())
                .sum())
        .isEqualTo(file.size());
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
