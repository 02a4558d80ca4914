package dev.velox.reactor.actor;

import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What all routers do alike: several actors with one life. */
abstract class RoutedActors<M> implements Actor<M> {

  final List<Actor<M>> actors;
  private final String name;

  RoutedActors(String kind, List<Actor<M>> actors) {
    this.actors = actors;
    this.name = actors.stream().map(Actor::name).collect(Collectors.joining(", ", kind + "(", ")"));
  }

  @Override
  public final String name() {
    return name;
  }

  final ActorStoppedException stopped() {
    return new ActorStoppedException(name, null);
  }

  private Mono<Termination> all(Function<Actor<M>, Mono<Termination>> end) {
    return Flux.fromIterable(actors)
        .flatMap(end, Integer.MAX_VALUE)
        .collectList()
        .map(this::together);
  }

  private Termination together(List<Termination> ends) {
    Termination last = new Termination(name, Reason.STOPPED, null);
    for (Termination each : ends) {
      if (each.reason() == Reason.FAILED) {
        return new Termination(name, Reason.FAILED, each.cause());
      }
      if (each.reason() == Reason.KILLED) {
        last = new Termination(name, Reason.KILLED, null);
      }
    }
    return last;
  }

  @Override
  public final Mono<Termination> stop() {
    return all(Actor::stop);
  }

  @Override
  public final Mono<Termination> stop(Duration grace) {
    Args.notNegative(grace, "grace");
    return all(actor -> actor.stop(grace));
  }

  @Override
  public final Mono<Termination> stopNow() {
    return all(Actor::stopNow);
  }

  @Override
  public final Mono<Termination> kill() {
    return all(Actor::kill);
  }

  @Override
  public final Mono<Termination> terminated() {
    return all(Actor::terminated);
  }

  @Override
  public final void dispose() {
    actors.forEach(Actor::dispose);
  }

  @Override
  public final boolean isDisposed() {
    return actors.stream().allMatch(Actor::isDisposed);
  }

  @Override
  public final int mailboxSize() {
    return actors.stream().mapToInt(Actor::mailboxSize).sum();
  }

  @Override
  public final int waitingSenders() {
    return actors.stream().mapToInt(Actor::waitingSenders).sum();
  }

  @Override
  public final String toString() {
    return "Actor(" + name + ")";
  }
}
