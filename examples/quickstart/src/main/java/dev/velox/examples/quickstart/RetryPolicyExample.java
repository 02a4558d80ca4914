package dev.velox.examples.quickstart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.Hedge;
import dev.velox.reactor.retry.Jitter;
import dev.velox.reactor.retry.NetworkException;
import dev.velox.reactor.retry.NetworkFailures;
import dev.velox.reactor.retry.RetryBudget;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.retry.RetryableException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 10 of the specification, the retry policy: against a server on this machine that loses
 * the first connection, is busy at the second call, and answers the third.
 */
public final class RetryPolicyExample {

  /** The specification's second, shortened: nobody waits for an example. */
  private static final int MILLIS = 10;

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private final String url;

  RetryPolicyExample(String url) {
    this.url = url;
  }

  /** A call; failures of the network and passing conditions of HTTP become what policies know. */
  Mono<String> fetchData(String url) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
    return Mono.fromCompletionStage(() -> client.sendAsync(request, BodyHandlers.ofString()))
        .flatMap(RetryPolicyExample::checked)
        .onErrorMap(NetworkFailures::map);
  }

  private static Mono<String> checked(HttpResponse<String> response) {
    if (response.statusCode() == 200) {
      return Mono.just(response.body());
    }
    IOException failure = new IOException("status " + response.statusCode());
    String retryAfter = response.headers().firstValue("Retry-After").orElse(null);
    return Mono.error(NetworkFailures.mapStatus(response.statusCode(), retryAfter, failure));
  }

  /** The specification's snippet. */
  Mono<String> asInTheSpecification() {
    RetryPolicy policy =
        new RetryPolicy(
            3,
            attempt -> Duration.ofMillis((long) Math.pow(2, attempt) * MILLIS),
            error -> error instanceof NetworkException || error instanceof RetryableException);

    return policy.execute(() -> fetchData(url));
  }

  /** The same with what a service in production would add. */
  Mono<String> withEverything() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(4)
            .backoff(
                Backoff.exponential(Duration.ofMillis(MILLIS))
                    .max(Duration.ofSeconds(1))
                    .jitter(Jitter.FULL))
            .retryOn(RetryableException.class)
            .attemptTimeout(Duration.ofSeconds(5))
            .deadline(Duration.ofSeconds(20))
            .budget(RetryBudget.ofRatio(0.2))
            .name("weather")
            .build();

    return fetchData(url).transform(policy.operator());
  }

  /** A stream that goes on after its last element. */
  Flux<Integer> resumed() {
    RetryPolicy policy = new RetryPolicy(5, Backoff.none(), NetworkException.class::isInstance);
    return policy.executeFlux(() -> threeFrom(1), last -> threeFrom(last + 1));
  }

  private static Flux<Integer> threeFrom(int first) {
    return first > 9
        ? Flux.empty()
        : Flux.range(first, 3).concatWith(Mono.error(new NetworkException("stream was cut")));
  }

  /** A second call where the first is slow. */
  Mono<String> hedged() {
    AtomicInteger calls = new AtomicInteger();
    Hedge hedge = Hedge.after(Duration.ofMillis(MILLIS));
    return hedge.execute(
        () -> calls.incrementAndGet() == 1 ? Mono.never() : Mono.just("call " + calls.get()));
  }

  static List<String> run() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, calls.incrementAndGet()));
    server.start();
    try {
      RetryPolicyExample example =
          new RetryPolicyExample("http://localhost:" + server.getAddress().getPort() + "/");
      List<String> lines = new ArrayList<>();
      lines.add("execute: " + example.asInTheSpecification().block());
      calls.set(0);
      lines.add("operator: " + example.withEverything().block());
      lines.add("resumed: " + example.resumed().collectList().block());
      lines.add("hedged: " + example.hedged().block());
      return lines;
    } finally {
      server.stop(0);
    }
  }

  private static void answer(HttpExchange exchange, int call) throws IOException {
    try (exchange) {
      switch (call) {
        case 1 -> {
          // Promises more than it sends: the connection is lost in the middle of the answer.
          exchange.sendResponseHeaders(200, 100);
        }
        case 2 -> {
          exchange.getResponseHeaders().add("Retry-After", "0");
          exchange.sendResponseHeaders(503, -1);
        }
        default -> {
          byte[] body = ("answer to call " + call).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        }
      }
    }
  }

  /**
   * Prints what happens.
   *
   * @param args none
   * @throws IOException if no server can be started here
   */
  public static void main(String[] args) throws IOException {
    run().forEach(System.out::println);
  }
}
