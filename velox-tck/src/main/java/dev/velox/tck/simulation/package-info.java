/**
 * Races found by many seeds and replayed by one: Reactor's schedulers on one thread, in virtual
 * time, in an order drawn from a seed. Needs reactor-core, which the rest of this kit does not.
 */
@NullMarked
package dev.velox.tck.simulation;

import org.jspecify.annotations.NullMarked;
