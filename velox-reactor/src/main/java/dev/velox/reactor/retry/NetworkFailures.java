package dev.velox.reactor.retry;

import dev.velox.reactor.internal.Args;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.scheduler.Schedulers;

/**
 * Turns what the usual clients throw into {@link NetworkException} and {@link RetryableException},
 * so that a policy's filter needs to know those two alone.
 *
 * <pre>{@code
 * mono.onErrorMap(NetworkFailures::map)
 *
 * webClient.get().uri(uri).retrieve().bodyToMono(String.class)
 *     .onErrorMap(WebClientResponseException.class, e -> NetworkFailures.mapStatus(
 *         e.getStatusCode().value(), e.getHeaders().getFirst("Retry-After"), e))
 *     .onErrorMap(NetworkFailures::map)
 * }</pre>
 *
 * <p>Whether a call may be made twice is the caller's to know: a lost connection does not tell
 * whether the request was carried out.
 */
public final class NetworkFailures {

  /** Request Timeout, Too Early, Too Many Requests, Bad Gateway, Unavailable, Gateway Timeout. */
  private static final Set<Integer> TRANSIENT_STATUS = Set.of(408, 425, 429, 502, 503, 504);

  // By name: these clients are not on the class path of everybody.
  private static final Set<String> CLIENT_FAILURES =
      Set.of(
          "java.net.http.HttpTimeoutException",
          "io.netty.channel.ConnectTimeoutException",
          "io.netty.handler.timeout.TimeoutException",
          "io.netty.handler.ssl.SslClosedEngineException",
          "io.netty.handler.ssl.SslHandshakeTimeoutException",
          "io.netty.resolver.dns.DnsNameResolverException",
          "reactor.netty.http.client.PrematureCloseException",
          "reactor.netty.channel.AbortedException",
          "reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException",
          "org.apache.hc.core5.http.NoHttpResponseException",
          "org.apache.hc.core5.http.ConnectionClosedException",
          "org.apache.http.NoHttpResponseException",
          "okhttp3.internal.http2.StreamResetException",
          "okhttp3.internal.http2.ConnectionShutdownException",
          "org.eclipse.jetty.io.EofException");

  // What clients throw as a bare IOException, told apart by nothing but the text.
  private static final List<String> LOST_CONNECTION =
      List.of(
          "connection reset",
          "connection refused",
          "broken pipe",
          "premature",
          "unexpected end of stream",
          "header parser received no bytes",
          "eof reached while reading",
          "goaway",
          "connection closed",
          "connection was aborted",
          "stream was reset",
          "timed out");

  private static final int CAUSES = 32;

