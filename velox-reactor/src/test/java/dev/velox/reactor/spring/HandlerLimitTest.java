package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.sync.SyncOptions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

class HandlerLimitTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final Semaphore semaphore = Semaphore.of(2, SyncOptions.named("search").maxWaiters(20));

  @Test
  void only_so_many_requests_are_in_the_handler() {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    WebTestClient client =
        client(
            request ->
                Mono.defer(
                    () -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      return Mono.delay(Duration.ofMillis(5))
                          .doOnNext(tick -> inside.decrementAndGet())
                          .then(ServerResponse.ok().bodyValue("found"));
                    }));
    Flux.range(0, 20)
        .flatMap(
            i ->
                Mono.fromRunnable(() -> client.get().uri("/").exchange().expectStatus().isOk())
                    .subscribeOn(Schedulers.boundedElastic()),
            20)
        .blockLast(LONG);
    assertThat(most).hasValueBetween(1, 2);
    allAreBack();
  }

  /** A client may have its response before the server has given the permit back. */
  private void allAreBack() {
    semaphore.acquire(2, LONG).doOnNext(Lease::release).block(LONG);
    assertThat(semaphore.available()).isEqualTo(2);
  }

  @Test
  void one_that_may_not_wait_is_asked_to_come_again() {
    Lease all = semaphore.tryAcquire(2).orElseThrow();
    WebTestClient client =
        WebTestClient.bindToRouterFunction(
                RouterFunctions.route()
                    .GET("/", request -> ServerResponse.ok().build())
                    .filter(
                        HandlerLimit.of(semaphore)
                            .maxWait(Duration.ZERO)
                            .retryAfter(Duration.ofMillis(2_001)))
                    .build())
            .configureClient()
            .responseTimeout(LONG)
            .build();
    client
        .get()
        .uri("/")
        .exchange()
        .expectStatus()
        .isEqualTo(503)
        .expectHeader()
        .valueEquals("Retry-After", "3");
    assertThat(semaphore.waiting()).isZero();
    all.release();
    client.get().uri("/").exchange().expectStatus().isOk();
  }

  @Test
  void one_more_waiter_than_may_be_is_asked_to_come_again() {
    Semaphore none = Semaphore.of(0, SyncOptions.defaults().maxWaiters(0));
    WebTestClient.bindToRouterFunction(
            route(HandlerLimit.of(none), request -> ServerResponse.ok().build()))
        .configureClient()
        .responseTimeout(LONG)
        .build()
        .get()
        .uri("/")
        .exchange()
        .expectStatus()
        .isEqualTo(503)
        .expectHeader()
        .valueEquals("Retry-After", "1");
  }

  @Test
  void errors_of_the_handler_are_its_own_and_give_the_permit_back() {
    client(request -> Mono.error(new TimeoutException("of the handler")))
        .get()
        .uri("/")
        .exchange()
        .expectStatus()
        .isEqualTo(500);
    client(
            request -> {
              throw new IllegalStateException("at once");
            })
        .get()
        .uri("/")
        .exchange()
        .expectStatus()
        .isEqualTo(500);
    client(request -> Mono.empty()).get().uri("/").exchange();
    client(
            request ->
                ServerResponse.ok().body(Mono.error(new IllegalStateException()), String.class))
        .get()
        .uri("/")
        .exchange()
        .expectStatus()
        .isEqualTo(500);
    allAreBack();
  }

  @Test
  void a_stream_has_its_permit_until_it_ends_or_its_client_leaves() throws Exception {
    Sinks.Many<String> stream = Sinks.many().multicast().directBestEffort();
    CountDownLatch left = new CountDownLatch(1);
    DisposableServer server =
        HttpServer.create()
            .port(0)
            .handle(
                new ReactorHttpHandlerAdapter(
                    RouterFunctions.toHttpHandler(
                        route(
                            HandlerLimit.of(semaphore),
                            request ->
                                ServerResponse.ok()
                                    .contentType(MediaType.TEXT_EVENT_STREAM)
                                    .body(
                                        Flux.concat(Flux.just("first"), stream.asFlux())
                                            .doOnCancel(left::countDown),
                                        String.class)))))
            .bindNow(LONG);
    try {
      WebClient client = WebClient.create("http://localhost:" + server.port());
      CountDownLatch both = new CountDownLatch(2);
      Disposable leaving = events(client).subscribe(event -> both.countDown(), failure -> {});
      Mono<Void> staying = events(client).doOnNext(event -> both.countDown()).then().cache();
      staying.subscribe();
      assertThat(both.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(semaphore.available()).isZero();

      leaving.dispose();
      assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
      // Free again when somebody else can have it.
      semaphore.acquire().doOnNext(Lease::release).block(LONG);

      stream.tryEmitComplete();
      staying.block(LONG);
      semaphore.acquire(2, LONG).doOnNext(Lease::release).block(LONG);
    } finally {
      server.disposeNow(LONG);
    }
  }

  private static Flux<String> events(WebClient client) {
    return client
        .get()
        .uri("/")
        .accept(MediaType.TEXT_EVENT_STREAM)
        .retrieve()
        .bodyToFlux(String.class);
  }

  private WebTestClient client(HandlerFunction<ServerResponse> handler) {
    return WebTestClient.bindToRouterFunction(route(HandlerLimit.of(semaphore), handler))
        .configureClient()
        .responseTimeout(LONG)
        .build();
  }

  private static RouterFunction<ServerResponse> route(
      HandlerLimit limit, HandlerFunction<ServerResponse> handler) {
    return RouterFunctions.route().GET("/", handler).filter(limit).build();
  }
}
