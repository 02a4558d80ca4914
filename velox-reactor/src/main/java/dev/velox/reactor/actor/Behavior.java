package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.util.function.BiFunction;
import reactor.core.publisher.Mono;

/**
 * What an actor does with a message: the short form, which needs nothing but its state.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 * @see ContextBehavior
 */
@FunctionalInterface
public interface Behavior<S, M> {

  /**
   * Handles a message. The next one is not handed over before the result has completed. What it
   * throws is as an error of the result.
   *
   * @param state the state as the last message that succeeded has left it
   * @param message the message
   * @return the new state; empty if it stays as it is. It is subscribed with the {@code Context} of
   *     who sent the message
   */
  Mono<S> receive(S state, M message);

  /**
   * A behaviour that needs no {@code Mono}. It must not block.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param function the new state, of the state and the message
   * @return a behaviour that costs nothing beside the function
   */
  static <S, M> Behavior<S, M> sync(BiFunction<? super S, ? super M, ? extends S> function) {
    return new SyncBehavior<>(Args.notNull(function, "function"));
  }
}
