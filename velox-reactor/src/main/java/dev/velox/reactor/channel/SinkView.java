package dev.velox.reactor.channel;

import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * The emissions of a sink, by way of its attempts: what follows a failed one is what Reactor's own
 * sinks do.
 */
abstract class SinkView<T> implements Sinks.Many<T> {

  @Override
  public void emitNext(T element, Sinks.EmitFailureHandler handler) {
    for (; ; ) {
      Sinks.EmitResult result = tryEmitNext(element);
      if (result.isSuccess()) {
        return;
      }
      if (!handler.onEmitFailure(SignalType.ON_NEXT, result)) {
        switch (result) {
          case FAIL_OVERFLOW -> {
            Operators.onDiscard(element, Context.empty());
            emitError(
                Exceptions.failWithOverflow("Backpressure overflow during Sinks.Many#emitNext"),
                handler);
          }
          case FAIL_CANCELLED -> Operators.onDiscard(element, Context.empty());
          default -> Operators.onNextDropped(element, Context.empty());
        }
        return;
      }
    }
  }

  @Override
  public void emitComplete(Sinks.EmitFailureHandler handler) {
    for (; ; ) {
      Sinks.EmitResult result = tryEmitComplete();
      if (result.isSuccess() || !handler.onEmitFailure(SignalType.ON_COMPLETE, result)) {
        return;
      }
    }
  }

  @Override
  public void emitError(Throwable failure, Sinks.EmitFailureHandler handler) {
    for (; ; ) {
      Sinks.EmitResult result = tryEmitError(failure);
      if (result.isSuccess()) {
        return;
      }
      if (!handler.onEmitFailure(SignalType.ON_ERROR, result)) {
        Operators.onErrorDropped(failure, Context.empty());
        return;
      }
    }
  }
}
