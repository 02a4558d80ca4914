package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** What clients may ask and post, while the replay is paused. Each test has airports of its own. */
class FlightBoardServerTest {

  private static RunningBoard board;

  @BeforeAll
  static void start() {
    board = RunningBoard.with("flightboard.speed=0");
  }

  @AfterAll
  static void stop() {
    board.close();
  }

  private static long accepted() {
    return board.json("/totals").get("accepted").asLong();
  }

  @Test
  void posted_flights_are_counted_when_the_answer_comes() {
    HttpResponse<String> answer =
        board.post(FlightLines.json("ABE", "ACY", 5) + FlightLines.json("ABE", "ACY", -2));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"accepted\":2}");
    assertThat(board.get("/airports/ACY").body())
        .isEqualTo(
            "{\"code\":\"ACY\",\"departures\":0,\"arrivals\":2,\"meanDelayMinutes\":1.5,\"worstDelayMinutes\":5}");
    assertThat(board.json("/airports/ABE").get("departures").asLong()).isEqualTo(2);
  }

  @Test
  void several_clients_at_once_lose_nothing() {
    int clients = 8;
    int each = 2_000;
    long before = accepted();
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, clients)
            .mapToObj(
                client ->
                    board
                        .client()
                        .sendAsync(
                            board.ndjson(
                                BodyPublishers.ofString(
                                    FlightLines.json("BDL", "BUF", client).repeat(each))),
                            BodyHandlers.ofString()))
            .toList();
    assertThat(answers)
        .allSatisfy(
            answer -> assertThat(answer.join().body()).isEqualTo("{\"accepted\":" + each + "}"));
    JsonNode airport = board.json("/airports/BUF");
    assertThat(airport.get("arrivals").asLong()).isEqualTo((long) clients * each);
    assertThat(airport.get("meanDelayMinutes").asDouble()).isEqualTo(3.5);
    assertThat(accepted() - before).isEqualTo((long) clients * each);
  }

  @Test
  void clients_are_read_no_faster_than_the_board_counts() {
    int clients = 3;
    int each = 20_000; // some 22 MB, more than the sockets between hold
    AtomicLong pulled = new AtomicLong();
    board.put("{\"pauseMillis\":500}");
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, clients)
            .mapToObj(
                client -> {
                  String flight = longLine(FlightLines.json("GEG", "GRR", 1));
                  Flux<ByteBuffer> lines =
                      Flux.range(0, each / 100)
                          .map(i -> flight.repeat(100))
                          .doOnNext(hundred -> pulled.addAndGet(100))
                          .map(
                              hundred -> ByteBuffer.wrap(hundred.getBytes(StandardCharsets.UTF_8)));
                  return board
                      .client()
                      .sendAsync(
                          board.ndjson(
                              BodyPublishers.fromPublisher(
                                  JdkFlowAdapter.publisherToFlowPublisher(lines))),
                          BodyHandlers.ofString());
                })
            .toList();
    board.await("/board", status -> status.get("channel").get("size").asInt() == 64);
    // The clients come to rest, with most of their lines unsent: the board counts, and they send
    // none.
    long last;
    do {
      last = pulled.get();
      long more = accepted() + 2;
      board.await("/totals", totals -> totals.get("accepted").asLong() >= more);
    } while (last != pulled.get());
    assertThat(last).isLessThan((long) clients * each);
    assertThat(board.json("/board").get("channel").get("size").asInt()).isEqualTo(64);
    assertThat(answers).noneMatch(CompletableFuture::isDone);

    board.put("{\"pauseMillis\":0}");
    assertThat(answers)
        .allSatisfy(
            answer -> assertThat(answer.join().body()).isEqualTo("{\"accepted\":" + each + "}"));
    assertThat(board.json("/airports/GRR").get("arrivals").asLong())
        .isEqualTo((long) clients * each);
  }

  private static String longLine(String json) {
    return json.replace("{", "{\"remark\":\"" + "long ".repeat(200) + "\",");
  }

  @Test
  void a_malformed_line_is_named_and_the_lines_before_it_stay() {
    long before = accepted();
    HttpResponse<String> answer =
        board.post(
            FlightLines.json("ICT", "IND", 1)
                + "\n" // an empty line is a line, and no flight
                + FlightLines.json("ICT", "IND", 1)
                + FlightLines.json("ICT", "IND", 1).replace("100", "\"far\"")
                + FlightLines.json("ICT", "IND", 1));
    assertThat(answer.statusCode()).isEqualTo(400);
    JsonNode problem = RunningBoard.json(answer);
    assertThat(problem.get("line").asInt()).isEqualTo(4);
    assertThat(problem.get("field").asString()).isEqualTo("distanceMiles");
    assertThat(problem.get("accepted").asInt()).isEqualTo(2);
    assertThat(problem.get("detail").asString()).contains("line 4").contains("\"distanceMiles\"");
    assertThat(board.json("/airports/IND").get("arrivals").asLong()).isEqualTo(2);
    assertThat(accepted() - before).isEqualTo(2);
  }

  @Test
  void a_malformed_line_after_many_is_named_and_all_before_it_are_counted() {
    int good = 5_000;
    HttpResponse<String> answer =
        board.post(FlightLines.json("LBB", "LIT", 1).repeat(good) + "{\"scheduled\":1}\n");
    JsonNode problem = RunningBoard.json(answer);
    assertThat(problem.get("line").asInt()).isEqualTo(good + 1);
    assertThat(problem.get("field").asString()).isEqualTo("scheduled");
    assertThat(problem.get("accepted").asInt()).isEqualTo(good);
    assertThat(board.json("/airports/LIT").get("arrivals").asLong()).isEqualTo(good);
  }

  @Test
  void an_endless_line_is_refused_by_its_number() {
    HttpResponse<String> answer =
        board.post(FlightLines.json("MHT", "MSY", 1) + "x".repeat(1_000_000));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(RunningBoard.json(answer).get("line").asInt()).isEqualTo(2);
    assertThat(RunningBoard.json(answer).get("accepted").asInt()).isEqualTo(1);
  }

  @Test
  void no_line_is_no_flight() {
    assertThat(board.post("").body()).isEqualTo("{\"accepted\":0}");
    assertThat(board.post("\n\n").body()).isEqualTo("{\"accepted\":0}");
  }

  @Test
  void another_media_type_is_not_taken() {
    HttpResponse<String> answer =
        board.send(
            board
                .to("/flights")
                .header("Content-Type", "text/csv")
                .POST(BodyPublishers.ofString("a"))
                .build());
    assertThat(answer.statusCode()).isEqualTo(415);
  }

  @ParameterizedTest
  @ValueSource(strings = {"XXX", "P", "%20", "PHX1", "ph%C3%BC"})
  void an_unknown_airport_is_not_found(String code) {
    HttpResponse<String> answer = board.get("/airports/" + code);
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(RunningBoard.json(answer).get("status").asInt()).isEqualTo(404);
  }

  @Test
  void an_airport_without_traffic_has_no_mean_and_no_worst_delay() {
    assertThat(board.get("/airports/jfk").body())
        .isEqualTo(
            "{\"code\":\"JFK\",\"departures\":0,\"arrivals\":0,\"meanDelayMinutes\":null,\"worstDelayMinutes\":null}");
  }

  @Test
  void the_airports_are_on_the_map() {
    JsonNode airports = board.json("/airports");
    assertThat(airports.size()).isEqualTo(3_376);
    assertThat(airports.valueStream().filter(a -> a.get("code").asString().equals("PHX")))
        .singleElement()
        .satisfies(
            phx -> {
              assertThat(phx.get("name").asString()).isEqualTo("Phoenix Sky Harbor International");
              assertThat(phx.get("latitude").asDouble()).isBetween(33.0, 34.0);
              assertThat(phx.get("longitude").asDouble()).isBetween(-113.0, -111.0);
            });
  }

  @Test
  void the_controls_are_changed_together_or_not_at_all() {
    assertThat(board.put("{\"pauseMillis\":1}").body())
        .isEqualTo("{\"speed\":\"0\",\"pauseMillis\":1}");
    for (String bad :
        List.of(
            "{\"speed\":\"fast\",\"pauseMillis\":2}",
            "{\"speed\":\"0\",\"pauseMillis\":-1}",
            "{\"pauseMillis\":10001}",
            "{\"pauseMillis\":\"long\"}",
            "{")) {
      assertThat(board.put(bad).statusCode()).as(bad).isEqualTo(400);
    }
    assertThat(board.get("/controls").body()).isEqualTo("{\"speed\":\"0\",\"pauseMillis\":1}");
    assertThat(board.put("{\"pauseMillis\":0}").statusCode()).isEqualTo(200);
  }

  @Test
  void a_reader_gets_what_clients_post_and_its_view_ends_with_it() {
    HttpResponse<Stream<String>> stream = board.open("/flights");
    board.await("/board", status -> status.get("readers").asInt() > 0);
    board.post(FlightLines.json("OKC", "OMA", 12));
    try (Stream<String> lines = stream.body()) {
      JsonNode flight =
          RunningBoard.data(lines)
              .filter(f -> f.get("origin").asString().equals("OKC"))
              .findFirst()
              .orElseThrow();
      assertThat(flight.get("destination").asString()).isEqualTo("OMA");
      assertThat(flight.get("arrivalDelayMinutes").asInt()).isEqualTo(12);
    }
    // Closed by its reader: the board lets the view go as soon as it learns of it.
    board.await("/board", status -> status.get("readers").asInt() == 0);
  }

  @Test
  void the_board_is_told_live() {
    board.post(FlightLines.json("ORF", "PVD", 33).repeat(10));
    try (Stream<String> lines = board.open("/board").body()) {
      JsonNode status =
          RunningBoard.data(lines)
              .skip(1) // more than once
              .filter(told -> latestMean(told) >= 33)
              .findFirst()
              .orElseThrow();
      assertThat(status.get("channel").get("capacity").asInt()).isEqualTo(64);
      assertThat(status.get("busiest").size()).isPositive();
    }
  }

  private static double latestMean(JsonNode status) {
    return status.at("/latest/0/meanDelayMinutes").asDouble(0);
  }

  @Test
  void the_page_and_all_that_it_loads_is_served_from_here() {
    HttpResponse<String> page = board.send(board.to("/").header("Accept", "text/html").build());
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("<title>Flight board</title>");
    Matcher assets = Pattern.compile("(?:src|href)=\"([^\"#]+)\"").matcher(page.body());
    int found = 0;
    while (assets.find()) {
      found++;
      assertThat(assets.group(1)).doesNotContain("//");
      HttpResponse<String> asset =
          board.send(board.to("/" + assets.group(1)).header("Accept", "*/*").build());
      assertThat(asset.statusCode()).as(assets.group(1)).isEqualTo(200);
      assertThat(asset.body()).doesNotContainPattern("https?://(?!www\\.w3\\.org/)");
    }
    assertThat(found).isGreaterThanOrEqualTo(2);
  }
}
