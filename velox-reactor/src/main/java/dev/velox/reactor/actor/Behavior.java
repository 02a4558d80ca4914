package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.util.function.BiFunction;
import reactor.core.publisher.Mono;

/**
 * What an actor does with a message.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
@FunctionalInterface
public interface Behavior<S, M> {

  /**
   * Handles a message. The actor handles no other one before the result has completed.
   *
   * @param state the state; immutable, since others may look at it
   * @param message the message
   * @return the new state; empty to leave it as it is. If it fails, or this method throws, the
   *     state stays as it is, and supervision decides how to go on
   */
  Mono<S> handle(S state, M message);

  /**
   * A behaviour that waits for nothing.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param next answers the new state
   * @return the behaviour
   * @throws NullPointerException if {@code next} is {@code null}
   */
  static <S, M> Behavior<S, M> sync(BiFunction<? super S, ? super M, ? extends S> next) {
    Args.notNull(next, "next");
    return (state, message) -> Mono.just(next.apply(state, message));
  }
}
