package dev.velox.reactor.actor;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where actors live together: a registry by name, their dead letters and events as streams, and one
 * end for all. It is a light scope: it has no thread, and there may be many.
 *
 * <p>State: {@code closed} is set once, by the shutdown, which stops whom it finds in the registry
 * after that. Who spawns registers first and looks at {@code closed} afterwards, and stops its own
 * actor if it is; so of the two one sees the other, and nobody lives on.
 */
public final class ActorSystem {

  private static final int BUFFER = 256;

  private final String name;
  private final ConcurrentHashMap<String, DefaultActor<?, ?>> actors = new ConcurrentHashMap<>();
  private final Broadcast<DeadLetter> letters = broadcast();
  private final Broadcast<ActorEvent> events = broadcast();
  private final Set<DefaultActorGroup<?, ?>> groups = ConcurrentHashMap.newKeySet();
  private final Home home = new Tenants();
  private volatile boolean closed;

  private ActorSystem(String name) {
    this.name = name;
  }

  private static <T> Broadcast<T> broadcast() {
    return Broadcast.<T>builder().subscribers(SlowSubscriber.DROP_OLDEST, BUFFER).build();
  }

  /**
   * An empty system.
   *
   * @param name for messages
   * @return a new system
   */
  public static ActorSystem create(String name) {
    return new ActorSystem(Args.notNull(name, "name"));
  }

  /**
   * Its name.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * Creates an actor in this system, under the builder's name or a number.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param actor its options
   * @return a new actor, begun; stopped if the system is
   * @throws IllegalArgumentException if an actor of this name has not ended
   */
  public <S, M> StatefulActor<S, M> spawn(ActorBuilder<S, M> actor) {
    DefaultActor<S, M> built = Args.notNull(actor, "actor").build(actor.name(), home);
    if (actors.putIfAbsent(built.name(), built) != null) {
      throw new IllegalArgumentException(
          "name " + built.name() + " is taken in the system " + name);
    }
    built.begin();
    if (closed) {
      built.dispose();
    }
    return built;
  }

  /**
   * Looks up an actor that has not ended.
   *
   * @param actor its name
   * @return the actor, or empty
   */
  public Optional<Actor<?>> find(String actor) {
    return Optional.ofNullable(actors.get(Args.notNull(actor, "actor")));
  }

  /**
   * How many of its actors have not ended, children aside.
   *
   * @return their number at about this instant
   */
  public int size() {
    return actors.size();
  }

  /**
   * Its actors that have not ended, children aside: those that {@link #find} finds, and those of
   * its groups, which {@link #size} doesn't count.
   *
   * @return each of them at about this instant; it looks for the next one when that is asked for
   */
  public Stream<Actor<?>> actors() {
    return Stream.concat(
        actors.values().stream(), groups.stream().flatMap(group -> group.living()));
  }

  /**
   * Messages that were accepted and will not be handled, from the subscription on. A subscriber
   * that is 256 behind misses the oldest.
   *
   * @return the dead letters; completes with the system
   */
  public Flux<DeadLetter> deadLetters() {
    return letters.asFlux();
  }

  /**
   * What happens to its actors, from the subscription on. A subscriber that is 256 behind misses
   * the oldest.
   *
   * @return the events; completes with the system
   */
  public Flux<ActorEvent> events() {
    return events.asFlux();
  }

  /**
   * Stops all actors after what they have accepted, children before their parents.
   *
   * @return begins once it is subscribed, and completes when all have ended
   */
  public Mono<Void> shutdown() {
    return shutdown(null);
  }

  /**
   * Stops all actors after what they have accepted, and when a time is over, after the message at
   * hand.
   *
   * @param grace how long they may go on
   * @return as {@link #shutdown()}
   * @throws IllegalArgumentException if {@code grace} is negative
   */
  public Mono<Void> shutdown(@Nullable Duration grace) {
    if (grace != null) {
      Args.notNegative(grace, "grace");
    }
    return Mono.defer(
        () -> {
          closed = true;
          List<Mono<?>> ends = new ArrayList<>();
          for (DefaultActorGroup<?, ?> each : groups) {
            ends.add(grace == null ? each.stop() : each.stop(grace));
          }
          for (DefaultActor<?, ?> each : actors.values()) {
            ends.add(grace == null ? each.stop() : each.stop(grace));
          }
          return Mono.whenDelayError(ends).doOnSuccess(nothing -> close());
        });
  }

  /** A group belongs to this system from now on; as {@link #spawn}. */
  void joined(DefaultActorGroup<?, ?> group) {
    groups.add(group);
    if (closed) {
      group.dispose();
    }
  }

  void left(DefaultActorGroup<?, ?> group) {
    groups.remove(group);
  }

  Home home() {
    return home;
  }

  private void close() {
    boolean ignored = letters.close();
    ignored = events.close();
  }

  @Override
  public String toString() {
    return "ActorSystem(" + name + ")";
  }

  private final class Tenants implements Home {
    @Override
    public void deadLetter(DeadLetter letter) {
      Object ignored = letters.tryPublish(letter);
    }

    @Override
    public void event(ActorEvent event) {
      Object ignored = events.tryPublish(event);
    }

    @Override
    public void ended(ActorCore<?, ?> actor) {
      actors.remove(actor.name(), actor);
    }

    @Override
    public void escalated(Throwable error) {
      // There is nobody above; the actor has stopped.
    }

    @Override
    public void restartOthers(ActorCore<?, ?> actor, Throwable error) {
      // Actors of a system don't share their fate; children of one actor may.
    }
  }
}
