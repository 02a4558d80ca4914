package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * An actor per key, made when a message for its key comes, and gone when it has been idle.
 *
 * <pre>{@code
 * ActorGroup<String, CartMessage> carts =
 *     ActorGroup.byKey((String user) -> Actor.builder(Cart.of(user), behavior));
 *
 * carts.actor("ada").send(new Add("tea"));
 * carts.actor("ada").ask(Total::new);
 * }</pre>
 *
 * <p>There is at most one actor of a key at a time. A message that comes while one ends, idle or
 * stopped or failed, is accepted by its successor, which begins when the other has ended, {@code
 * postStop} included: so {@code postStop} can save what the next {@code onStart} loads, messages of
 * a key are handled in the order in which they were accepted, and none is lost.
 *
 * <p>An actor is idle when it has handled all it accepted, answered all asks, waits for nothing
 * that it piped to itself, and has neither children nor stashed messages. Its own timers' messages
 * count as any others: a timer with a shorter period keeps it alive.
 *
 * @param <K> the type of the keys, with equals and hash code
 * @param <M> the type of the messages
 */
public interface ActorGroup<K, M> extends Disposable {

  /**
   * A group with the default options.
   *
   * @param <K> the type of the keys
   * @param <M> the type of the messages
   * @param actor the options of a key's actor; its name is the group's and the key's. It may be
   *     called for an actor that is then not needed, and must have no effect of its own
   * @return a group without actors
   */
  static <K, M> ActorGroup<K, M> byKey(Function<? super K, ? extends ActorBuilder<?, M>> actor) {
    return ActorGroup.<K, M>builder(actor).build();
  }

  /**
   * Options for groups.
   *
   * @param <K> the type of the keys
   * @param <M> the type of the messages
   * @param actor the options of a key's actor, as for {@link #byKey}
   * @return a builder with the defaults
   */
  static <K, M> ActorGroupBuilder<K, M> builder(
      Function<? super K, ? extends ActorBuilder<?, M>> actor) {
    return new ActorGroupBuilder<>(Args.notNull(actor, "actor"));
  }

  /**
   * Its name, for errors and the names of its actors.
   *
   * @return the name
   */
  String name();

  /**
   * A key's actor, as a reference that outlives it: each message goes to whoever is the key's actor
   * at that time, made if there is none. It costs nothing to hold, and may be made anew each time.
   *
   * <p>It stops, or tells the end of, the one that lives; without one that has happened already.
   * The next message makes another. It is disposed when the group is. Who waits for room in an
   * actor that is stopped or fails meanwhile is refused with {@link ActorStoppedException}. While
   * {@code maxKeys} live, another key's {@code send} and {@code ask} fail with {@link
   * TooManyKeysException}, and {@code trySend} answers {@code FULL}.
   *
   * @param key the key
   * @return a reference
   */
  Actor<M> actor(K key);

  /**
   * The keys whose actors live.
   *
   * @return a copy
   */
  Set<K> keys();

  /**
   * How many keys' actors live.
   *
   * @return their number at this instant
   */
  int size();

  /**
   * Stops all after what they have accepted. No more is accepted, and no more are made.
   *
   * @return begins once it is subscribed, and completes when all have ended. Cancelled, it goes on
   */
  Mono<Void> stop();

  /**
   * Stops all after what they have accepted, or, when a time is over, after the message at hand.
   *
   * @param grace how long they may go on
   * @return as {@link #stop()}
   * @throws IllegalArgumentException if {@code grace} is negative
   */
  Mono<Void> stop(Duration grace);

  /**
   * Stops all after the message at hand; what else was accepted becomes dead letters.
   *
   * @return as {@link #stop()}
   */
  Mono<Void> stopNow();

  /**
   * The end of the group.
   *
   * @return completes when it was stopped and all of its actors have ended
   */
  Mono<Void> terminated();

  /** {@link #stopNow()}, without waiting. */
  @Override
  void dispose();

  /**
   * Whether it takes no more messages.
   *
   * @return {@code true} once it was told to stop
   */
  @Override
  boolean isDisposed();
}
