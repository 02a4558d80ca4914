package dev.velox.reactor.spring;

import dev.velox.reactor.internal.Args;
import dev.velox.reactor.retry.NetworkException;
import dev.velox.reactor.retry.NetworkFailures;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.retry.RetryableException;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sends a request of {@code WebClient} again under a policy, when the network failed or the answer
 * was 408, 425, 429, 502, 503 or 504; it waits at least as long as {@code Retry-After} says.
 *
 * <pre>{@code
 * WebClient stock = WebClient.builder()
 *     .baseUrl(url)
 *     .filter(RetryFilter.of(policies.get("stock")))
 *     .build();
 * }</pre>
 *
 * <p><b>What the policy sees</b> is a {@link NetworkException}, or a {@link RetryableException} for
 * an answer. <b>What the caller sees</b> when it gives up is what it would see without this filter:
 * the last answer, or the client's own exception, which has those of the attempts before as
 * suppressed. Time-outs of the policy come as {@link java.util.concurrent.TimeoutException}. It
 * covers the exchange until the head of the response is there; what goes wrong with the body of a
 * good answer later is not retried.
 *
 * <p><b>Which requests</b> are sent again: those of an idempotent method (RFC 9110, 9.2.2), and
 * those with an {@code Idempotency-Key}; for others see {@link #alsoIf}. Their body is subscribed
 * to anew for each attempt, so it has to be one that can be.
 *
 * <p><b>Connections.</b> The body of an answer that may be retried is read at once, so that the
 * connection is free while the policy waits. If it is longer than 256 KiB the rest is thrown away,
 * and reading it fails, should it be the last answer, with a {@link DataBufferLimitException}.
 *
 * <p>A value: each method answers a new filter and leaves this one as it is.
 */
public final class RetryFilter implements ExchangeFilterFunction {

  private static final Set<HttpMethod> IDEMPOTENT =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.OPTIONS,
          HttpMethod.PUT,
          HttpMethod.DELETE,
          HttpMethod.TRACE);

  /** As much as a client's codecs keep in memory unless told otherwise. */
  private static final int LONGEST_BODY = 256 * 1024;

  private final RetryPolicy policy;
  private final Predicate<? super ClientRequest> repeatable;

  private RetryFilter(RetryPolicy policy, Predicate<? super ClientRequest> repeatable) {
    this.policy = policy;
    this.repeatable = repeatable;
  }

  /**
   * A filter.
   *
   * @param policy whether, when and how often a request is sent again
   * @return a new filter
   */
  public static RetryFilter of(RetryPolicy policy) {
    return new RetryFilter(Args.notNull(policy, "policy"), RetryFilter::isIdempotent);
  }

  /**
   * Which other requests may be sent twice: the server must bear to carry them out twice.
   *
   * @param others whether a request may be
   * @return a new filter
   */
  public RetryFilter alsoIf(Predicate<? super ClientRequest> others) {
    Args.notNull(others, "others");
    return new RetryFilter(policy, request -> repeatable.test(request) || others.test(request));
  }

  private static boolean isIdempotent(ClientRequest request) {
    return IDEMPOTENT.contains(request.method())
        || request.headers().containsHeader("Idempotency-Key");
  }

  /** Called by Spring. */
  @Override
  public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
    if (!repeatable.test(request)) {
      return next.exchange(request);
    }
    return policy
        .<ClientResponse>execute(
            () ->
                next.exchange(request)
                    .flatMap(RetryFilter::refuseIfTransient)
                    .onErrorMap(RetryFilter::lost))
        .onErrorResume(RetryableException.class, RetryFilter::asWithoutFilter)
        // A policy may refuse results too.
        .doOnDiscard(ClientResponse.class, RetryFilter::release);
  }

  private static Mono<ClientResponse> refuseIfTransient(ClientResponse response) {
    int status = response.statusCode().value();
    if (!response.statusCode().isError()) {
      return Mono.just(response);
    }
    Refused refused = new Refused(status);
    Throwable failure =
        NetworkFailures.mapStatus(
            status, response.headers().asHttpHeaders().getFirst(HttpHeaders.RETRY_AFTER), refused);
    return failure == refused
        ? Mono.just(response)
        : detached(response)
            .flatMap(
                kept -> {
                  refused.response = kept;
                  return Mono.error(failure);
                });
  }

  /** The same response, without its connection. */
  private static Mono<ClientResponse> detached(ClientResponse response) {
    return DataBufferUtils.join(response.body(BodyExtractors.toDataBuffers()), LONGEST_BODY)
        .map(RetryFilter::bytes)
        .defaultIfEmpty(new byte[0])
        .map(bytes -> Flux.defer(() -> Flux.just(buffer(bytes))))
        .onErrorResume(DataBufferLimitException.class, tooLong -> Mono.just(Flux.error(tooLong)))
        // As a function: a body given as such would first subscribe to the old one to release it.
        .map(body -> response.mutate().body(read -> body).build());
  }

  private static byte[] bytes(DataBuffer buffer) {
    byte[] bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }

  private static DataBuffer buffer(byte[] bytes) {
    return DefaultDataBufferFactory.sharedInstance.wrap(bytes);
  }

  private static Throwable lost(Throwable error) {
    Throwable mapped = NetworkFailures.map(error);
    return mapped instanceof NetworkException && mapped != error
        ? new Lost(mapped.getMessage(), error)
        : error;
  }

  private static Mono<ClientResponse> asWithoutFilter(RetryableException error) {
    if (error.getCause() instanceof Refused refused && refused.response != null) {
      return Mono.just(refused.response);
    }
    if (error instanceof Lost lost) {
      for (Throwable earlier : lost.getSuppressed()) {
        if (earlier != lost.original) {
          lost.original.addSuppressed(earlier);
        }
      }
      return Mono.error(lost.original);
    }
    return Mono.error(error);
  }

  private static void release(ClientResponse response) {
    Disposable ignored = response.releaseBody().subscribe(nothing -> {}, failure -> {});
  }

  /** An answer that may be retried; it goes to the caller if the policy gives up. */
  private static final class Refused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private transient @Nullable ClientResponse response;

    Refused(int status) {
      super("HTTP status " + status, null, false, false);
    }
  }

  /** A failure of the network; the client's own exception goes to the caller. */
  private static final class Lost extends NetworkException {

    private static final long serialVersionUID = 1L;

    private final Throwable original;

    Lost(@Nullable String message, Throwable original) {
      super(message, original);
      this.original = original;
    }
  }
}
