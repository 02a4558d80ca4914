package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

class GracefulShutdownTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  // A loaded machine takes its time; nothing here waits for it to pass.
  private static final String PATIENT = "velox.shutdown.timeout=100s";
  private static final String PATIENT_SPRING = "spring.lifecycle.timeout-per-shutdown-phase=110s";

  // Not the ones that client and server share by default: they end with the server's context, and a
  // request that is
  // about to connect then is never answered, not even by an error.
  private static final LoopResources LOOPS = LoopResources.create("shutdown-test-client");
  private static final ConnectionProvider CONNECTIONS =
      ConnectionProvider.create("shutdown-test-client");

  @AfterAll
  static void endClient() {
    CONNECTIONS.disposeLater().block(LONG);
    LOOPS.disposeLater(Duration.ZERO, LONG).block(LONG);
  }

  @Test
  void under_load_everything_that_was_accepted_is_worked_off() {
    ReactiveWebServerApplicationContext context = web();
    WebClient client = client(context);
    Done done = context.getBean(Done.class);
    Set<Integer> accepted = ConcurrentHashMap.newKeySet();
    Sinks.Empty<Void> enough = Sinks.empty();
    AtomicInteger next = new AtomicInteger();

    Mono<Void> load =
        Flux.range(0, 16)
            .flatMap(
                sender ->
                    Mono.defer(() -> Mono.just(next.getAndIncrement()))
                        .flatMap(
                            order ->
                                client
                                    .post()
                                    .uri("/orders/" + order)
                                    .retrieve()
                                    .toBodilessEntity()
                                    .doOnSuccess(answer -> accepted.add(order)))
                        .doOnNext(
                            answer -> {
                              if (accepted.size() >= 200) {
                                enough.tryEmitEmpty();
                              }
                            })
                        .repeat()
                        // Refused, once the server is told to end: the sender leaves.
                        .onErrorResume(refused -> Mono.empty()))
            .then();
    Mono<Void> loading = load.cache();
    loading.subscribe();
    enough.asMono().block(LONG);

    context.close();
    loading.block(LONG);

    assertThat(accepted).hasSizeGreaterThanOrEqualTo(200);
    assertThat(done.by.keySet()).containsAll(accepted);
    assertThat(done.by.values()).as("how often each was done").containsOnly(1);
  }

  @Test
  void a_request_in_flight_can_still_use_the_constructs() throws Exception {
    ReactiveWebServerApplicationContext context = web();
    Gate gate = context.getBean(Gate.class);
    Done done = context.getBean(Done.class);
    Mono<Integer> answer =
        client(context)
            .post()
            .uri("/slow/7")
            .exchangeToMono(response -> Mono.just(response.statusCode().value()))
            .cache();
    answer.subscribe();
    assertThat(gate.entered.await(60, TimeUnit.SECONDS)).isTrue();

    Mono<Void> closed =
        Mono.<Void>fromRunnable(context::close).subscribeOn(Schedulers.boundedElastic()).cache();
    closed.subscribe();
    assertThat(gate.closing.await(60, TimeUnit.SECONDS)).isTrue();
    gate.open.tryEmitEmpty();

    assertThat(answer.block(LONG)).isEqualTo(200);
    closed.block(LONG);
    assertThat(done.by).containsOnlyKeys(7);
  }

  @Test
  void what_is_not_done_in_time_is_ended() {
    ConfigurableApplicationContext context =
        plain(Stuck.class, "velox.shutdown.timeout=50ms", "velox.channels.left-alone.capacity=4");
    Channel<String> leftAlone =
        context.getBean(ChannelRegistry.class).get("left-alone", String.class);
    assertThat(leftAlone.trySend("nobody takes me")).isEqualTo(SendResult.SENT);
    Channel<?> stuck = context.getBean("channel", Channel.class);
    Pipeline pipeline = context.getBean(Pipeline.class);
    Workers workers = context.getBean(Workers.class);
    CountDownLatch began = new CountDownLatch(1);
    Mono<Object> call =
        workers
            .run(
                signal -> {
                  began.countDown();
                  while (!signal.isAborted()) {
                    Thread.sleep(1);
                  }
                  return null;
                })
            .cache();
    call.subscribe(end -> {}, failure -> {});
    await(began);

    context.close();

    assertThat(leftAlone.size()).isZero();
    assertThat(stuck.isClosed()).isTrue();
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.CANCELLED);
    assertThat(context.isActive()).isFalse();
    assertThat(call.onErrorComplete().blockOptional(LONG)).isEmpty();
  }

  @Test
  void what_feeds_others_can_be_ended_first() {
    ConfigurableApplicationContext context =
        plain(
            ActorFirst.class,
            "velox.shutdown.order=actors,channels,workers",
            PATIENT,
            PATIENT_SPRING);
    ActorFirst.Sending sending = context.getBean(ActorFirst.Sending.class);
    Done done = context.getBean(Done.class);
    for (int i = 0; i < 1_000; i++) {
      assertThat(sending.actor().trySend(i)).isEqualTo(SendResult.SENT);
    }
    context.close();
    assertThat(done.by).hasSize(1_000);
  }

  @Test
  void a_context_that_is_only_stopped_goes_on_when_it_is_started_again() {
    ConfigurableApplicationContext context = plain(Empty.class, "velox.channels.orders.capacity=4");
    Channel<String> orders = context.getBean(ChannelRegistry.class).get("orders", String.class);
    context.stop();
    context.start();
    assertThat(orders.isClosed()).isFalse();
    assertThat(context.getBean(Workers.class).call(() -> 1).block(LONG)).isEqualTo(1);
    context.close();
    assertThat(orders.isClosed()).isTrue();
  }

  @Test
  void a_lazy_application_has_its_pipelines_and_its_end() {
    ConfigurableApplicationContext context =
        new SpringApplicationBuilder(Stuck.class)
            .web(WebApplicationType.NONE)
            .lazyInitialization(true)
            .properties("spring.main.banner-mode=off", "velox.shutdown.timeout=1ms")
            .run();
    Pipeline pipeline = context.getBean(Pipeline.class);
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.RUNNING);
    context.close();
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.CANCELLED);
  }

  private static ReactiveWebServerApplicationContext web() {
    return (ReactiveWebServerApplicationContext)
        new SpringApplicationBuilder(Shop.class)
            .properties(
                "server.port=0",
                "spring.main.banner-mode=off",
                "velox.channels.orders.capacity=64",
                "velox.workers.max=2",
                PATIENT,
                PATIENT_SPRING)
            .run();
  }

  private static WebClient client(ReactiveWebServerApplicationContext context) {
    // The client would send a request again by itself when its connection is closed.
    HttpClient client = HttpClient.create(CONNECTIONS).runOn(LOOPS).disableRetry(true);
    return WebClient.builder()
        .baseUrl("http://localhost:" + context.getWebServer().getPort())
        .clientConnector(new ReactorClientHttpConnector(client))
        .build();
  }

  private static ConfigurableApplicationContext plain(Class<?> application, String... properties) {
    return new SpringApplicationBuilder(application)
        .web(WebApplicationType.NONE)
        .properties("spring.main.banner-mode=off")
        .properties(properties)
        .run();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /** How often each order was worked off. */
  static class Done {
    final Map<Integer, Integer> by = new ConcurrentHashMap<>();

    void add(int order) {
      by.merge(order, 1, Integer::sum);
    }
  }

  static class Gate {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch closing = new CountDownLatch(1);
    final Sinks.Empty<Void> open = Sinks.empty();
  }

  /** A request puts an order into a channel; behind it stand a pipeline, an actor and a pool. */
  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @RestController
  static class Shop {

    @Bean
    static Done done() {
      return new Done();
    }

    @Bean
    static Gate gate() {
      return new Gate();
    }

    /** Stands for any bean in the default phase, which is stopped before requests have ended. */
    @Bean
    static SmartLifecycle early(Gate gate) {
      return new SmartLifecycle() {
        private volatile boolean running;

        @Override
        public void start() {
          running = true;
        }

        @Override
        public void stop() {
          running = false;
          gate.closing.countDown();
        }

        @Override
        public boolean isRunning() {
          return running;
        }
      };
    }

    @Bean
    static Pipeline shipping(
        ChannelRegistry channels, ActorSystem actors, Workers workers, Done done) {
      StatefulActor<Integer, Integer> ledger =
          actors.spawn(
              Actor.<Integer, Integer>builder(
                  0,
                  (Behavior<Integer, Integer>)
                      (count, order) ->
                          workers.run(
                              signal -> {
                                done.add(order);
                                return count + 1;
                              })));
      return Pipeline.of(
          "shipping",
          channels.get("orders", Integer.class),
          orders ->
              orders.flatMap(
                  order -> Mono.delay(Duration.ofMillis(2)).then(ledger.send(order)), 8));
    }

    private final Channel<Integer> orders;
    private final Gate gate;

    Shop(ChannelRegistry channels, Gate gate) {
      this.orders = channels.get("orders", Integer.class);
      this.gate = gate;
    }

    @PostMapping("/orders/{order}")
    Mono<Void> order(@PathVariable("order") int order) {
      return orders.send(order);
    }

    @PostMapping("/slow/{order}")
    Mono<Void> slow(@PathVariable("order") int order) {
      gate.entered.countDown();
      return gate.open.asMono().then(orders.send(order));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Empty {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Stuck {
    @Bean
    Channel<Integer> channel() {
      return Channel.bounded(1);
    }

    @Bean
    Pipeline pipeline(Channel<Integer> channel) {
      return Pipeline.of("stuck", channel, elements -> elements.mergeWith(Mono.never()));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class ActorFirst {

    record Sending(StatefulActor<Integer, Integer> actor) {}

    @Bean
    Done done() {
      return new Done();
    }

    @Bean
    Channel<Integer> channel() {
      return Channel.bounded(1);
    }

    @Bean
    Sending sending(ActorSystem actors, Channel<Integer> channel) {
      return new Sending(
          actors.spawn(
              Actor.<Integer, Integer>builder(
                  0,
                  (Behavior<Integer, Integer>)
                      (count, order) -> channel.send(order).thenReturn(count + 1))));
    }

    @Bean
    Pipeline pipeline(Channel<Integer> channel, Done done) {
      return Pipeline.of("done", channel, orders -> orders.doOnNext(done::add));
    }
  }
}
