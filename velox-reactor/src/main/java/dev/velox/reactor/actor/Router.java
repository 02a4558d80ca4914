package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.util.List;
import java.util.function.Function;

/**
 * Several actors as one. What a router makes is an {@link Actor} that hands each message on, on the
 * sender's thread and without a mailbox of its own.
 *
 * <p>An actor that was told to stop, or has ended, is left out. A message that it refuses because
 * it stops at that moment goes to the next one that would have been chosen; so a message is
 * refused, with {@link ActorStoppedException}, only when all have stopped. An ask fails if the
 * actor that got it stops before it answers: nobody knows whether it was handled, so it is not
 * asked again elsewhere.
 *
 * <p>The lifetime of a router is that of its actors: to stop it is to stop them all, it has ended
 * when they all have, and it is disposed when all of them are. Its end names the first failure
 * among theirs.
 */
public final class Router {

  private Router() {}

  /**
   * Hands messages to one actor after the other. The order among messages of one sender is lost, as
   * several handle them. {@code trySend} passes over those whose mailboxes are full; {@code send}
   * does not, and waits for the one whose turn it is.
   *
   * @param <M> the type of the messages
   * @param actors the actors; copied
   * @return them as one
   * @throws IllegalArgumentException if there are none
   */
  public static <M> Actor<M> roundRobin(List<? extends Actor<M>> actors) {
    return new RoundRobin<>(notEmpty(actors));
  }

  /**
   * Hands all messages of a key to the same actor, so their order is kept. When an actor stops, its
   * keys, and no others, are spread over the rest; for those, the order is kept before and after
   * that, while what the stopped one had accepted may be handled after what came later.
   *
   * <p>Which actor it is, is decided by rendezvous hashing (Thaler and Ravishankar, 1998) of the
   * key's hash code and the actors' names: of all the actors the one whose hash together with the
   * key's is greatest. So routers over actors of the same names agree, one more or one less of them
   * moves few keys, and a message costs a multiplication per actor.
   *
   * @param <M> the type of the messages
   * @param actors the actors, each with a name of its own; copied
   * @param key the key of a message, with a hash code that is its own
   * @return them as one
   * @throws IllegalArgumentException if there are none, or two of a name
   */
  public static <M> Actor<M> consistentHash(
      List<? extends Actor<M>> actors, Function<? super M, ?> key) {
    return new ConsistentHash<>(notEmpty(actors), Args.notNull(key, "key"));
  }

  /**
   * Hands each message to all actors. {@code send} completes when all that live have accepted it,
   * and fails after that with the first error of those that have not. {@code trySend} answers the
   * worst of their answers, {@code FULL}, then {@code DROPPED}, then {@code SENT}; those that could
   * take it have it. An ask asks them all, each with a reply of its own: the first answer is the
   * answer, and cancels the other asks; it fails when all have failed. {@code askMany} merges their
   * streams.
   *
   * @param <M> the type of the messages
   * @param actors the actors; copied
   * @return them as one
   * @throws IllegalArgumentException if there are none
   */
  public static <M> Actor<M> broadcast(List<? extends Actor<M>> actors) {
    return new BroadcastToAll<>(notEmpty(actors));
  }

  private static <M> List<Actor<M>> notEmpty(List<? extends Actor<M>> actors) {
    List<Actor<M>> copy = List.copyOf(Args.notNull(actors, "actors"));
    if (copy.isEmpty()) {
      throw new IllegalArgumentException("actors must not be empty");
    }
    return copy;
  }
}
