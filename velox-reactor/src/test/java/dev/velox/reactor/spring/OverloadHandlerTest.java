package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.SyncOptions;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

class OverloadHandlerTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private static final AutoConfigurations OURS =
      AutoConfigurations.of(VeloxAutoConfiguration.class, VeloxWebFluxAutoConfiguration.class);

  private static ReactiveWebServerApplicationContext context;

  @BeforeAll
  static void start() {
    context =
        (ReactiveWebServerApplicationContext)
            new SpringApplicationBuilder(App.class)
                .properties(
                    "server.port=0", "spring.main.banner-mode=off", "velox.web.retry-after=1500ms")
                .run();
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Test
  void a_construct_without_room_answers_503_and_when_to_come_again() {
    for (String path : new String[] {"/mutex", "/channel"}) {
      ResponseEntity<String> answer = get(path);
      assertThat(answer.getStatusCode().value()).as(path).isEqualTo(503);
      assertThat(answer.getHeaders().getFirst("Retry-After")).as(path).isEqualTo("2");
      // The body is that of the application's own handler of errors.
      assertThat(answer.getBody()).as(path).contains("Service Unavailable");
    }
  }

  @Test
  void other_errors_stay_as_they_are() {
    ResponseEntity<String> answer = get("/broken");
    assertThat(answer.getStatusCode().value()).isEqualTo(500);
    assertThat(answer.getHeaders().getFirst("Retry-After")).isNull();
  }

  @Test
  void it_can_be_turned_off_and_is_not_there_without_webflux() {
    new ReactiveWebApplicationContextRunner()
        .withConfiguration(OURS)
        .withPropertyValues("velox.web.map-overload=false")
        .run(context -> assertThat(context).doesNotHaveBean(OverloadHandler.class));
    new ApplicationContextRunner()
        .withConfiguration(OURS)
        .run(context -> assertThat(context).doesNotHaveBean(OverloadHandler.class));
    new ReactiveWebApplicationContextRunner()
        .withConfiguration(OURS)
        .withClassLoader(new FilteredClassLoader("org.springframework.web"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(Workers.class)
                    .doesNotHaveBean(OverloadHandler.class));
  }

  private static ResponseEntity<String> get(String path) {
    return WebClient.create("http://localhost:" + context.getWebServer().getPort())
        .get()
        .uri(path)
        .exchangeToMono(answer -> answer.toEntity(String.class))
        .block(LONG);
  }

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @RestController
  static class App {

    private final Mutex mutex = Mutex.create(SyncOptions.defaults().maxWaiters(0));
    private final Channel<Integer> channel =
        Channel.<Integer>builder().maxWaitingSenders(0).build();

    App() {
      mutex.tryLock();
    }

    @GetMapping("/mutex")
    Mono<String> mutex() {
      return Mono.just("never").transform(mutex::withLock);
    }

    @GetMapping("/channel")
    Mono<Void> channel() {
      return channel.send(1);
    }

    @GetMapping("/broken")
    Mono<String> broken() {
      return Mono.error(new IllegalStateException("broken"));
    }
  }
}
