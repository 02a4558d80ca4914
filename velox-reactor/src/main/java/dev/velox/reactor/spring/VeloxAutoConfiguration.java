package dev.velox.reactor.spring;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.worker.WorkerOptions;
import dev.velox.reactor.worker.WorkerPool;
import dev.velox.reactor.worker.WorkerPoolBuilder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.env.Environment;

/**
 * Velox in a Spring Boot application: channels and their kin as return values and request bodies,
 * and constructs as beans. What an application declares itself takes the place of the bean here.
 *
 * <table>
 * <caption>The beans</caption>
 * <tr><th>type<th>configured by
 * <tr><td>{@link ActorSystem}<td>{@code velox.actors.*}
 * <tr><td>{@link Workers}<td>{@code velox.workers.*}
 * <tr><td>{@code Registry<Mutex>}<td>{@code velox.mutexes.<name>.*}
 * <tr><td>{@code Registry<Semaphore>}<td>{@code velox.semaphores.<name>.*}
 * <tr><td>{@code Registry<RetryPolicy>}<td>{@code velox.retries.<name>.*}
 * <tr><td>{@link ChannelRegistry}<td>{@code velox.channels.<name>.*}
 * </table>
 *
 * <p>A {@link MetricsListener} that is a bean, and the only one of its type, is told by all of
 * them.
 */
@AutoConfiguration
@EnableConfigurationProperties(VeloxProperties.class)
public final class VeloxAutoConfiguration {

  /** Made by Spring. */
  VeloxAutoConfiguration() {}

  @Bean
  static Adapters veloxAdapters(ObjectProvider<ReactiveAdapterRegistry> registries) {
    return new Adapters(registries);
  }

  @Bean
  static Listeners veloxListeners(
      ObjectProvider<MetricsListener> metrics, ObjectProvider<Counters> counters) {
    return new Listeners(metrics.getIfUnique(MetricsListener::noop), counters.getIfAvailable());
  }

  /** Has no thread; it is ended with the others by {@link GracefulShutdown}. */
  @Bean(destroyMethod = "")
  @ConditionalOnMissingBean
  ActorSystem veloxActorSystem(VeloxProperties properties, Environment environment) {
    String name = properties.actors().name();
    return ActorSystem.create(
        name != null ? name : environment.getProperty("spring.application.name", "application"));
  }

  /** Other pools are for other tasks, so only one of this name takes its place. */
  @Bean(destroyMethod = "dispose")
  @ConditionalOnMissingBean(name = "veloxWorkerPool")
  WorkerPool<Workers.Call<?>, Object> veloxWorkerPool(
      VeloxProperties properties, Listeners listeners) {
    VeloxProperties.Workers workers = properties.workers();
    WorkerPoolBuilder<Workers.Call<?>, Object> builder =
        WorkerPool.<Workers.Call<?>, Object>builder((call, signal) -> call.run(signal))
            .min(workers.min())
            .queue(workers.queue())
            .idleTimeout(workers.idleTimeout())
            .options(
                WorkerOptions.named(workers.name())
                    .grace(workers.grace())
                    .hardGrace(workers.hardGrace())
                    .metrics(listeners.of("workers", "veloxWorkerPool")));
    return (workers.max() == null ? builder : builder.max(workers.max())).build();
  }

  @Bean
  @ConditionalOnMissingBean
  Workers veloxWorkers(WorkerPool<Workers.Call<?>, Object> veloxWorkerPool) {
    return new Workers(veloxWorkerPool);
  }

  @Bean
  @ConditionalOnMissingBean
  Registry<Mutex> veloxMutexes(VeloxProperties properties, Listeners listeners) {
    return Registry.of(
        "mutex",
        Constructs.all(
            "mutexes",
            properties.mutexes(),
            (name, s) -> Constructs.mutex(name, s, listeners.of("mutexes", name))));
  }

  @Bean
  @ConditionalOnMissingBean
  Registry<Semaphore> veloxSemaphores(VeloxProperties properties, Listeners listeners) {
    return Registry.of(
        "semaphore",
        Constructs.all(
            "semaphores",
            properties.semaphores(),
            (name, s) -> Constructs.semaphore(name, s, listeners.of("semaphores", name))));
  }

  @Bean
  @ConditionalOnMissingBean
  Registry<RetryPolicy> veloxRetryPolicies(VeloxProperties properties, Listeners listeners) {
    return Registry.of(
        "retry policy",
        Constructs.all(
            "retries",
            properties.retries(),
            (name, s) -> Constructs.retry(name, s, listeners.of("retries", name))));
  }

  @Bean
  @ConditionalOnMissingBean
  ChannelRegistry veloxChannels(VeloxProperties properties, Listeners listeners) {
    return ChannelRegistry.of(
        Constructs.all(
            "channels",
            properties.channels(),
            (name, s) -> Constructs.channel(name, s, listeners.of("channels", name))));
  }

  @Bean
  static LiveBeans veloxLiveBeans(ConfigurableListableBeanFactory factory) {
    return new LiveBeans(factory);
  }

  @Bean
  GracefulShutdown veloxGracefulShutdown(
      ConfigurableApplicationContext context,
      LiveBeans beans,
      ChannelRegistry channels,
      VeloxProperties properties) {
    return new GracefulShutdown(context, beans, channels, properties.shutdown());
  }
}
