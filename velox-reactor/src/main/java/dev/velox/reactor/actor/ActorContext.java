package dev.velox.reactor.actor;

import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What an actor can do beside changing its state. For its own behaviour only, and only while that
 * handles a message or a step of the actor's life, on whatever thread.
 *
 * <p>Messages that it sends to itself through here ({@link #pipeToSelf}, timers, {@link #watch})
 * come before those in the mailbox and take no room there.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 */
public interface ActorContext<S, M> {

  /**
   * This actor.
   *
   * @return itself, also for others
   */
  StatefulActor<S, M> self();

  /**
   * Creates a child, which ends before this actor does and when this actor is restarted.
   *
   * @param <T> the type of the child's state
   * @param <N> the type of its messages
   * @param child its options
   * @return a new actor, begun
   */
  <T, N> StatefulActor<T, N> spawn(ActorBuilder<T, N> child);

  /**
   * The children that have not ended.
   *
   * @return a copy
   */
  Set<Actor<?>> children();

  /**
   * Sends this actor a message when another one ends, at once if it has ended. A restart of this
   * actor ends it.
   *
   * @param actor the other one
   * @param message makes the message
   */
  void watch(Actor<?> actor, Function<? super Termination, ? extends M> message);

  /**
   * Handles messages from the next one on by another behaviour. A restart goes back to the first.
   *
   * @param behavior the behaviour
   */
  void become(ContextBehavior<S, M> behavior);

  /** Stops this actor after the message at hand; what else was accepted becomes dead letters. */
  void stop();

  /**
   * Lays the message at hand aside. Its state change, if any, counts nevertheless.
   *
   * @throws IllegalStateException if there is none, or 1,024 lie aside
   */
  void stash();

  /** Hands over again what lies aside, in its order, before any other message. */
  void unstashAll();

  /**
   * Sends this actor a message after a time. Another timer of this key is stopped, and its message,
   * if it is on its way, is not handled.
   *
   * @param key names the timer
   * @param message the message
   * @param delay the time
   */
  void startTimer(Object key, M message, Duration delay);

  /**
   * Sends this actor a message again and again, each a time after the one before was handed over.
   *
   * @param key names the timer
   * @param message the message
   * @param delay the time
   */
  void startTimerWithFixedDelay(Object key, M message, Duration delay);

  /**
   * Sends this actor a message again and again, at a rate. Those that come while one is not yet
   * handled are left out.
   *
   * @param key names the timer
   * @param message the message
   * @param period the time from one to the next
   */
  void startTimerAtFixedRate(Object key, M message, Duration period);

  /**
   * Sends this actor a message when none has come for a time, and again after that.
   *
   * @param message the message
   * @param idle the time
   */
  void startIdleTimer(M message, Duration idle);

  /**
   * Stops a timer; its message, if it is on its way, is not handled.
   *
   * @param key names it
   */
  void stopTimer(Object key);

  /**
   * Subscribes, and sends this actor what comes of it. Messages go on meanwhile. It is cancelled
   * when this actor is restarted or ends.
   *
   * @param <T> the type of the result
   * @param source what to wait for
   * @param message makes the message, of the value or the error; both are {@code null} if it
   *     completed empty
   */
  <T> void pipeToSelf(Mono<T> source, Piped<? super T, ? extends M> message);

  /**
   * Makes a message of what came of a {@code Mono}.
   *
   * @param <T> the type of the result
   * @param <M> the type of the message
   */
  @FunctionalInterface
  interface Piped<T, M> {

    /**
     * Makes a message.
     *
     * @param value the value, or {@code null}
     * @param error the error, or {@code null}
     * @return the message
     */
    M message(@Nullable T value, @Nullable Throwable error);
  }
}
