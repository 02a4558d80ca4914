/**
 * Actors: state of one's own, changed by one message at a time, without a thread. Start at {@link
 * dev.velox.reactor.actor.Actor}.
 *
 * <p>Behind it, in the order in which a message passes: {@code TellMono} and {@code AskMono}, the
 * {@code Mailbox} that lets it in or makes it wait, {@code ActorCore} with its turns and its whole
 * life, {@code Handling} for a behaviour that takes its time, and {@code StatesFlux}.
 */
@NullMarked
package dev.velox.reactor.actor;

import org.jspecify.annotations.NullMarked;
