package dev.velox.reactor.actor;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.internal.Args;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/** A stream of answers: a channel that the actor fills. */
final class AnswerStream<R> implements ReplyStream<R>, Asked {

  private static final int AHEAD = 16;

  private final Channel<R> answers = Channel.bounded(AHEAD);

  static <R, M> Flux<R> ask(
      Address<M> address, Function<? super ReplyStream<R>, ? extends M> question) {
    return Flux.deferContextual(context -> new AnswerStream<R>().start(address, question, context));
  }

  private <M> Flux<R> start(
      Address<M> address,
      Function<? super ReplyStream<R>, ? extends M> question,
      ContextView context) {
    List<String> circle = Chain.circle(address.core(), context);
    if (circle != null) {
      return Flux.error(new AskDeadlockException(circle));
    }
    M message = Args.notNull(question.apply(this), "message");
    return TellMono.of(address, message, this)
        .thenMany(answers.asFlux())
        .doFinally(
            signal -> {
              boolean ignored = answers.cancel();
            });
  }

  @Override
  public Mono<Void> next(R value) {
    return answers.send(value);
  }

  @Override
  public boolean complete() {
    return answers.close();
  }

  @Override
  public boolean fail(Throwable error) {
    return answers.close(error);
  }

  @Override
  public boolean end(Throwable error) {
    return fail(error);
  }

  @Override
  public boolean isDone() {
    return answers.isClosed();
  }
}
