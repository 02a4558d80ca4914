package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorBuilder;
import dev.velox.reactor.actor.ActorGroup;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentQueue;
import dev.velox.reactor.sync.KeyedMutex;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ActuatorTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private static final ApplicationContextRunner RUNNER =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  VeloxAutoConfiguration.class, VeloxActuatorAutoConfiguration.class));

  private static ReactiveWebServerApplicationContext context;

  @BeforeAll
  static void start() {
    context =
        (ReactiveWebServerApplicationContext)
            new SpringApplicationBuilder(App.class)
                .properties(
                    "server.port=0",
                    "spring.main.banner-mode=off",
                    "spring.application.name=shop",
                    "management.endpoints.web.exposure.include=velox,health",
                    "management.endpoint.health.show-details=always",
                    "velox.channels.orders.capacity=2",
                    "velox.channels.log.unbounded=true",
                    "velox.mutexes.ledger.max-waiters=5",
                    "velox.semaphores.search.permits=3",
                    "velox.retries.stock.max-attempts=2",
                    // Nobody receives what is left.
                    "velox.shutdown.timeout=1ms")
                .run();
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Test
  void the_endpoint_tells_depth_waiters_and_counts() {
    Channel<String> orders = context.getBean(ChannelRegistry.class).get("orders", String.class);
    orders.trySend("one");
    orders.trySend("two");
    orders.send("three").subscribe();
    Mutex ledger = VeloxAutoConfigurationTest.registry(context, Mutex.class).get("ledger");
    ledger.tryLock();
    ledger.lock().subscribe();
    VeloxAutoConfigurationTest.registry(context, Semaphore.class).get("search").tryAcquire(2);
    context.getBean(Workers.class).call(() -> 1).block(LONG);

    JsonNode report = get("/actuator/velox");

    JsonNode channel = report.at("/channels/orders");
    assertThat(channel.at("/size").asInt()).isEqualTo(2);
    assertThat(channel.at("/capacity").asInt()).isEqualTo(2);
    assertThat(channel.at("/waitingSenders").asInt()).isEqualTo(1);
    assertThat(channel.at("/waitingReceivers").asInt()).isZero();
    assertThat(channel.at("/closed").asBoolean()).isFalse();
    assertThat(channel.at("/counts/ACCEPTED").asInt()).isEqualTo(2);
    assertThat(channel.at("/counts/WAITING").asInt()).isEqualTo(1);
    assertThat(
            report.at("/channels/log/capacity").isMissingNode()
                || report.at("/channels/log/capacity").isNull())
        .isTrue();
    // Beans, by their names.
    assertThat(report.at("/channels/own/waitingReceivers").asInt()).isEqualTo(1);
    assertThat(report.at("/queues/jobs/size").asInt()).isEqualTo(1);
    assertThat(report.at("/broadcasts/prices/subscribers").asInt()).isEqualTo(1);
    assertThat(report.at("/pipelines/shipping/state").asString()).isEqualTo("RUNNING");
    assertThat(report.at("/keyedMutexes/runways/activeKeys").asInt()).isEqualTo(1);
    assertThat(report.at("/actors/counter/mailbox").asInt()).isZero();
    assertThat(report.at("/actors/counter/stopped").asBoolean(true)).isFalse();

    assertThat(report.at("/mutexes/ledger/locked").asBoolean()).isTrue();
    assertThat(report.at("/mutexes/ledger/waiting").asInt()).isEqualTo(1);
    assertThat(report.at("/semaphores/search/permits").asInt()).isEqualTo(3);
    assertThat(report.at("/semaphores/search/available").asInt()).isEqualTo(1);
    assertThat(report.at("/retryPolicies").has("stock")).isTrue();
    assertThat(report.at("/actorSystems/veloxActorSystem/name").asString()).isEqualTo("shop");
    assertThat(report.at("/workerPools/veloxWorkerPool/counts/SUCCEEDED").asInt()).isEqualTo(1);
  }

  @Test
  void the_endpoint_tells_the_queues_of_a_systems_actors() {
    ActorSystem system = context.getBean(ActorSystem.class);
    // The first message is in hand, two lie in the mailbox, and two wait for room.
    Actor<Integer> full = system.spawn(holding().name("full").mailbox(2));
    Flux.range(0, 5).flatMap(full::send).subscribe();
    ActorGroup<String, Integer> group =
        ActorGroup.<String, Integer>builder(key -> holding()).name("carts").system(system).build();
    group.actor("ada").send(0).then(group.actor("ada").send(1)).block(LONG);
    for (int i = 0; i < 150; i++) {
      system.spawn(holding().name("idle-" + i));
    }
    await("the first is in hand", () -> full.mailboxSize() == 2 && full.waitingSenders() == 2);
    await("so is the group's", () -> group.actor("ada").mailboxSize() == 1);

    JsonNode report = get("/actuator/velox").at("/actorSystems/veloxActorSystem");

    assertThat(report.at("/name").asString()).isEqualTo("shop");
    assertThat(report.at("/actors").asInt()).isEqualTo(152);
    assertThat(report.at("/mailbox").asInt()).isEqualTo(3);
    assertThat(report.at("/waitingSenders").asInt()).isEqualTo(2);
    JsonNode longest = report.at("/longestQueues");
    assertThat(longest.size()).isEqualTo(100);
    assertThat(longest.at("/0").toString())
        .isEqualTo("{\"name\":\"full\",\"mailbox\":2,\"waitingSenders\":2,\"stopped\":false}");
    assertThat(longest.at("/1").toString())
        .isEqualTo("{\"name\":\"carts/ada\",\"mailbox\":1,\"waitingSenders\":0,\"stopped\":false}");
    assertThat(longest.at("/2/mailbox").asInt()).isZero();
    system.actors().forEach(actor -> actor.kill().subscribe());
  }

  private static ActorBuilder<Integer, Integer> holding() {
    return Actor.builder(0, (Behavior<Integer, Integer>) (state, message) -> Mono.never());
  }

  private static void await(String what, BooleanSupplier condition) {
    Mono.fromSupplier(condition::getAsBoolean)
        .filter(isTrue -> isTrue)
        .repeatWhenEmpty(tries -> tries.delayElements(Duration.ofMillis(5)))
        .timeout(LONG, Mono.error(() -> new AssertionError(what)))
        .block();
  }

  @Test
  void health_is_part_of_the_applications() {
    JsonNode health = get("/actuator/health").at("/components/velox");
    assertThat(health.at("/status").asString()).isEqualTo("UP");
    assertThat(health.at("/details/pipelines/shipping").asString()).isEqualTo("RUNNING");
  }

  @Test
  void a_pipeline_that_has_failed_is_ill_and_one_that_ends_is_out_of_service() {
    RUNNER
        .withUserConfiguration(Failing.class)
        .run(
            context -> {
              Health health = context.getBean(VeloxHealthIndicator.class).health().block(LONG);
              assertThat(health.getStatus()).isEqualTo(Status.DOWN);
              assertThat(health.getDetails().toString()).contains("FAILED", "out of stock");
            });
    RUNNER.run(
        context -> {
          VeloxHealthIndicator indicator = context.getBean(VeloxHealthIndicator.class);
          assertThat(indicator.health().block(LONG).getStatus()).isEqualTo(Status.UP);
          context.getBean(GracefulShutdown.class).stop();
          assertThat(indicator.health().block(LONG).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
        });
  }

  @Test
  void what_is_not_exposed_or_not_on_the_class_path_is_not_there() {
    RUNNER.run(
        context ->
            assertThat(context)
                .doesNotHaveBean(VeloxEndpoint.class)
                // Nothing is counted for nobody.
                .doesNotHaveBean(Counters.class)
                .hasSingleBean(VeloxHealthIndicator.class));
    RUNNER
        .withPropertyValues(
            "management.endpoints.web.exposure.include=velox",
            "management.health.velox.enabled=false")
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(VeloxEndpoint.class)
                    .doesNotHaveBean(VeloxHealthIndicator.class));
    RUNNER
        .withPropertyValues("management.endpoints.web.exposure.include=velox")
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.boot.actuate",
                "org.springframework.boot.health",
                "org.springframework.web",
                "org.springframework.boot.web"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(Workers.class)
                    .doesNotHaveBean("veloxEndpoint")
                    .doesNotHaveBean("veloxHealthIndicator"));
  }

  private static JsonNode get(String path) {
    return WebClient.create("http://localhost:" + context.getWebServer().getPort())
        .get()
        .uri(path)
        .retrieve()
        .bodyToMono(String.class)
        .map(text -> new JsonMapper().readTree(text))
        .block(LONG);
  }

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class App {

    @Bean
    Channel<Integer> own() {
      return Channel.rendezvous();
    }

    @Bean
    ConcurrentQueue<Integer> jobs() {
      ConcurrentQueue<Integer> jobs = ConcurrentQueue.bounded(3);
      jobs.tryEnqueue(1);
      return jobs;
    }

    @Bean
    Broadcast<Integer> prices() {
      Broadcast<Integer> prices = Broadcast.create();
      prices.asFlux().subscribe();
      return prices;
    }

    @Bean
    KeyedMutex<String> runways() {
      KeyedMutex<String> runways = KeyedMutex.create();
      runways.tryLock("SFO");
      return runways;
    }

    @Bean(destroyMethod = "")
    Actor<String> counter() {
      return Actor.of(0, (count, message) -> Mono.just(count + 1));
    }

    @Bean
    Pipeline shipping(Channel<Integer> own) {
      return Pipeline.of("shipping", own, orders -> orders);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Failing {
    @Bean
    Pipeline failing() {
      return Pipeline.of(
          "failing",
          Channel.bounded(1),
          orders -> Mono.error(new IllegalStateException("out of stock")));
    }
  }
}
