package dev.velox.reactor.actor;

import java.util.function.BiFunction;
import reactor.core.publisher.Mono;

/** Recognised by the engine, which then calls the function itself. */
record SyncBehavior<S, M>(BiFunction<? super S, ? super M, ? extends S> function)
    implements Behavior<S, M> {

  @Override
  public Mono<S> receive(S state, M message) {
    return Mono.fromCallable(() -> function.apply(state, message));
  }
}
