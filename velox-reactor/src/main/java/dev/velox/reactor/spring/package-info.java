/**
 * Spring Boot: adapters and named constructs. Nothing of it is loaded without Spring.
 *
 * <p>Start at {@link dev.velox.reactor.spring.VeloxAutoConfiguration}. The registries come next,
 * then {@code Adapters}.
 */
@NullMarked
package dev.velox.reactor.spring;

import org.jspecify.annotations.NullMarked;
