package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentQueue;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.http.MediaType;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Over a real port, as a return value and as a body in all three forms of a stream. */
class AdaptersTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private static ReactiveWebServerApplicationContext context;
  private static WebClient client;

  record Tick(int number) {}

  @BeforeAll
  static void start() {
    context =
        (ReactiveWebServerApplicationContext)
            new SpringApplicationBuilder(App.class)
                .properties("server.port=0", "spring.main.banner-mode=off")
                .run();
    client = WebClient.create("http://localhost:" + context.getWebServer().getPort());
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Test
  void a_channel_is_written_as_events_as_lines_and_as_an_array() {
    assertThat(ticks("/channel", MediaType.TEXT_EVENT_STREAM)).containsExactly(0, 1, 2);
    assertThat(ticks("/channel", MediaType.APPLICATION_NDJSON)).containsExactly(0, 1, 2);
    assertThat(ticks("/channel", MediaType.APPLICATION_JSON)).containsExactly(0, 1, 2);
    assertThat(text("/channel", MediaType.APPLICATION_NDJSON))
        .isEqualTo("{\"number\":0}\n{\"number\":1}\n{\"number\":2}\n");
    assertThat(text("/channel", MediaType.APPLICATION_JSON))
        .isEqualTo("[{\"number\":0},{\"number\":1},{\"number\":2}]");
  }

  @Test
  void so_are_a_queue_and_a_broadcast() {
    assertThat(ticks("/queue", MediaType.APPLICATION_NDJSON)).containsExactly(0, 1, 2);
    assertThat(ticks("/broadcast", MediaType.TEXT_EVENT_STREAM)).containsExactly(0, 1, 2);
  }

  @Test
  void an_open_channel_writes_each_element_as_it_comes() {
    Live live = context.getBean(Live.class);
    StepVerifier.create(
            client
                .get()
                .uri("/live")
                .accept(MediaType.TEXT_EVENT_STREAM)
                .retrieve()
                .bodyToFlux(Tick.class))
        .then(() -> live.channel.send(new Tick(1)).block(LONG))
        .expectNext(new Tick(1))
        .then(() -> live.channel.send(new Tick(2)).block(LONG))
        .expectNext(new Tick(2))
        .then(live.channel::close)
        .expectComplete()
        .verify(LONG);
  }

  @Test
  void a_body_is_received_from_a_channel_or_a_queue() {
    Flux<Tick> body = Flux.range(1, 100).map(Tick::new);
    for (String path : List.of("/sum", "/sum-of-queue")) {
      assertThat(post(path, MediaType.APPLICATION_NDJSON, body)).as(path).isEqualTo(5050);
      assertThat(post(path, MediaType.APPLICATION_JSON, body)).as(path).isEqualTo(5050);
    }
  }

  @Test
  void a_body_that_can_not_be_read_fails_its_receivers() {
    Integer status =
        client
            .post()
            .uri("/sum")
            .contentType(MediaType.APPLICATION_NDJSON)
            .bodyValue("{\"number\":1}\n{\"number\":oops}\n")
            .exchangeToMono(answer -> answer.releaseBody().thenReturn(answer.statusCode().value()))
            .block(LONG);
    assertThat(status).isEqualTo(400);
  }

  @Test
  void a_body_is_asked_for_only_what_a_receiver_waits_for() {
    Channel<?> channel =
        (Channel<?>)
            shared(Channel.class)
                .fromPublisher(
                    Flux.range(1, 3)
                        .doOnRequest(n -> assertThat(n).isEqualTo(1))
                        .concatWith(Mono.never()));
    assertThat(channel.capacity()).isZero();
    StepVerifier.create(channel.receive().cast(Integer.class)).expectNext(1).verifyComplete();
    StepVerifier.create(channel.receive().cast(Integer.class)).expectNext(2).verifyComplete();
  }

  @Test
  void a_broadcast_can_not_be_read() {
    assertThatThrownBy(() -> shared(Broadcast.class).fromPublisher(Flux.just(1)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("Channel");
  }

  @Test
  void both_registries_know_the_streams_once_and_no_actor() {
    ReactiveAdapterRegistry ofWebFlux =
        context.getBean("webFluxAdapterRegistry", ReactiveAdapterRegistry.class);
    for (ReactiveAdapterRegistry each :
        List.of(ofWebFlux, ReactiveAdapterRegistry.getSharedInstance())) {
      for (Class<?> type : List.of(Channel.class, ConcurrentQueue.class, Broadcast.class)) {
        ReactiveAdapter adapter = each.getAdapter(type);
        assertThat(adapter.getReactiveType()).isEqualTo(type);
        assertThat(adapter.isMultiValue()).isTrue();
      }
      assertThat(each.getAdapter(StatefulActor.class)).isNull();
    }
    ReactiveAdapter first = shared(Channel.class);
    context.getBean(Adapters.class).afterSingletonsInstantiated();
    assertThat(shared(Channel.class)).isSameAs(first);
  }

  @Test
  void the_slice_for_controllers_has_the_adapters_too() throws Exception {
    Slice slice = new Slice();
    new TestContextManager(Slice.class).prepareTestInstance(slice);
    WebTestClient.bindToApplicationContext(slice.context)
        .configureClient()
        .responseTimeout(LONG)
        .build()
        .post()
        .uri("/sum")
        .contentType(MediaType.APPLICATION_NDJSON)
        .bodyValue("{\"number\":1}\n{\"number\":2}\n")
        .exchange()
        .expectStatus()
        .isOk()
        .expectBody(Integer.class)
        .isEqualTo(3);
  }

  private static ReactiveAdapter shared(Class<?> type) {
    return ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
  }

  private static List<Integer> ticks(String path, MediaType form) {
    return client
        .get()
        .uri(path)
        .accept(form)
        .retrieve()
        .bodyToFlux(Tick.class)
        .map(Tick::number)
        .collectList()
        .block(LONG);
  }

  private static String text(String path, MediaType form) {
    return client.get().uri(path).accept(form).retrieve().bodyToMono(String.class).block(LONG);
  }

  private static Integer post(String path, MediaType form, Flux<Tick> body) {
    return client
        .post()
        .uri(path)
        .contentType(form)
        .body(body, Tick.class)
        .retrieve()
        .bodyToMono(Integer.class)
        .block(LONG);
  }

  @WebFluxTest(Ticks.class)
  @ContextConfiguration(classes = App.class)
  static class Slice {
    @Autowired ApplicationContext context;
  }

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({Ticks.class, Live.class})
  static class App {}

  static class Live {
    final Channel<Tick> channel = Channel.rendezvous();
  }

  @RestController
  static class Ticks {

    private final Live live;

    Ticks(ObjectProvider<Live> live) {
      this.live = live.getIfAvailable(Live::new);
    }

    @GetMapping("/channel")
    Channel<Tick> channel() {
      Channel<Tick> channel = Channel.unbounded();
      fill(channel);
      return channel;
    }

    @GetMapping("/queue")
    ConcurrentQueue<Tick> queue() {
      return ConcurrentQueue.on(channel());
    }

    @GetMapping("/broadcast")
    Broadcast<Tick> broadcast() {
      Broadcast<Tick> broadcast = Broadcast.<Tick>builder().replay(3).build();
      for (int i = 0; i < 3; i++) {
        broadcast.tryPublish(new Tick(i));
      }
      broadcast.close();
      return broadcast;
    }

    @GetMapping("/live")
    Channel<Tick> live() {
      return live.channel;
    }

    @PostMapping("/sum")
    Mono<Integer> sum(@RequestBody Channel<Tick> ticks) {
      return ticks.asFlux().reduce(0, (sum, tick) -> sum + tick.number());
    }

    @PostMapping("/sum-of-queue")
    Mono<Integer> sum(@RequestBody ConcurrentQueue<Tick> ticks) {
      return ticks.asFlux().reduce(0, (sum, tick) -> sum + tick.number());
    }

    private static void fill(Channel<Tick> channel) {
      for (int i = 0; i < 3; i++) {
        channel.trySend(new Tick(i));
      }
      channel.close();
    }
  }
}
