package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/**
 * Who handles messages one at a time. Any number of senders may send, from any thread; nobody else
 * touches the actor's state, so nothing is locked. No thread belongs to an actor.
 *
 * <pre>{@code
 * StatefulActor<Integer, Counter> counter = Actor.of(0, (count, message) -> switch (message) { ... });
 *
 * counter.send(new Increment());   // Mono<Void>: accepted by the mailbox
 * counter.ask(Get::new);           // Mono<Integer>: record Get(Reply<Integer> reply)
 * counter.states();                // Flux<Integer>: the state, then every change
 * }</pre>
 *
 * <p><b>One at a time.</b> Messages of one sender are handled in the order in which they were
 * accepted. The next message is not begun before the {@code Mono} of the one before has completed,
 * as in a {@code concatMap} over the mailbox. The new state is there only when a behaviour has
 * succeeded.
 *
 * <p><b>The mailbox</b> is bounded; {@link #send} waits, first come, first served, while it is
 * full, {@link #trySend} says no. A behaviour that sends to its own full mailbox gets a {@link
 * MailboxFullException}, since it would wait for itself.
 *
 * <p><b>Failures.</b> A behaviour that fails is handled by {@link Supervision}; its asker is told
 * at once, and if there is none, the failure goes to Reactor's {@code onErrorDropped} hook.
 *
 * <p><b>Threads.</b> A behaviour runs on the builder's scheduler, by default a pool of non-blocking
 * threads, and goes on wherever its {@code Mono} does. It must not block.
 *
 * <p><b>Context.</b> A behaviour sees the {@code Context} of the send or ask that caused it.
 *
 * @param <M> the type of the messages
 */
public interface Actor<M> extends Scannable {

  /**
   * An actor with a state, a mailbox of 1,024 places, that goes on after failures.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the first state
   * @param behavior what it does with a message
   * @return a new actor, ready
   * @throws NullPointerException if an argument is {@code null}
   */
  static <S, M> StatefulActor<S, M> of(S initial, Behavior<S, M> behavior) {
    return builder(initial, behavior).build();
  }

  /**
   * An actor with options.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the first state
   * @param behavior what it does with a message
   * @return a builder
   * @throws NullPointerException if an argument is {@code null}
   */
  static <S, M> ActorBuilder<S, M> builder(S initial, Behavior<S, M> behavior) {
    S first = Args.notNull(initial, "initial");
    return new ActorBuilder<>(() -> first, behavior);
  }

  /**
   * Sends a message, waiting while the mailbox is full.
   *
   * @param message the message
   * @return completes empty when the mailbox has accepted it; fails with {@link
   *     ActorStoppedException} if the actor accepts nothing any more, and with {@link
   *     MailboxFullException} if the mailbox is full and this is its own behaviour. Cancelled while
   *     it waits, it sends nothing
   * @throws NullPointerException if {@code message} is {@code null}
   */
  Mono<Void> send(M message);

  /**
   * {@link #send} under the field's name.
   *
   * @param message the message
   * @return as {@link #send}
   * @throws NullPointerException if {@code message} is {@code null}
   */
  default Mono<Void> tell(M message) {
    return send(message);
  }

  /**
   * Sends a message if that needs no waiting.
   *
   * @param message the message
   * @return what became of it, at once and exactly, from any thread
   * @throws NullPointerException if {@code message} is {@code null}
   */
  TellResult trySend(M message);

  /**
   * Sends all elements of a source, asking it for no more than there is room for.
   *
   * @param source where the messages come from
   * @return completes with how many were accepted; fails with the source's error, or as {@link
   *     #send}
   * @throws NullPointerException if {@code source} is {@code null}
   */
  Mono<Long> sendAll(Publisher<? extends M> source);

  /**
   * Sends a message that carries where to answer, and waits for the answer.
   *
   * @param <R> the type of the answer
   * @param message makes the message
   * @return completes with the answer. It never waits for what is already known: it fails at once
   *     with the behaviour's failure, with {@link ActorStoppedException} if the actor is or gets
   *     stopped, and with {@link AskDeadlockException} if it would close a cycle of asks. Cancelled
   *     while the message is in the mailbox, the message is not handled; later, the answer is
   *     ignored
   * @throws NullPointerException if {@code message} is {@code null}
   */
  <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> message);

  /**
   * Sends a message that carries where to answer, and waits for the answer for some time.
   *
   * @param <R> the type of the answer
   * @param message makes the message
   * @param timeout how long to wait
   * @return as {@link #ask(Function)}; fails with {@link java.util.concurrent.TimeoutException} if
   *     there is no answer in time, and then the message is not handled if it is still in the
   *     mailbox
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if {@code timeout} is not positive
   */
  <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> message, Duration timeout);

  /**
   * Accepts nothing more, handles what was accepted (and what waits to be), and ends.
   *
   * @return whether this call stopped it
   */
  boolean stop();

  /**
   * Accepts nothing more, finishes the message that it is at, and ends. What is in the mailbox goes
   * to the dead letters.
   *
   * @return whether this call did so
   */
  boolean stopNow();

  /**
   * Accepts nothing more, cancels the message that it is at, and ends. What is in the mailbox goes
   * to the dead letters.
   *
   * @return whether this call did so
   */
  boolean kill();

  /**
   * Tells how it ended, now or whenever it does.
   *
   * @return completes with how it ended, never fails; cancelling has no effect on the actor
   */
  Mono<Termination> terminated();

  /**
   * Whether it accepts nothing more.
   *
   * @return {@code true} once it was stopped in one way or the other
   */
  boolean isStopped();

  /**
   * How many messages wait to be handled.
   *
   * @return the number at this instant, without those whose senders wait for room
   */
  int mailboxSize();

  /**
   * A supplier of initial states, for restarts.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial is asked for the first state, and after each restart
   * @param behavior what it does with a message
   * @return a builder
   * @throws NullPointerException if an argument is {@code null}
   */
  static <S, M> ActorBuilder<S, M> builderFrom(
      Supplier<? extends S> initial, Behavior<S, M> behavior) {
    return new ActorBuilder<>(initial, behavior);
  }
}
