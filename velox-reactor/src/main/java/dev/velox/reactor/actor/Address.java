package dev.velox.reactor.actor;

/**
 * Where messages go: an actor, or whoever is a key's actor when a message comes.
 *
 * @param <M> the type of the messages
 */
interface Address<M> {

  /** Its name, for errors. */
  String name();

  /**
   * Who takes a message now.
   *
   * @throws RuntimeException if nobody does
   */
  ActorCore<?, M> core();
}
