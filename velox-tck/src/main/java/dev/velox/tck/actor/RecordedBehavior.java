package dev.velox.tck.actor;

import dev.velox.reactor.actor.ActorContext;
import dev.velox.reactor.actor.ContextBehavior;
import java.util.Objects;
import java.util.function.Supplier;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.util.context.ContextView;

/**
 * A behaviour that the tester watches. It hands the actor only what has ended, so that a turn of
 * the actor is one message, however long the behaviour takes.
 */
final class RecordedBehavior<S, M> implements ContextBehavior<S, M> {

  private final ContextBehavior<S, M> behavior;
  private final BehaviorTester<S, M> tester;

  RecordedBehavior(ContextBehavior<S, M> behavior, BehaviorTester<S, M> tester) {
    this.behavior = behavior;
    this.tester = tester;
  }

  @Override
  public Mono<S> receive(ActorContext<S, M> context, S state, M message) {
    return Mono.deferContextual(
        view -> {
          ContextView own = tester.begins(message, view);
          return ended(
              () ->
                  Objects.requireNonNull(
                          behavior.receive(tester.recorded(context), state, message),
                          "The behaviour returned null instead of a Mono")
                      .contextWrite(own));
        });
  }

  @Override
  public Mono<S> onStart(ActorContext<S, M> context, S initial) {
    return Mono.defer(() -> ended(() -> behavior.onStart(tester.recorded(context), initial)))
        .doOnSuccess(started -> tester.started());
  }

  @Override
  public Mono<Void> preRestart(ActorContext<S, M> context, S state, Throwable cause) {
    tester.restarts();
    return Mono.defer(
        () -> ended(() -> behavior.preRestart(tester.recorded(context), state, cause)));
  }

  @Override
  public Mono<Void> postStop(ActorContext<S, M> context, S state) {
    return Mono.defer(() -> ended(() -> behavior.postStop(tester.recorded(context), state)));
  }

  private <T> Mono<T> ended(Supplier<Mono<T>> step) {
    Throwable error;
    try {
      Signal<T> signal = tester.end(step.get());
      error = signal.getThrowable();
      if (error == null) {
        return Mono.justOrEmpty(signal.get());
      }
    } catch (Throwable thrown) {
      Exceptions.throwIfJvmFatal(thrown);
      error = thrown;
    }
    tester.failed(error);
    return Mono.error(error);
  }
}
