package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Each message to all. */
final class BroadcastToAll<M> extends RoutedActors<M> {

  BroadcastToAll(List<Actor<M>> actors) {
    super("broadcast", actors);
  }

  @Override
  public Mono<Void> send(M message) {
    Args.notNull(message, "message");
    return Mono.defer(
        () -> {
          AtomicBoolean accepted = new AtomicBoolean();
          return Flux.fromIterable(actors)
              .flatMapDelayError(
                  actor ->
                      actor
                          .send(message)
                          .doOnSuccess(nothing -> accepted.set(true))
                          .onErrorResume(ActorStoppedException.class, gone -> Mono.empty()),
                  Integer.MAX_VALUE,
                  1)
              .onErrorMap(BroadcastToAll::first)
              .then(Mono.defer(() -> accepted.get() ? Mono.empty() : Mono.<Void>error(stopped())));
        });
  }

  @Override
  public SendResult trySend(M message) {
    Args.notNull(message, "message");
    SendResult worst = SendResult.CLOSED;
    for (Actor<M> actor : actors) {
      SendResult result = actor.trySend(message);
      if (result != SendResult.CLOSED && rank(result) > rank(worst)) {
        worst = result;
      }
    }
    return worst;
  }

  private static int rank(SendResult result) {
    return switch (result) {
      case CLOSED -> 0;
      case SENT -> 1;
      case DROPPED -> 2;
      case FULL -> 3;
    };
  }

  private static Throwable first(Throwable error) {
    return Exceptions.unwrapMultiple(error).get(0);
  }

  /** The first answer; if there is none, the first error, or empty if one was. */
  private <R> Mono<R> first(Function<Actor<M>, Mono<R>> ask) {
    return Mono.defer(
        () ->
            Flux.fromIterable(actors)
                .filter(actor -> !actor.isDisposed())
                .flatMapDelayError(ask, Integer.MAX_VALUE, 1)
                .onErrorMap(BroadcastToAll::first)
                .switchIfEmpty(
                    Mono.defer(() -> isDisposed() ? Mono.error(stopped()) : Mono.empty()))
                .next());
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question) {
    Args.notNull(question, "question");
    return first(actor -> actor.ask(question));
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question, Duration timeout) {
    Args.notNull(question, "question");
    Args.positive(timeout, "timeout");
    return first(actor -> actor.ask(question, timeout));
  }

  @Override
  public <R> Flux<R> askMany(Function<? super ReplyStream<R>, ? extends M> question) {
    Args.notNull(question, "question");
    return Flux.defer(
        () -> {
          List<Flux<R>> streams =
              actors.stream()
                  .filter(actor -> !actor.isDisposed())
                  .map(actor -> actor.<R>askMany(question))
                  .toList();
          return streams.isEmpty() ? Flux.error(stopped()) : Flux.merge(streams);
        });
  }
}
