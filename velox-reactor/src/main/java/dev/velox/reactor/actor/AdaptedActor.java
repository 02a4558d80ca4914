package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An actor seen through a function of the messages. */
record AdaptedActor<N, M>(Actor<M> actor, Function<? super N, ? extends M> adapter)
    implements Actor<N> {

  private M adapt(N message) {
    return Args.notNull(adapter.apply(Args.notNull(message, "message")), "adapted message");
  }

  @Override
  public String name() {
    return actor.name();
  }

  @Override
  public Mono<Void> send(N message) {
    Args.notNull(message, "message");
    return Mono.defer(() -> actor.send(adapt(message)));
  }

  @Override
  public SendResult trySend(N message) {
    return actor.trySend(adapt(message));
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends N> question) {
    Args.notNull(question, "question");
    return actor.<R>ask(reply -> adapt(question.apply(reply)));
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends N> question, Duration timeout) {
    Args.notNull(question, "question");
    return actor.<R>ask(reply -> adapt(question.apply(reply)), timeout);
  }

  @Override
  public <R> Flux<R> askMany(Function<? super ReplyStream<R>, ? extends N> question) {
    Args.notNull(question, "question");
    return actor.<R>askMany(stream -> adapt(question.apply(stream)));
  }

  @Override
  public Mono<Termination> stop() {
    return actor.stop();
  }

  @Override
  public Mono<Termination> stop(Duration grace) {
    return actor.stop(grace);
  }

  @Override
  public Mono<Termination> stopNow() {
    return actor.stopNow();
  }

  @Override
  public Mono<Termination> kill() {
    return actor.kill();
  }

  @Override
  public Mono<Termination> terminated() {
    return actor.terminated();
  }

  @Override
  public void dispose() {
    actor.dispose();
  }

  @Override
  public boolean isDisposed() {
    return actor.isDisposed();
  }

  @Override
  public int mailboxSize() {
    return actor.mailboxSize();
  }

  @Override
  public int waitingSenders() {
    return actor.waitingSenders();
  }
}
