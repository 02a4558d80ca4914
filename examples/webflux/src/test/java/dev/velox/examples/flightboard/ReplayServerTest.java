package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The replay, seen from outside: the real server, a real client, the real file. */
class ReplayServerTest {

  private static final List<String[]> FILE = FlightLines.ofFile();

  @Test
  void after_a_full_replay_at_top_speed_the_figures_are_those_of_the_file() {
    try (RunningBoard board = RunningBoard.with("flightboard.speed=max")) {
      JsonNode end = board.awaitReplay("FINISHED");

      long delays = FILE.stream().mapToLong(flight -> Integer.parseInt(flight[4])).sum();
      JsonNode totals = board.json("/totals");
      assertThat(totals.get("flights").asLong()).isEqualTo(FILE.size()).isEqualTo(20_000);
      assertThat(totals.get("delayMinutes").asLong()).isEqualTo(delays).isEqualTo(162_072);
      assertThat(totals.get("accepted").asLong()).isZero();
      assertThat(end.get("time").asString()).startsWith(FILE.get(FILE.size() - 1)[0]);

      assertThat(board.json("/airports/PHX").get("departures").asLong()).isEqualTo(1302);
      Map<String, long[]> expected = figuresOfTheFile();
      assertThat(expected).hasSize(59);
      expected.forEach((code, figures) -> assertFigures(board.json("/airports/" + code), figures));
      assertPrediction(board.json("/predictions"));
    }
  }

  private static void assertPrediction(JsonNode prediction) {
    String day = FILE.get(FILE.size() - 1)[0].substring(0, 10);
    List<String[]> before = FILE.stream().filter(flight -> !flight[0].startsWith(day)).toList();
    List<String[]> today = FILE.subList(before.size(), FILE.size());
    assertThat(prediction.get("day").asString()).isEqualTo(day);
    assertThat(prediction.get("usualMinutes").asDouble())
        .isCloseTo(
            before.stream().mapToInt(flight -> Integer.parseInt(flight[4])).average().orElseThrow(),
            within(1e-9));
    assertThat(prediction.get("hours").size()).isEqualTo(24);
    for (JsonNode parts : List.of(prediction.get("hours"), prediction.get("airports"))) {
      assertThat(parts.valueStream().mapToLong(part -> part.get("flights").asLong()).sum())
          .isEqualTo(today.size());
    }
    assertThat(prediction.get("score").get("flights").asLong()).isBetween(0L, 20_000L);
  }

  /** Departures, arrivals, sum and worst of delays, by airport. */
  private static Map<String, long[]> figuresOfTheFile() {
    Map<String, long[]> byCode = new HashMap<>();
    for (String[] flight : FILE) {
      long delay = Long.parseLong(flight[4]);
      byCode.computeIfAbsent(flight[1], code -> new long[] {0, 0, 0, Long.MIN_VALUE})[0]++;
      long[] to = byCode.computeIfAbsent(flight[2], code -> new long[] {0, 0, 0, Long.MIN_VALUE});
      to[1]++;
      to[2] += delay;
      to[3] = Math.max(to[3], delay);
    }
    return byCode;
  }

  private static void assertFigures(JsonNode airport, long[] figures) {
    assertThat(airport.get("departures").asLong()).as("%s", airport).isEqualTo(figures[0]);
    assertThat(airport.get("arrivals").asLong()).as("%s", airport).isEqualTo(figures[1]);
    assertThat(airport.get("meanDelayMinutes").asDouble())
        .as("%s", airport)
        .isCloseTo((double) figures[2] / figures[1], within(1e-9));
    assertThat(airport.get("worstDelayMinutes").asLong()).as("%s", airport).isEqualTo(figures[3]);
  }

  @Test
  void each_connection_sees_every_flight_in_order() {
    try (RunningBoard board = RunningBoard.with("flightboard.speed=0")) {
      HttpResponse<Stream<String>> one = board.open("/flights");
      HttpResponse<Stream<String>> other = board.open("/flights");
      board.await("/board", status -> status.get("readers").asInt() == 2);
      board.put("{\"speed\":\"max\"}");

      CompletableFuture<List<String>> left = CompletableFuture.supplyAsync(() -> flights(one));
      CompletableFuture<List<String>> right = CompletableFuture.supplyAsync(() -> flights(other));
      List<String> expected =
          FILE.stream()
              .map(f -> f[0] + ":00," + f[1] + "," + f[2] + "," + f[3] + "," + f[4])
              .toList();
      assertThat(left.join()).isEqualTo(expected);
      assertThat(right.join()).isEqualTo(expected);
      assertThat(one.headers().firstValue("Content-Type"))
          .get()
          .asString()
          .startsWith("text/event-stream");
    }
  }

  private static List<String> flights(HttpResponse<Stream<String>> stream) {
    return RunningBoard.data(stream.body())
        .limit(FILE.size())
        .map(
            f ->
                String.join(
                    ",",
                    f.get("scheduled").asString(),
                    f.get("origin").asString(),
                    f.get("destination").asString(),
                    f.get("distanceMiles").asString(),
                    f.get("arrivalDelayMinutes").asString()))
        .toList();
  }

