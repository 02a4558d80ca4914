package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Handles messages one at a time, in the order in which each sender sent them. It has no thread: it
 * takes turns on a scheduler, a bounded number of messages each, and costs a few objects while it
 * has nothing to do.
 *
 * <pre>{@code
 * sealed interface Counter {}
 * record Increment() implements Counter {}
 * record Get(Reply<Integer> reply) implements Counter {}
 *
 * StatefulActor<Integer, Counter> counter = Actor.of(0, Behavior.sync((state, message) -> {
 *   if (message instanceof Get get) {
 *     get.reply().reply(state);
 *     return state;
 *   }
 *   return state + 1;
 * }));
 * counter.send(new Increment()).then(counter.ask(Get::new));   // 1
 * }</pre>
 *
 * <p>The next message is not handed over before the {@code Mono} of the one before has completed,
 * on whatever thread. So an actor means what {@code concatMap} over its messages would mean; the
 * new state counts once the {@code Mono} has completed.
 *
 * <p>The mailbox is bounded: {@code send} and {@code ask} wait for room, first come, first served,
 * {@link #trySend} does not. A behaviour that sends to its own full mailbox, and would wait for
 * itself, gets a {@link MailboxFullException} at once: letting it in would make the bound a lie,
 * and waiting would never end. It is recognised by the {@code Context}.
 *
 * @param <M> the type of the messages
 */
public interface Actor<M> extends Disposable {

  /**
   * An actor with the default options.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial its state at first
   * @param behavior what it does with a message
   * @return a new actor
   */
  static <S, M> StatefulActor<S, M> of(S initial, Behavior<S, M> behavior) {
    return new DefaultActor<>(
        Settings.DEFAULT,
        null,
        Args.notNull(initial, "initial"),
        Args.notNull(behavior, "behavior"));
  }

  /**
   * An actor with the default options, whose behaviour needs its context.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial its state at first
   * @param behavior what it does with a message, and at the steps of its life
   * @return a new actor, which starts at once
   */
  static <S, M> StatefulActor<S, M> of(S initial, ContextBehavior<S, M> behavior) {
    return builder(initial, behavior).build();
  }

  /**
   * Options for actors.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the state at first
   * @param behavior what it does with a message
   * @return a builder with the defaults
   */
  static <S, M> ActorBuilder<S, M> builder(S initial, Behavior<S, M> behavior) {
    return new ActorBuilder<>(Args.notNull(initial, "initial"), Args.notNull(behavior, "behavior"));
  }

  /**
   * Options for actors whose behaviour needs its context.
   *
   * @param <S> the type of the state
   * @param <M> the type of the messages
   * @param initial the state at first
   * @param behavior what it does with a message, and at the steps of its life
   * @return a builder with the defaults
   */
  static <S, M> ActorBuilder<S, M> builder(S initial, ContextBehavior<S, M> behavior) {
    return new ActorBuilder<>(Args.notNull(initial, "initial"), Args.notNull(behavior, "behavior"));
  }

  /**
   * Its name, for errors, events and registries.
   *
   * @return the name given, or a numbered one
   */
  String name();

  /**
   * Sends a message.
   *
   * @param message the message
   * @return completes when the mailbox has accepted it, or its overflow policy has dropped it;
   *     fails with {@link ActorStoppedException}, or {@link MailboxFullException} if that is the
   *     policy. Cancelled while it waits, it sends nothing. Each subscription sends once
   */
  Mono<Void> send(M message);

  /**
   * {@link #send} under the name that other actor libraries use.
   *
   * @param message the message
   * @return as {@link #send}
   */
  default Mono<Void> tell(M message) {
    return send(message);
  }

  /**
   * Sends a message if that is possible without waiting.
   *
   * @param message the message
   * @return what became of it; {@code FULL} also while another sender waits, or is about to, since
   *     nobody is overtaken
   */
  SendResult trySend(M message);

  /**
   * Sends all messages of a source, asking it for no more than the mailbox accepts.
   *
   * @param source the messages
   * @return how many were accepted, once the source completes; or its error, or those of {@link
   *     #send}, by which the source is cancelled
   */
  default Mono<Long> sendAll(Publisher<? extends M> source) {
    Args.notNull(source, "source");
    return Flux.<M>from(source).concatMap(each -> send(each).thenReturn(each), 0).count();
  }

  /**
   * A view as subscriber, which asks for one message after the other, as the mailbox accepts them.
   * The source's error is dropped through Reactor's hook; its end does not stop the actor. The
   * actor's end cancels the source, whether it was about to signal or not; so does a message that
   * is refused, which is discarded.
   *
   * @return a new subscriber for one source; it is a {@code Subscription} and a {@code Disposable}
   *     too, to leave its source by
   */
  default CoreSubscriber<M> asSubscriber() {
    return MailSubscriber.of(this);
  }

  /**
   * Asks for an answer, within the builder's time if one was given. The question is sent when the
   * answer is requested.
   *
   * @param <R> the type of the answer
   * @param question makes the message with the given reply in it
   * @return the answer; fails at once when the behaviour fails while it handles the question, when
   *     the actor has stopped or does so before it answers ({@link ActorStoppedException}), when
   *     the mailbox refuses, when the ask would close a circle ({@link AskDeadlockException}), and
   *     with {@link java.util.concurrent.TimeoutException} when the time is over. Cancelled or
   *     timed out while the question waits or lies in the mailbox, it is never handled
   */
  <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question);

  /**
   * Asks for an answer within a time. All asks share a coarse timer: it may be up to 10 ms late.
   *
   * @param <R> the type of the answer
   * @param question makes the message with the given reply in it
   * @param timeout how long to wait for it
   * @return as {@link #ask(Function)}
   * @throws IllegalArgumentException if {@code timeout} is not positive
   */
  <R> Mono<R> ask(Function<? super Reply<R>, ? extends M> question, Duration timeout);

  /**
   * Asks for a stream of answers. The actor's {@link ReplyStream#next} waits for the asker's
   * demand, 16 answers aside.
   *
   * @param <R> the type of the answers
   * @param question makes the message with the given stream in it
   * @return the answers; errors as {@link #ask(Function)}
   */
  <R> Flux<R> askMany(Function<? super ReplyStream<R>, ? extends M> question);

  /**
   * The same actor for messages of another type.
   *
   * @param <N> the type of those messages
   * @param adapter makes this actor's message of one; called by the sender
   * @return a view
   */
  default <N> Actor<N> contramap(Function<? super N, ? extends M> adapter) {
    return new AdaptedActor<>(this, Args.notNull(adapter, "adapter"));
  }

  /**
   * Stops after what was accepted. Takes no more; who waits for room is refused.
   *
   * @return stops once it is subscribed; as {@link #terminated()}. Cancelled, the stop goes on
   */
  Mono<Termination> stop();

  /**
   * Stops after what was accepted, or, when a time is over, {@link #stopNow()}.
   *
   * @param grace how long it may go on
   * @return as {@link #stop()}
   */
  Mono<Termination> stop(Duration grace);

  /**
   * Stops after the message at hand; what else was accepted becomes dead letters.
   *
   * @return as {@link #stop()}
   */
  Mono<Termination> stopNow();

  /**
   * Stops, and cancels what the behaviour at hand returned. The last step of its life is begun in
   * any case, and cancelled unless it ends at once; so are its children's. So nothing holds it up.
   *
   * @return as {@link #stop()}
   */
  Mono<Termination> kill();

  /**
   * How it ended.
   *
   * @return its end, whenever subscribed; never an error
   */
  Mono<Termination> terminated();

  /** {@link #stopNow()}, without waiting. */
  @Override
  void dispose();

  /**
   * Whether it takes no more messages.
   *
   * @return {@code true} once it was told to stop, or has ended
   */
  @Override
  boolean isDisposed();

  /**
   * How many messages were accepted and not yet taken.
   *
   * @return their number at this instant
   */
  int mailboxSize();

  /**
   * How many wait for room in the mailbox.
   *
   * @return their number at this instant
   */
  int waitingSenders();
}
