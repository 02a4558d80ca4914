package dev.velox.examples.quickstart;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.velox.reactor.retry.NetworkException;
import dev.velox.reactor.retry.NetworkFailures;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.retry.RetryableException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/**
 * Section 1 of the specification, async/await with error handling: {@code fetchData} against a
 * server on this machine that loses every second connection in the middle of its answer.
 */
public final class AsyncAwaitExample {

  AsyncAwaitExample() {}

  record Data(String city, int degrees) {}

  record Response(int status, String text) {
    private static final Pattern WEATHER =
        Pattern.compile("\\{\"city\":\"(\\w+)\",\"degrees\":(-?\\d+)}");

    Mono<Data> json() {
      return Mono.fromCallable(
          () -> {
            Matcher weather = WEATHER.matcher(text);
            if (!weather.matches()) {
              throw new IllegalStateException("Not the expected JSON, with status " + status);
            }
            return new Data(weather.group(1), Integer.parseInt(weather.group(2)));
          });
    }
  }

  /** The JDK's HTTP client with a {@code Mono} for an answer. */
  static final class Http {
    private final HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    Mono<Response> get(String url) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
      return Mono.fromCompletionStage(() -> client.sendAsync(request, BodyHandlers.ofString()))
          .map(answer -> new Response(answer.statusCode(), answer.body()))
          .onErrorMap(NetworkFailures::map); // whatever this client throws for a lost connection
    }
  }

  private final Http http = new Http();

  /** The specification's function, line by line. */
  Mono<Data> fetchData(String url) {
    return async(
        () -> {
          try {
            Response response = await(http.get(url));
            return await(response.json());
          } catch (NetworkException error) {
            throw new RetryableException("Network error", error);
          }
        });
  }

  /** Runs the example; answers what it prints. */
  static List<String> run() throws IOException {
    List<String> lines = new ArrayList<>();
    HttpServer server = startServer();
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();
      AsyncAwaitExample example = new AsyncAwaitExample();

      lines.add("1st call: " + outcome(example.fetchData(url + "/weather")));
      lines.add("2nd call: " + outcome(example.fetchData(url + "/weather")));
      lines.add("elsewhere: " + outcome(example.fetchData(url + "/nowhere")));
      lines.add(
          "with a retry: "
              + outcome(
                  new RetryPolicy(
                          3,
                          attempt -> Duration.ofMillis(10L * attempt),
                          error -> error instanceof RetryableException)
                      .execute(() -> example.fetchData(url + "/weather"))));
    } finally {
      server.stop(0);
    }
    return lines;
  }

  private static String outcome(Mono<Data> data) {
    return data.map(Data::toString)
        .onErrorResume(
            e ->
                Mono.just(
                    e.getClass().getSimpleName()
                        + ": "
                        + e.getMessage()
                        + (e.getCause() == null
                            ? ""
                            : ", caused by " + e.getCause().getClass().getSimpleName())))
        .block(Duration.ofSeconds(30));
  }

  private static HttpServer startServer() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger calls = new AtomicInteger();
    server.createContext(
        "/weather", exchange -> answer(exchange, calls.incrementAndGet() % 2 == 0));
    server.start();
    return server;
  }

  private static void answer(HttpExchange exchange, boolean completely) throws IOException {
    byte[] json = "{\"city\":\"Oslo\",\"degrees\":-3}".getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, json.length);
    try (exchange;
        OutputStream body = exchange.getResponseBody()) {
      body.write(json, 0, completely ? json.length : 5);
      body.flush();
    }
  }

  /**
   * Prints what each call came to.
   *
   * @param args none
   * @throws IOException if the server cannot start
   */
  public static void main(String[] args) throws IOException {
    run().forEach(System.out::println);
  }
}
