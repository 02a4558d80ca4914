package dev.velox.reactor.spring;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.DispatcherHandler;

/**
 * What belongs to a WebFlux application alone: constructs that refuse one more waiter, element or
 * message answer the request with 503 and {@code Retry-After}, unless {@code
 * velox.web.map-overload} is {@code false}.
 */
@AutoConfiguration(after = VeloxAutoConfiguration.class)
@ConditionalOnClass(DispatcherHandler.class)
@ConditionalOnWebApplication(type = Type.REACTIVE)
public final class VeloxWebFluxAutoConfiguration {

  /** Made by Spring. */
  VeloxWebFluxAutoConfiguration() {}

  @Bean
  @ConditionalOnBooleanProperty(name = "velox.web.map-overload", matchIfMissing = true)
  OverloadHandler veloxOverloadHandler(VeloxProperties properties) {
    return new OverloadHandler(properties.web().retryAfter());
  }
}
