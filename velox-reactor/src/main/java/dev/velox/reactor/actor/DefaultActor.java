package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What users see of an actor. */
class DefaultActor<S, M> extends ActorCore<S, M> implements StatefulActor<S, M>, Scannable {

  DefaultActor(Settings settings, @Nullable String name, S initial, Object behavior) {
    this(settings, name, initial, behavior, false);
  }

  DefaultActor(
      Settings settings, @Nullable String name, S initial, Object behavior, boolean isHeld) {
    super(settings, name, initial, behavior, isHeld);
  }

  /**
   * Begins; called once, when all that it needs to know is known. One that has nothing to do at its
   * start, and nobody to tell, waits for its first message.
   */
  DefaultActor<S, M> begin() {
    if (hasStart()) {
      wake();
    }
    return this;
  }

  @Override
  public String name() {
    return nameOrNumber();
  }

  @Override
  public Mono<Void> send(M message) {
    return TellMono.of(this, Args.notNull(message, "message"), null);
  }

  @Override
  public SendResult trySend(M message) {
    SendResult result = offer(Args.notNull(message, "message"));
    if (result == SendResult.FULL || result == SendResult.CLOSED) {
      count(MetricsListener.Event.REJECTED);
    }
    return result;
  }

  @Override
  public Mono<Long> sendAll(Publisher<? extends M> source) {
    return sendAll(this, Args.notNull(source, "source"));
  }

  static <M> Mono<Long> sendAll(Actor<M> actor, Publisher<? extends M> source) {
    return Flux.<M>from(source).concatMap(each -> actor.send(each).thenReturn(each), 0).count();
  }

  @Override
  public CoreSubscriber<M> asSubscriber() {
    return MailSubscriber.of(this);
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question) {
    return AskMono.of(this, Args.notNull(question, "question"), null);
  }

  @Override
  public <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question, Duration timeout) {
    return AskMono.of(this, Args.notNull(question, "question"), Args.positive(timeout, "timeout"));
  }

  @Override
  public <R> Flux<R> askMany(Function<? super ReplyStream<R>, ? extends M> question) {
    return AnswerStream.ask(this, Args.notNull(question, "question"));
  }

  private Mono<Termination> stop(int level) {
    return Mono.defer(
        () -> {
          raise(level);
          return onTermination();
        });
  }

  @Override
  public Mono<Termination> stop() {
    return stop(STOPPING);
  }

  @Override
  public Mono<Termination> stop(Duration grace) {
    Args.notNegative(grace, "grace");
    return Mono.defer(
        () -> {
          raise(STOPPING);
          Mono<Termination> over = onTermination().cache();
          // Its own subscription, so that the stop goes on if its caller leaves.
          over.timeout(grace, stop(STOPPING_NOW), timer()).subscribe();
          return over;
        });
  }

  @Override
  public Mono<Termination> stopNow() {
    return stop(STOPPING_NOW);
  }

  @Override
  public Mono<Termination> kill() {
    return stop(KILLED);
  }

  @Override
  public Mono<Termination> terminated() {
    return Mono.defer(this::onTermination);
  }

  @Override
  public void dispose() {
    raise(STOPPING_NOW);
  }

  @Override
  public boolean isDisposed() {
    return level() != LIVING || isTerminated();
  }

  @Override
  public int mailboxSize() {
    return mailbox().size();
  }

  @Override
  public int waitingSenders() {
    return mailbox().waiting();
  }

  @Override
  public Flux<S> states() {
    return StatesFlux.of(this);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return name();
    }
    if (key == Attr.BUFFERED) {
      return mailbox().size();
    }
    if (key == Attr.CAPACITY) {
      return capacity();
    }
    return key == Attr.TERMINATED ? isTerminated() : null;
  }

  @Override
  public String toString() {
    return "Actor(" + name() + ")";
  }
}
