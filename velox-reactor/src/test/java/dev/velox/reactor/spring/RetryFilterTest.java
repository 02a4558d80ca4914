package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.FailedAttempt;
import dev.velox.reactor.retry.NetworkException;
import dev.velox.reactor.retry.RetryListener;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.retry.RetryPolicyBuilder;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.test.StepVerifier;

class RetryFilterTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final AtomicInteger calls = new AtomicInteger();

  private static RetryPolicyBuilder three() {
    return RetryPolicy.builder().maxAttempts(3).backoff(Backoff.none());
  }

  @Test
  void a_transient_answer_is_asked_for_again() {
    WebClient client = client(three().build(), call -> call < 3 ? status(503) : status(200));
    StepVerifier.create(client.get().retrieve().toBodilessEntity())
        .assertNext(answer -> assertThat(answer.getStatusCode().value()).isEqualTo(200))
        .expectComplete()
        .verify(LONG);
    assertThat(calls).hasValue(3);
  }

  @Test
  void other_answers_are_passed_on() {
    for (int status : new int[] {200, 302, 400, 404, 500}) {
      calls.set(0);
      WebClient client = client(three().build(), call -> status(status));
      assertThat(
              client
                  .get()
                  .exchangeToMono(answer -> Mono.just(answer.statusCode().value()))
                  .block(LONG))
          .isEqualTo(status);
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void when_the_policy_gives_up_the_last_answer_comes_with_its_body() {
    WebClient client =
        client(
            three().build(),
            call ->
                ClientResponse.create(HttpStatus.SERVICE_UNAVAILABLE)
                    .header("X-Call", Integer.toString(call))
                    .body("busy " + call)
                    .build());
    StepVerifier.create(client.get().retrieve().bodyToMono(String.class))
        .expectErrorSatisfies(
            error -> {
              WebClientResponseException refused = (WebClientResponseException) error;
              assertThat(refused.getStatusCode().value()).isEqualTo(503);
              assertThat(refused.getResponseBodyAsString()).isEqualTo("busy 3");
              assertThat(refused.getHeaders().getFirst("X-Call")).isEqualTo("3");
            })
        .verify(LONG);
    assertThat(calls).hasValue(3);
  }

  @Test
  void what_the_server_asks_for_is_waited() {
    List<Duration> delays = new ArrayList<>();
    RetryPolicy policy =
        three()
            .listener(
                new RetryListener() {
                  @Override
                  public void onRetry(FailedAttempt failed, Duration delay) {
                    delays.add(delay);
                  }
                })
            .build();
    StepVerifier.withVirtualTime(
            () ->
                client(
                        policy,
                        call ->
                            call == 1
                                ? ClientResponse.create(HttpStatus.TOO_MANY_REQUESTS)
                                    .header(HttpHeaders.RETRY_AFTER, "7")
                                    .build()
                                : status(200))
                    .get()
                    .retrieve()
                    .toBodilessEntity())
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(7))
        .expectNextCount(1)
        .expectComplete()
        .verify(LONG);
    assertThat(delays).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void a_lost_connection_is_a_network_exception_for_the_policy_and_its_own_for_the_caller() {
    RetryPolicy policy = three().retryOn(NetworkException.class).build();
    List<Throwable> thrown = new ArrayList<>();
    ExchangeFunction next =
        request -> {
          WebClientRequestException lost =
              new WebClientRequestException(
                  new ConnectException("refused"),
                  HttpMethod.GET,
                  URI.create("/"),
                  new HttpHeaders());
          thrown.add(lost);
          return Mono.error(lost);
        };
    StepVerifier.create(RetryFilter.of(policy).filter(request(HttpMethod.GET), next))
        .expectErrorSatisfies(
            error -> {
              assertThat(error).isSameAs(thrown.get(2));
              assertThat(error.getSuppressed())
                  .extracting(Throwable::getCause)
                  .containsExactly(thrown.get(0), thrown.get(1));
            })
        .verify(LONG);
    assertThat(thrown).hasSize(3);
  }

  @Test
  void what_is_no_failure_of_the_network_is_for_the_policy_to_judge() {
    IOException disk = new IOException("disk full");
    AtomicInteger attempts = new AtomicInteger();
    ExchangeFunction next =
        request -> {
          attempts.incrementAndGet();
          return Mono.error(disk);
        };
    RetryPolicy policy = three().retryOn(NetworkException.class).build();
    StepVerifier.create(RetryFilter.of(policy).filter(request(HttpMethod.GET), next))
        .expectErrorMatches(error -> error == disk)
        .verify(LONG);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void a_request_that_can_not_be_repeated_is_sent_once_unless_it_is_said_to_be() {
    ExchangeFunction busy =
        request -> {
          calls.incrementAndGet();
          return Mono.just(status(503));
        };
    RetryFilter filter = RetryFilter.of(three().build());

    assertThat(sent(filter, request(HttpMethod.POST), busy)).isEqualTo(1);
    assertThat(sent(filter, request(HttpMethod.PUT), busy)).isEqualTo(3);
    ClientRequest keyed =
        ClientRequest.from(request(HttpMethod.POST)).header("Idempotency-Key", "1").build();
    assertThat(sent(filter, keyed, busy)).isEqualTo(3);
    RetryFilter more = filter.alsoIf(request -> request.url().getPath().equals("/"));
    assertThat(sent(more, request(HttpMethod.POST), busy)).isEqualTo(3);
  }

  @Test
  void a_refused_result_is_released() {
    AtomicInteger released = new AtomicInteger();
    RetryPolicy policy =
        three()
            .retryOnResult(ClientResponse.class, answer -> answer.statusCode().value() == 202)
            .build();
    StepVerifier.create(
            RetryFilter.of(policy)
                .filter(
                    request(HttpMethod.GET),
                    request ->
                        Mono.just(
                            calls.incrementAndGet() == 1
                                ? ClientResponse.create(HttpStatus.ACCEPTED)
                                    .body(
                                        Flux.defer(
                                            () -> {
                                              released.incrementAndGet();
                                              return Flux.empty();
                                            }))
                                    .build()
                                : status(200))))
        .expectNextMatches(answer -> answer.statusCode().value() == 200)
        .expectComplete()
        .verify(LONG);
    assertThat(released).hasValue(1);
  }

  @Test
  void over_one_connection_an_answer_that_is_retried_does_not_hold_it() {
    String longBody = "x".repeat(300 * 1024);
    DisposableServer server =
        HttpServer.create()
            .port(0)
            .handle(
                (request, response) -> {
                  int call = calls.incrementAndGet();
                  return request.uri().equals("/endless-trouble") || call < 3
                      ? response.status(503).sendString(Mono.just(longBody))
                      : response.sendString(Mono.just("done"));
                })
            .bindNow(LONG);
    ConnectionProvider one = ConnectionProvider.create("one", 1);
    try {
      WebClient client =
          WebClient.builder()
              .baseUrl("http://localhost:" + server.port())
              .clientConnector(new ReactorClientHttpConnector(HttpClient.create(one)))
              .filter(RetryFilter.of(three().build()))
              .build();
      assertThat(client.get().uri("/").retrieve().bodyToMono(String.class).block(LONG))
          .isEqualTo("done");
      assertThat(calls).hasValue(3);

      // Longer than what is kept: the status is told, the body is not.
      StepVerifier.create(
              client
                  .get()
                  .uri("/endless-trouble")
                  .exchangeToMono(answer -> answer.bodyToMono(String.class)))
          .expectError(DataBufferLimitException.class)
          .verify(LONG);
      StepVerifier.create(client.get().uri("/endless-trouble").retrieve().bodyToMono(String.class))
          .expectErrorMatches(
              error ->
                  error instanceof WebClientResponseException refused
                      && refused.getStatusCode().value() == 503)
          .verify(LONG);
    } finally {
      server.disposeNow(LONG);
      one.dispose();
    }
  }

  private int sent(RetryFilter filter, ClientRequest request, ExchangeFunction next) {
    calls.set(0);
    StepVerifier.create(filter.filter(request, next))
        .expectNextMatches(answer -> answer.statusCode().value() == 503)
        .expectComplete()
        .verify(LONG);
    return calls.get();
  }

  private WebClient client(RetryPolicy policy, IntFunction<ClientResponse> answer) {
    return WebClient.builder()
        .baseUrl("http://localhost")
        .exchangeFunction(request -> Mono.fromSupplier(() -> answer.apply(calls.incrementAndGet())))
        .filter(RetryFilter.of(policy))
        .build();
  }

  private static ClientRequest request(HttpMethod method) {
    return ClientRequest.create(method, URI.create("http://localhost/")).build();
  }

  private static ClientResponse status(int status) {
    return ClientResponse.create(HttpStatus.valueOf(status)).build();
  }
}
