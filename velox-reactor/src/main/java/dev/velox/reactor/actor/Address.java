package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where messages go: an actor, or whoever is a key's actor when a message comes.
 *
 * @param <M> the type of the messages
 */
interface Address<M> extends Actor<M> {

  /**
   * Who takes a message now.
   *
   * @throws RuntimeException if nobody does
   */
  ActorCore<?, M> core();

  @Override
  default Mono<Void> send(M message) {
    return TellMono.of(this, Args.notNull(message, "message"), null);
  }

  @Override
  default <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question) {
    return AskMono.of(this, Args.notNull(question, "question"), null);
  }

  @Override
  default <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question, Duration timeout) {
    return AskMono.of(this, Args.notNull(question, "question"), Args.positive(timeout, "timeout"));
  }

  @Override
  default <R> Flux<R> askMany(Function<? super ReplyStream<R>, ? extends M> question) {
    return AnswerStream.ask(this, Args.notNull(question, "question"));
  }
}
