package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A key's actor, whoever it is at the time. */
record KeyedReference<K, M>(DefaultActorGroup<K, M> group, K key) implements Address<M> {

  @Override
  public String name() {
    return group.nameOf(key);
  }

  @Override
  public ActorCore<?, M> core() {
    return group.live(key);
  }

  @Override
  public SendResult trySend(M message) {
    Args.notNull(message, "message");
    try {
      ActorCore<?, M> core = core();
      for (; ; ) {
        SendResult result = core.offer(message);
        ActorCore<?, M> next = result == SendResult.CLOSED ? core.successor() : null;
        if (next == null) {
          if (result == SendResult.FULL || result == SendResult.CLOSED) {
            core.count(MetricsListener.Event.REJECTED);
          }
          return result;
        }
        core = next;
      }
    } catch (ActorStoppedException stopped) {
      return SendResult.CLOSED;
    } catch (TooManyKeysException full) {
      return SendResult.FULL;
    }
  }

  private Mono<Termination> atLiving(
      Function<? super KeyedActor<K, ?, M>, Mono<Termination>> what) {
    return Mono.defer(
        () -> {
          KeyedActor<K, ?, M> living = group.find(key);
          return living != null
              ? what.apply(living)
              : Mono.just(new Termination(name(), Termination.Reason.STOPPED, null));
        });
  }

  @Override
  public Mono<Termination> stop() {
    return atLiving(Actor::stop);
  }

  @Override
  public Mono<Termination> stop(Duration grace) {
    Args.notNegative(grace, "grace");
    return atLiving(living -> living.stop(grace));
  }

  @Override
  public Mono<Termination> stopNow() {
    return atLiving(Actor::stopNow);
  }

  @Override
  public Mono<Termination> kill() {
    return atLiving(Actor::kill);
  }

  @Override
  public Mono<Termination> terminated() {
    return atLiving(Actor::terminated);
  }

  @Override
  public void dispose() {
    KeyedActor<K, ?, M> living = group.find(key);
    if (living != null) {
      living.dispose();
    }
  }

  @Override
  public boolean isDisposed() {
    return group.isDisposed();
  }

  @Override
  public int mailboxSize() {
    @Nullable KeyedActor<K, ?, M> living = group.find(key);
    return living == null ? 0 : living.mailboxSize();
  }

  @Override
  public int waitingSenders() {
    @Nullable KeyedActor<K, ?, M> living = group.find(key);
    return living == null ? 0 : living.waitingSenders();
  }

  @Override
  public String toString() {
    return "Actor(" + name() + ")";
  }
}
