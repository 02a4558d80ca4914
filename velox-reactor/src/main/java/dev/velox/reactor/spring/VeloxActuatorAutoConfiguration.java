package dev.velox.reactor.spring;

import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What operators see: the endpoint {@code velox} where it is exposed, with counts of what happened
 * to each construct that the properties declare, and the health indicator {@code velox}. Each needs
 * its own module of Spring Boot.
 */
@AutoConfiguration(after = VeloxAutoConfiguration.class)
public final class VeloxActuatorAutoConfiguration {

  /** Made by Spring. */
  VeloxActuatorAutoConfiguration() {}

  // Conditions of a module stand at methods, which nobody reads where the module is missing.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
  static final class EndpointConfiguration {

    @Bean
    @ConditionalOnAvailableEndpoint(endpoint = VeloxEndpoint.class)
    Counters veloxCounters() {
      return new Counters();
    }

    @Bean
    @ConditionalOnAvailableEndpoint
    VeloxEndpoint veloxEndpoint(
        Registry<Mutex> mutexes,
        Registry<Semaphore> semaphores,
        Registry<RetryPolicy> policies,
        ChannelRegistry channels,
        LiveBeans beans,
        Counters counters) {
      return new VeloxEndpoint(mutexes, semaphores, policies, channels, beans, counters);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({ReactiveHealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  static final class HealthConfiguration {

    @Bean
    @ConditionalOnEnabledHealthIndicator("velox")
    @ConditionalOnMissingBean(name = "veloxHealthIndicator")
    VeloxHealthIndicator veloxHealthIndicator(LiveBeans beans, GracefulShutdown shutdown) {
      return new VeloxHealthIndicator(beans, shutdown);
    }
  }
}
