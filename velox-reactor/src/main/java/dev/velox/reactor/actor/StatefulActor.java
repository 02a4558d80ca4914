package dev.velox.reactor.actor;

import reactor.core.publisher.Flux;

/**
 * An {@link Actor} that shows its state.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
public interface StatefulActor<S, M> extends Actor<M> {

  /**
   * The state as it is, then as it becomes. A reader that is slow sees the latest.
   *
   * @return the states; completes with the actor's end
   */
  Flux<S> states();
}
