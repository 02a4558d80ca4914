package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
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
  public SendResult trySend(M message) {
    SendResult result = offer(Args.notNull(message, "message"));
    if (result == SendResult.FULL || result == SendResult.CLOSED) {
      count(MetricsListener.Event.REJECTED);
    }
    return result;
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
