package dev.velox.reactor.actor;

import reactor.core.publisher.Mono;

/**
 * What an actor does with a message, and at the steps of its life: the full form.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
@FunctionalInterface
public interface ContextBehavior<S, M> {

  /**
   * Handles a message, as {@link Behavior#receive}.
   *
   * @param context what the actor can do
   * @param state the state as the last message that succeeded has left it
   * @param message the message
   * @return the new state; empty if it stays as it is
   */
  Mono<S> receive(ActorContext<S, M> context, S state, M message);

  /**
   * Called before the first message, and again after each restart. Messages wait until it has
   * completed.
   *
   * @param context what the actor can do
   * @param initial the initial state
   * @return the state to begin with; empty if it is the initial one. If it fails, supervision
   *     decides; there is nothing to resume, so {@code resume} stops the actor
   */
  default Mono<S> onStart(ActorContext<S, M> context, S initial) {
    return Mono.empty();
  }

  /**
   * Called before a restart, with the state that is given up.
   *
   * @param context what the actor can do
   * @param state the last state
   * @param cause why it is restarted
   * @return the restart goes on when it has ended, in whatever way
   */
  default Mono<Void> preRestart(ActorContext<S, M> context, S state, Throwable cause) {
    return Mono.empty();
  }

  /**
   * Called at the end, when its children have ended. {@link Actor#kill} cancels it unless it ends
   * at once.
   *
   * @param context what the actor can do
   * @param state the last state
   * @return the actor has ended when it has, in whatever way
   */
  default Mono<Void> postStop(ActorContext<S, M> context, S state) {
    return Mono.empty();
  }
}
