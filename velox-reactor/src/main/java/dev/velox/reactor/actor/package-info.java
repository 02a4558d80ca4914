/**
 * Actors: a state that one message at a time may change, by a behaviour that may wait for a {@code
 * Mono}. Start at {@link dev.velox.reactor.actor.Actor}.
 */
@NullMarked
package dev.velox.reactor.actor;

import org.jspecify.annotations.NullMarked;
