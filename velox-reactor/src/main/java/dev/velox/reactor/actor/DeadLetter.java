package dev.velox.reactor.actor;

/**
 * A message that an actor had accepted and will not handle.
 *
 * @param actor the name of the actor
 * @param message the message
 */
public record DeadLetter(String actor, Object message) {}
