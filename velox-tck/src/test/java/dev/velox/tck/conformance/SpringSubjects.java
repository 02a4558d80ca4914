package dev.velox.tck.conformance;

import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.spring.HandlerLimit;
import dev.velox.reactor.spring.RetryFilter;
import dev.velox.reactor.spring.Workers;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.worker.WorkerPool;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code spring} offers. */
final class SpringSubjects {

  private static final Workers WORKERS = new Workers(pool());

  /** Nobody looks at it. */
  private static final ServerRequest REQUEST =
      (ServerRequest)
          Proxy.newProxyInstance(
              SpringSubjects.class.getClassLoader(),
              new Class<?>[] {ServerRequest.class},
              (proxy, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
              });

  private SpringSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Workers.call(Callable)", calling("Workers.call", Workers::call)),
        new Subject(
            "Workers.run(Call)",
            calling("Workers.run", (workers, call) -> workers.run(signal -> call.call()))),
        new Subject("RetryFilter.filter(ClientRequest, ExchangeFunction)", retrying()),
        new Subject("HandlerLimit.filter(ServerRequest, HandlerFunction)", limiting()));
  }

  private static WorkerPool<Workers.Call<?>, Object> pool() {
    return WorkerPool.of((call, signal) -> call.run(signal));
  }

  private static PublisherConformance<Long> calling(
      String name, BiFunction<Workers, Callable<Long>, Mono<Long>> run) {
    return PublisherConformance.single(name, () -> run.apply(WORKERS, () -> 1L))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(
            () ->
                run.apply(
                    WORKERS,
                    () -> {
                      throw new IllegalStateException("failed");
                    }))
        .empty(() -> run.apply(WORKERS, () -> null))
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              return new Waiting<>(
                  run.apply(new Workers(pool()), () -> gate.asMono().block()),
                  () -> gate.tryEmitValue(1L));
            });
  }

  private static PublisherConformance<ClientResponse> retrying() {
    return PublisherConformance.single(
            "RetryFilter.filter",
            () -> retried(Mono.just(ClientResponse.create(HttpStatus.OK).build())))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(() -> retried(Mono.error(new IllegalStateException("failed"))))
        .empty(() -> retried(Mono.empty()))
        .waiting(
            () -> {
              Sinks.One<ClientResponse> gate = Sinks.one();
              return new Waiting<>(
                  retried(gate.asMono()),
                  () -> gate.tryEmitValue(ClientResponse.create(HttpStatus.OK).build()));
            });
  }

  private static Mono<ClientResponse> retried(Mono<ClientResponse> exchange) {
    RetryPolicy policy = new RetryPolicy(2, attempt -> Duration.ofHours(1), failure -> false);
    ClientRequest request =
        ClientRequest.create(HttpMethod.GET, URI.create("http://localhost/")).build();
    return RetryFilter.of(policy).filter(request, sent -> exchange);
  }

  private static PublisherConformance<ServerResponse> limiting() {
    HandlerFunction<ServerResponse> handler = request -> ServerResponse.ok().build();
    return PublisherConformance.single(
            "HandlerLimit.filter", () -> limited(Semaphore.of(1_000), handler))
        .fanOut(FanOut.COMPETING) // each has a permit of its own in it
        .failingOnDemand(
            () ->
                limited(
                    Semaphore.of(1_000),
                    request -> Mono.error(new IllegalStateException("failed"))))
        .empty(() -> limited(Semaphore.of(1_000), request -> Mono.empty()))
        .waiting(
            () -> {
              Semaphore taken = Semaphore.of(1);
              Lease lease = taken.tryAcquire(1).orElseThrow();
              return new Waiting<>(limited(taken, handler), lease::release);
            });
  }

  private static Mono<ServerResponse> limited(
      Semaphore semaphore, HandlerFunction<ServerResponse> handler) {
    return HandlerLimit.of(semaphore).filter(REQUEST, handler);
  }
}
