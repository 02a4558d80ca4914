package dev.velox.reactor.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class NetworkFailuresTest {

  private static final Instant NOW = Instant.parse("1994-11-06T08:49:00Z");

  @Test
  void failures_of_the_network_become_network_exceptions_with_their_cause() {
    for (Exception failure :
        List.of(
            new ConnectException("refused"),
            new NoRouteToHostException("x"),
            new SocketException("Connection reset"),
            new SocketTimeoutException("x"),
            new UnknownHostException("nowhere.example"),
            new ClosedChannelException(),
            new EOFException(),
            new TimeoutException(),
            new HttpTimeoutException("request timed out"),
            new IOException("Connection reset by peer"),
            new IOException("HTTP/1.1 header parser received no bytes"),
            new IOException("Broken pipe"),
            new InterruptedIOException("timeout"))) {
      Throwable mapped = NetworkFailures.map(failure);
      assertThat(mapped)
          .as(failure.toString())
          .isInstanceOf(NetworkException.class)
          .hasCause(failure);
      assertThat(mapped).hasMessageContaining(failure.getClass().getSimpleName());
    }
  }

  @Test
  void they_are_found_among_the_causes_and_out_of_wrappers() {
    ConnectException refused = new ConnectException("refused");
    IllegalStateException client = new IllegalStateException("client", refused);
    assertThat(NetworkFailures.map(client))
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining("refused")
        .hasCause(client);
    assertThat(NetworkFailures.map(new CompletionException(refused))).hasCause(refused);
    assertThat(NetworkFailures.map(Exceptions.propagate(refused))).hasCause(refused);
  }

  @Test
  void anything_else_stays_itself() {
    for (Exception failure :
        List.of(
            new IOException("disk full"),
            new IOException(),
            new IllegalArgumentException(),
            new InterruptedIOException("interrupted"),
            new RetryableException("already"),
            new NetworkException("already"))) {
      assertThat(NetworkFailures.map(failure)).isSameAs(failure);
    }
  }

  @Test
  void causes_that_go_in_a_circle_are_not_followed_for_ever() {
    Exception one = new Exception("one");
    Exception two = new Exception("two", one);
    one.initCause(two);
    assertThat(NetworkFailures.map(one)).isSameAs(one);
    assertThat(RetryPolicy.causedBy(NetworkException.class).test(one)).isFalse();
  }

  @Test
  void a_real_refused_connection_is_a_network_exception() throws IOException {
    int closedPort;
    try (ServerSocket socket = new ServerSocket(0)) {
      closedPort = socket.getLocalPort();
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + closedPort + "/")).build();
    Mono<String> call =
        Mono.fromFuture(
                () -> HttpClient.newHttpClient().sendAsync(request, BodyHandlers.ofString()))
            .map(response -> response.body())
            .onErrorMap(NetworkFailures::map);
    StepVerifier.create(call).expectError(NetworkException.class).verify(Duration.ofSeconds(30));
  }

  @Test
  void passing_conditions_of_http_become_retryable_with_the_delay_asked_for() {
    Exception failure = new Exception("client");
    for (int status : new int[] {408, 425, 429, 502, 503, 504}) {
      assertThat(NetworkFailures.mapStatus(status, "7", failure))
          .isInstanceOfSatisfying(
              RetryableException.class,
              error -> assertThat(error.retryAfter()).contains(Duration.ofSeconds(7)))
          .hasMessageContaining("" + status)
          .hasCause(failure);
    }
    for (int status : new int[] {200, 400, 401, 404, 409, 500, 501}) {
      assertThat(NetworkFailures.mapStatus(status, "7", failure)).isSameAs(failure);
    }
    for (String unreadable : new String[] {null, "", "soon", "-1", "1.5"}) {
      assertThat(NetworkFailures.mapStatus(503, unreadable, failure))
          .isInstanceOfSatisfying(
              RetryableException.class, error -> assertThat(error.retryAfter()).isEmpty());
    }
  }

  @Test
  void retry_after_is_read_in_all_its_forms() {
    assertThat(NetworkFailures.retryAfter("120", NOW)).contains(Duration.ofMinutes(2));
    assertThat(NetworkFailures.retryAfter(" 0 ", NOW)).contains(Duration.ZERO);
    for (String date :
        List.of(
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994")) {
      assertThat(NetworkFailures.retryAfter(date, NOW)).as(date).contains(Duration.ofSeconds(37));
    }
    assertThat(NetworkFailures.retryAfter("Sun, 06 Nov 1994 08:48:00 GMT", NOW))
        .contains(Duration.ZERO);
    assertThat(NetworkFailures.retryAfter("tomorrow", NOW)).isEmpty();
    assertThat(NetworkFailures.retryAfter("", NOW)).isEmpty();
  }

  @Test
  void a_retry_after_beyond_all_measure_saturates() {
    Duration longest = Duration.ofNanos(Long.MAX_VALUE >> 2);
    assertThat(NetworkFailures.retryAfter("9".repeat(15), NOW)).contains(longest);
    assertThat(NetworkFailures.retryAfter("9".repeat(100), NOW)).contains(longest);
    assertThat(NetworkFailures.retryAfter("Fri, 31 Dec 9999 23:59:59 GMT", NOW)).contains(longest);
  }
}