  // RFC 9110, 5.6.7: the form to send, and the two older ones that a recipient must accept.
  private static final List<DateTimeFormatter> HTTP_DATES =
      List.of(
          DateTimeFormatter.RFC_1123_DATE_TIME,
          new DateTimeFormatterBuilder()
              .appendPattern("EEEE, dd-MMM-")
              .appendValueReduced(ChronoField.YEAR, 2, 2, 1970)
              .appendPattern(" HH:mm:ss 'GMT'")
              .toFormatter(Locale.ENGLISH)
              .withZone(ZoneOffset.UTC),
          DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH)
              .withZone(ZoneOffset.UTC));

  private NetworkFailures() {}

  /**
   * Maps a failure of the network to a {@link NetworkException} with that failure as its cause:
   * refused, reset and closed connections, unknown hosts, time-outs, streams that ended early, of
   * the JDK's clients and of Netty, Reactor Netty, Apache HttpClient, OkHttp and Jetty, found
   * anywhere among the causes.
   *
   * @param failure the failure
   * @return the exception, or the failure itself if it is a {@link RetryableException} already, or
   *     anything else than a failure of the network
   */
  public static Throwable map(Throwable failure) {
    Throwable error = Exceptions.unwrap(Args.notNull(failure, "failure"));
    while ((error instanceof CompletionException || error instanceof ExecutionException)
        && error.getCause() != null) {
      error = error.getCause();
    }
    if (error instanceof RetryableException) {
      return error;
    }
    Throwable cause = error;
    for (int i = 0; cause != null && i < CAUSES; i++) {
      if (isNetwork(cause)) {
        return new NetworkException(describe(cause), error);
      }
      cause = cause.getCause();
    }
    return failure;
  }

  private static String describe(Throwable cause) {
    String message = cause.getMessage();
    String type = cause.getClass().getSimpleName();
    return message == null ? type : type + ": " + message;
  }

  private static boolean isNetwork(Throwable error) {
    if (error instanceof SocketException
        || error instanceof UnknownHostException
        || error instanceof SocketTimeoutException
        || error instanceof ClosedChannelException
        || error instanceof EOFException
        || error instanceof TimeoutException) {
      return true;
    }
    if (error instanceof InterruptedIOException
        && error.getClass() == InterruptedIOException.class) {
      // The caller was interrupted, which is a cancellation; okhttp uses it for "timeout" too.
      return "timeout".equals(error.getMessage());
    }
    for (Class<?> type = error.getClass(); type != null; type = type.getSuperclass()) {
      if (CLIENT_FAILURES.contains(type.getName())) {
        return true;
      }
    }
    return error instanceof IOException && tellsOfLostConnection(error.getMessage());
  }

  private static boolean tellsOfLostConnection(@Nullable String message) {
    if (message == null) {
      return false;
    }
    String text = message.toLowerCase(Locale.ROOT);
    return LOST_CONNECTION.stream().anyMatch(text::contains);
  }

  /**
   * Maps an HTTP answer that stands for a passing condition (408, 425, 429, 502, 503, 504) to a
   * {@link RetryableException} that asks for the delay in the {@code Retry-After} header. Other
   * answers, 500 among them, are no invitation to call again.
   *
   * @param status the status code
   * @param retryAfter the value of the {@code Retry-After} header, or {@code null}; one that can't
   *     be read is ignored
   * @param failure what the client threw
   * @return the exception, or the failure itself for other answers
   */
  public static Throwable mapStatus(int status, @Nullable String retryAfter, Throwable failure) {
    Args.notNull(failure, "failure");
    if (!TRANSIENT_STATUS.contains(status)) {
      return failure;
    }
    String message = "HTTP status " + status;
    Optional<Duration> delay =
        retryAfter == null
            ? Optional.empty()
            : retryAfter(
                retryAfter, Instant.ofEpochMilli(Schedulers.parallel().now(TimeUnit.MILLISECONDS)));
    return delay.isPresent()
        ? new RetryableException(message, failure, delay.get())
        : new RetryableException(message, failure);
  }

  /**
   * Reads a {@code Retry-After} header (RFC 9110, 10.2.3): seconds, or a date in any of the three
   * forms that HTTP knows.
   *
   * @param header the value
   * @param now the present, against which a date is read
   * @return the delay, never negative, at most what a scheduler can keep; empty if the value is
   *     neither
   */
  public static Optional<Duration> retryAfter(String header, Instant now) {
    String value = Args.notNull(header, "header").strip();
    Args.notNull(now, "now");
    if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      // More digits than a long holds still mean "very long".
      long seconds = value.length() > 18 ? Long.MAX_VALUE : Long.parseLong(value);
      return Optional.of(Duration.ofNanos(Schedules.saturate(Duration.ofSeconds(seconds))));
    }
    for (DateTimeFormatter format : HTTP_DATES) {
      try {
        Duration delay = Duration.between(now, ZonedDateTime.parse(value, format).toInstant());
        return Optional.of(
            delay.isNegative() ? Duration.ZERO : Duration.ofNanos(Schedules.saturate(delay)));
      } catch (DateTimeException notThisForm) {
        // The next one may fit.
      }
    }
    return Optional.empty();
  }
}
