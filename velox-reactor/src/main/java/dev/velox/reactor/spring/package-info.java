/**
 * Spring Boot: adapters, named constructs, a graceful end, filters for handlers and clients, health
 * and an endpoint. Nothing of it is loaded without Spring.
 *
 * <p>Start at {@link dev.velox.reactor.spring.VeloxAutoConfiguration}. The registries come next,
 * then {@code Adapters}, {@link dev.velox.reactor.spring.Pipeline} and {@code GracefulShutdown}; at
 * the edge of the web stand {@link dev.velox.reactor.spring.HandlerLimit}, {@code OverloadHandler}
 * and {@link dev.velox.reactor.spring.RetryFilter}; operators look through {@code VeloxEndpoint}
 * and {@code VeloxHealthIndicator}.
 */
@NullMarked
package dev.velox.reactor.spring;

import org.jspecify.annotations.NullMarked;
