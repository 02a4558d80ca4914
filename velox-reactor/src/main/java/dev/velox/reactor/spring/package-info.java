/**
 * Spring Boot: adapters, named constructs and a graceful end. Nothing of it is loaded without
 * Spring.
 *
 * <p>Start at {@link dev.velox.reactor.spring.VeloxAutoConfiguration}. The registries come next,
 * then {@code Adapters}, {@link dev.velox.reactor.spring.Pipeline} and {@code GracefulShutdown}.
 */
@NullMarked
package dev.velox.reactor.spring;

import org.jspecify.annotations.NullMarked;
