/**
 * Meters for what constructs do: {@link dev.velox.reactor.micrometer.VeloxMetrics} gives a listener
 * for their builders and options, {@link dev.velox.reactor.micrometer.VeloxMeters} tells which
 * meters there are. It needs Micrometer's {@code micrometer-core}, which is an optional dependency.
 */
@NullMarked
package dev.velox.reactor.micrometer;

import org.jspecify.annotations.NullMarked;
