package dev.velox.examples.flightboard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The application on a free port, and the JDK's HTTP client to talk to it. */
final class RunningBoard implements AutoCloseable {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Nobody comes after the server has ended, so its event loops need not wait for two seconds. */
  private static final String NO_QUIET_PERIOD = "spring.reactor.netty.shutdown-quiet-period=0s";

  private final ConfigurableApplicationContext application;
  private final HttpClient client = HttpClient.newHttpClient();
  private final int port;

  private RunningBoard(ConfigurableApplicationContext application) {
    this.application = application;
    this.port =
        application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  /** Starts it with properties such as {@code flightboard.speed=max}. */
  static RunningBoard with(String... properties) {
    String[] args =
        Stream.concat(Stream.of("server.port=0", NO_QUIET_PERIOD), Arrays.stream(properties))
            .map(property -> "--" + property)
            .toArray(String[]::new);
    return new RunningBoard(SpringApplication.run(FlightBoardApplication.class, args));
  }

  int port() {
    return port;
  }

  HttpClient client() {
    return client;
  }

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
        .timeout(Duration.ofSeconds(100));
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(to(path).header("Accept", "application/json").build());
  }

  JsonNode json(String path) {
    return json(get(path));
  }

  static JsonNode json(HttpResponse<String> response) {
    return JSON.readTree(response.body());
  }

  HttpResponse<String> post(String ndjson) {
    return send(ndjson(BodyPublishers.ofString(ndjson)));
  }

  HttpRequest ndjson(HttpRequest.BodyPublisher body) {
    return to("/flights").header("Content-Type", "application/x-ndjson").POST(body).build();
  }

  HttpResponse<String> put(String controls) {
    return send(
        to("/controls")
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(controls))
            .build());
  }

  /** Opens a stream of server-sent events; returns when the server has answered. */
  HttpResponse<Stream<String>> open(String path, String... headers) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
              .header("Accept", "text/event-stream");
      return client.send(
          (headers.length == 0 ? request : request.headers(headers)).build(),
          BodyHandlers.ofLines());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The data of the events of a stream. */
  static Stream<JsonNode> data(Stream<String> lines) {
    return lines
        .filter(line -> line.startsWith("data:"))
        .map(line -> JSON.readTree(line.substring("data:".length())));
  }

  /** Asks until the answer is as expected; the test's own time-out ends it otherwise. */
  JsonNode await(String path, Predicate<JsonNode> expected) {
    while (true) {
      JsonNode answer = json(path);
      if (expected.test(answer)) {
        return answer;
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        throw new IllegalStateException("last answer of " + path + ": " + answer, e);
      }
    }
  }

  JsonNode awaitReplay(String state) {
    return await("/board", board -> board.get("replay").asString().equals(state));
  }

  @Override
  public void close() {
    application.close();
  }
}
