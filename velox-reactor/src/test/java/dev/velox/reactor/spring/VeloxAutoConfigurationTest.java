package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelOverflowException;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.worker.WorkerPool;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ResolvableType;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class VeloxAutoConfigurationTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  /** For elements that nobody receives: else the end of the context waits for a receiver. */
  private static final String NOT_WAITED_FOR = "velox.shutdown.timeout=1ms";

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(VeloxAutoConfiguration.class));

  @Test
  void the_beans_are_there_without_any_property() {
    runner.run(
        context -> {
          assertThat(context).hasNotFailed();
          assertThat(context.getBean(ActorSystem.class).name()).isEqualTo("application");
          assertThat(context.getBean(ChannelRegistry.class).names()).isEmpty();
          assertThat(registry(context, Mutex.class).names()).isEmpty();
          assertThat(registry(context, Semaphore.class).names()).isEmpty();
          assertThat(registry(context, RetryPolicy.class).names()).isEmpty();
          assertThat(context.getBean(Workers.class).call(() -> "done").block(LONG))
              .isEqualTo("done");
        });
  }

  @Test
  void constructs_are_made_from_properties() {
    runner
        .withPropertyValues(
            "spring.application.name=board",
            "velox.mutexes.ledger.max-waiters=0",
            "velox.semaphores.search.permits=2",
            "velox.semaphores.search.max-waiters=0",
            "velox.channels.orders.capacity=1",
            "velox.channels.orders.overflow=error",
            "velox.channels.log.unbounded=true",
            "velox.retries.stock.max-attempts=2",
            "velox.retries.stock.first-delay=1ms",
            "velox.retries.stock.retry-on=java.io.IOException",
            NOT_WAITED_FOR)
        .run(
            context -> {
              assertThat(context.getBean(ActorSystem.class).name()).isEqualTo("board");

              Mutex ledger = registry(context, Mutex.class).get("ledger");
              assertThat(ledger.tryLock()).isPresent();
              StepVerifier.create(ledger.lock()).verifyError(TooManyWaitersException.class);

              Semaphore search = registry(context, Semaphore.class).get("search");
              assertThat(search.permits()).isEqualTo(2);

              Channel<String> orders =
                  context.getBean(ChannelRegistry.class).get("orders", String.class);
              assertThat(orders.trySend("first").isSent()).isTrue();
              StepVerifier.create(orders.send("second"))
                  .verifyError(ChannelOverflowException.class);
              assertThat(context.getBean(ChannelRegistry.class).get("log", String.class).capacity())
                  .isEqualTo(Integer.MAX_VALUE);

              RetryPolicy stock = registry(context, RetryPolicy.class).get("stock");
              assertThat(attempts(stock, new IOException("io"))).isEqualTo(2);
              assertThat(attempts(stock, new IllegalStateException("other"))).isEqualTo(1);
            });
  }

  @Test
  void the_threads_of_the_pool_bear_its_name() {
    runner
        .withPropertyValues("velox.workers.name=blocking", "velox.workers.max=1")
        .run(
            context ->
                assertThat(
                        context
                            .getBean(Workers.class)
                            .call(() -> Thread.currentThread().getName())
                            .block(LONG))
                    .startsWith("blocking"));
  }

  @Test
  void a_property_that_can_not_be_is_named() {
    runner
        .withPropertyValues("velox.semaphores.search.max-waiters=3")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .hasMessage("permits must be set"));
    runner
        .withPropertyValues("velox.semaphores.search.permits=-1")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .hasStackTraceContaining("velox.semaphores.search: permits"));
    runner
        .withPropertyValues("velox.channels.log.unbounded=true", "velox.channels.log.capacity=3")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .hasStackTraceContaining("velox.channels.log: unbounded"));
  }

  @Test
  void beans_of_the_application_win() {
    runner
        .withUserConfiguration(Own.class)
        .withPropertyValues("velox.mutexes.ledger.reentrant=true")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context.getBean(ActorSystem.class).name()).isEqualTo("mine");
              assertThat(registry(context, Mutex.class).names()).containsExactly("own");
              // A registry of mutexes is none of semaphores.
              assertThat(registry(context, Semaphore.class).names()).isEmpty();
              // A pool for other tasks does not replace the one for calls.
              assertThat(context.getBeansOfType(WorkerPool.class))
                  .containsOnlyKeys("lengths", "veloxWorkerPool");
            });
  }

  @Test
  void the_only_metrics_listener_is_told() {
    runner
        .withUserConfiguration(Listening.class)
        .withPropertyValues(
            "velox.channels.orders.capacity=1", "velox.semaphores.search.permits=1", NOT_WAITED_FOR)
        .run(
            context -> {
              AtomicInteger accepted = context.getBean(AtomicInteger.class);
              assertThat(
                      context
                          .getBean(ChannelRegistry.class)
                          .get("orders", String.class)
                          .trySend("first")
                          .isSent())
                  .isTrue();
              assertThat(accepted).hasValue(1);
            });
  }

  @Test
  void a_name_that_nobody_declared_is_refused_and_can_be_made() {
    Registry<Mutex> mutexes = Registry.of("mutex", Map.of("ledger", Mutex.create()));
    assertThatThrownBy(() -> mutexes.get("legder"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name must be that of a mutex, one of [ledger], but was legder");
    Mutex made = mutexes.getOrCreate("stock", name -> Mutex.create());
    assertThat(mutexes.getOrCreate("stock", name -> Mutex.create())).isSameAs(made);
    assertThat(mutexes.get("stock")).isSameAs(made);
    assertThat(mutexes.names()).containsExactly("ledger", "stock");
  }

  @Test
  void a_channel_has_one_type_of_elements() {
    ChannelRegistry channels = ChannelRegistry.of(Map.of("orders", Channel.unbounded()));
    Channel<String> orders = channels.get("orders", String.class);
    assertThat(channels.get("orders", String.class)).isSameAs(orders);
    assertThatThrownBy(() -> channels.get("orders", Integer.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "type must be java.lang.String for the channel orders, but was java.lang.Integer");
    assertThat(channels.<Integer>getOrCreate("numbers", Integer.class, name -> Channel.bounded(1)))
        .isSameAs(channels.get("numbers", Integer.class));
    assertThatThrownBy(
            () -> channels.getOrCreate("numbers", Long.class, name -> Channel.bounded(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @SuppressWarnings("unchecked")
  static <C> Registry<C> registry(ApplicationContext context, Class<C> kind) {
    return (Registry<C>)
        context
            .getBeanProvider(ResolvableType.forClassWithGenerics(Registry.class, kind))
            .getObject();
  }

  private static int attempts(RetryPolicy policy, Exception error) {
    AtomicInteger calls = new AtomicInteger();
    StepVerifier.create(
            policy.execute(
                () -> {
                  calls.incrementAndGet();
                  return Mono.error(error);
                }))
        .expectErrorMatches(seen -> seen == error)
        .verify(LONG);
    return calls.get();
  }

  @Configuration(proxyBeanMethods = false)
  static class Own {
    @Bean(destroyMethod = "")
    ActorSystem actors() {
      return ActorSystem.create("mine");
    }

    @Bean
    Registry<Mutex> mutexes() {
      return Registry.of("mutex", Map.of("own", Mutex.create()));
    }

    @Bean(destroyMethod = "dispose")
    WorkerPool<String, Integer> lengths() {
      return WorkerPool.of((text, signal) -> text.length());
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Listening {
    @Bean
    AtomicInteger accepted() {
      return new AtomicInteger();
    }

    @Bean
    MetricsListener listener(AtomicInteger accepted) {
      return new MetricsListener() {
        @Override
        public void count(Event event) {
          if (event == Event.ACCEPTED) {
            accepted.incrementAndGet();
          }
        }

        @Override
        public void time(Timing timing, long amount, TimeUnit unit) {}
      };
    }
  }
}