  @Test
  void the_replay_goes_at_its_speed() {
    try (RunningBoard board = RunningBoard.with("flightboard.speed=0")) {
      Instant start = Instant.now();
      board.put("{\"speed\":\"600\"}");
      // From 06:20 to 18:20 are 720 minutes: not in less than 1.2 seconds, whatever the machine.
      JsonNode status =
          board.await(
              "/board",
              b ->
                  !b.get("time").isNull()
                      && b.get("time").asString().compareTo("2001-01-01T18:20") >= 0);
      assertThat(Duration.between(start, Instant.now())).isGreaterThan(Duration.ofMillis(1190));
      assertThat(status.get("controls").get("speed").asString()).isEqualTo("600");
      assertThat(status.get("totals").get("flights").asLong()).isLessThan(20_000);
    }
  }

  @Test
  void a_slow_board_fills_the_channel_and_holds_the_replay_up() {
    try (RunningBoard board = RunningBoard.with("flightboard.speed=0", "flightboard.capacity=16")) {
      board.put("{\"speed\":\"max\",\"pauseMillis\":200}");
      JsonNode held = board.await("/board", b -> b.get("channel").get("size").asInt() == 16);
      assertThat(held.get("channel").get("capacity").asInt()).isEqualTo(16);
      assertThat(held.get("replay").asString()).isEqualTo("RUNNING");
      // What left the file: what is counted, what is in work, what is in the channel.
      assertThat(held.get("totals").get("flights").asLong()).isLessThan(1_000);

      board.put("{\"pauseMillis\":0}");
      JsonNode end = board.awaitReplay("FINISHED");
      assertThat(end.get("totals").get("delayMinutes").asLong()).isEqualTo(162_072);
      assertThat(end.get("channel").get("size").asInt()).isZero();
    }
  }

  @Test
  void a_reader_that_does_not_read_is_waited_for_then_told_and_let_go() throws IOException {
    try (RunningBoard board =
            RunningBoard.with("flightboard.speed=0", "flightboard.patience=300ms");
        Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress("localhost", board.port()));
      OutputStream out = socket.getOutputStream();
      out.write(
          "GET /flights HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
      board.await("/board", status -> status.get("readers").asInt() == 1);
      board.put("{\"speed\":\"max\"}");

      // It reads nothing, and still the replay comes to its end, without it.
      JsonNode end = board.awaitReplay("FINISHED");
      assertThat(end.get("totals").get("delayMinutes").asLong()).isEqualTo(162_072);
      assertThat(end.get("readers").asInt()).isZero();

      // Now it reads: what it had room for, and why that is all.
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      long flights = 0;
      String line = in.readLine();
      while (!line.startsWith("event:slow")) {
        flights += line.startsWith("event:flight") ? 1 : 0;
        line = in.readLine();
      }
      assertThat(flights).isBetween(256L, 19_999L);
      assertThat(in.readLine()).startsWith("data:").contains("no flight was read for 300 ms");
    }
  }

  @Test
  void another_file_can_be_replayed(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("flights.csv");
    Files.writeString(
        file,
        FlightParser.CSV_HEADER
            + "\n2020-02-03T04:05,PHX,LAX,370,7\n2020-02-03T04:05,LAX,PHX,370,-2\n");
    try (RunningBoard board =
        RunningBoard.with("flightboard.speed=max", "flightboard.file=" + file)) {
      assertThat(board.awaitReplay("FINISHED").get("totals").toString())
          .isEqualTo("{\"flights\":2,\"accepted\":0,\"delayMinutes\":5}");
    }
  }

  @Test
  void a_malformed_file_stops_the_replay_and_names_line_and_field(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("flights.csv");
    Files.writeString(
        file,
        FlightParser.CSV_HEADER
            + "\n2020-02-03T04:05,PHX,LAX,370,7\n2020-02-03T04:05,LAX,PHX,far,-2\n");
    try (RunningBoard board =
        RunningBoard.with("flightboard.speed=max", "flightboard.file=file:" + file)) {
      JsonNode status = board.awaitReplay("FAILED");
      assertThat(status.get("failure").asString()).contains("line 3").contains("\"distanceMiles\"");
      // The server is up, and what came before is counted.
      board.await("/totals", totals -> totals.get("flights").asLong() == 1);
    }
  }

  @Test
  void stopping_ends_the_open_streams_and_does_not_wait_for_their_readers() {
    RunningBoard board = RunningBoard.with("flightboard.speed=60");
    HttpResponse<Stream<String>> flights = board.open("/flights");
    HttpResponse<Stream<String>> live = board.open("/board");
    CompletableFuture<Long> read = CompletableFuture.supplyAsync(() -> flights.body().count());
    CompletableFuture<Long> watched = CompletableFuture.supplyAsync(() -> live.body().count());
    board.await("/board", status -> status.get("readers").asInt() == 1);

    board.close();
    // Both end as streams do, not as a connection that is cut; if the server waited for them first,
    // they would be cut after its time of grace.
    assertThat(read.join()).isPositive();
    assertThat(watched.join()).isPositive();
  }
}
