package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A router that chooses one actor for each message. */
abstract class RoutedToOne<M> extends RoutedActors<M> {

  RoutedToOne(String kind, List<Actor<M>> actors) {
    super(kind, actors);
  }

  /** The actor for a message, of those that live; {@code null} if none does. */
  abstract @Nullable Actor<M> choose(M message);

  @Override
  public final Mono<Void> send(M message) {
    Args.notNull(message, "message");
    return Mono.defer(() -> send(message, actors.size()));
  }

  private Mono<Void> send(M message, int tries) {
    Actor<M> chosen = choose(message);
    if (chosen == null) {
      return Mono.error(stopped());
    }
    Mono<Void> sent = chosen.send(message);
    return tries == 0
        ? sent
        : sent.onErrorResume(ActorStoppedException.class, gone -> send(message, tries - 1));
  }

  @Override
  public final <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question) {
    Args.notNull(question, "question");
    return this.<R>asking(question, Actor::ask);
  }

  @Override
  public final <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question, Duration timeout) {
    Args.notNull(question, "question");
    Args.positive(timeout, "timeout");
    return this.<R>asking(question, (actor, bound) -> actor.ask(bound, timeout));
  }

  /**
   * The message decides who is asked, and needs a reply before that is known: so it gets one that
   * is bound to the real one as the question is put.
   */
  private <R> Mono<R> asking(
      Function<? super Reply<R>, ? extends M> question,
      BiFunction<Actor<M>, Function<Reply<R>, M>, Mono<R>> ask) {
    return Mono.defer(
        () -> {
          BoundReply<R> late = new BoundReply<>();
          M message = Args.notNull(question.apply(late), "message");
          Actor<M> chosen = choose(message);
          return chosen == null
              ? Mono.error(stopped())
              : ask.apply(
                  chosen,
                  reply -> {
                    late.bound = reply;
                    return message;
                  });
        });
  }

  @Override
  public final <R> Flux<R> askMany(Function<? super ReplyStream<R>, ? extends M> question) {
    Args.notNull(question, "question");
    return Flux.defer(
        () -> {
          BoundStream<R> late = new BoundStream<>();
          M message = Args.notNull(question.apply(late), "message");
          Actor<M> chosen = choose(message);
          return chosen == null
              ? Flux.error(stopped())
              : chosen.<R>askMany(
                  stream -> {
                    late.bound = stream;
                    return message;
                  });
        });
  }

  private static final class BoundReply<R> implements Reply<R> {
    private @Nullable Reply<R> bound;

    private Reply<R> bound() {
      return Objects.requireNonNull(bound, "The question was not put yet");
    }

    @Override
    public boolean reply(R value) {
      return bound().reply(value);
    }

    @Override
    public boolean empty() {
      return bound().empty();
    }

    @Override
    public boolean fail(Throwable error) {
      return bound().fail(error);
    }

    @Override
    public boolean isDone() {
      return bound().isDone();
    }
  }

  private static final class BoundStream<R> implements ReplyStream<R> {
    private @Nullable ReplyStream<R> bound;

    private ReplyStream<R> bound() {
      return Objects.requireNonNull(bound, "The question was not put yet");
    }

    @Override
    public Mono<Void> next(R value) {
      return bound().next(value);
    }

    @Override
    public boolean complete() {
      return bound().complete();
    }

    @Override
    public boolean fail(Throwable error) {
      return bound().fail(error);
    }

    @Override
    public boolean isDone() {
      return bound().isDone();
    }
  }
}
