package dev.velox.reactor.actor;

import reactor.core.publisher.Flux;

/**
 * An actor that also shows its state.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
public interface StatefulActor<S, M> extends Actor<M> {

  /**
   * Its state.
   *
   * @return as the last message that succeeded has left it
   */
  S state();

  /**
   * Its state, then every new one. A slow subscriber misses those in between and sees the latest. A
   * new state that is the same object is none. Signals come on the thread of the actor's turn; who
   * blocks it holds the actor up.
   *
   * @return the states; completes after the last one, when the actor ends
   */
  Flux<S> states();
}
