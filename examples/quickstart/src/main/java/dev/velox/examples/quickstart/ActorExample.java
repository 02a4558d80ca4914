package dev.velox.examples.quickstart;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorGroup;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.Channel;
import java.util.List;
import java.util.function.BiFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 3 of the specification, the actor model: its {@code CounterActor}, whose behaviour
 * answers the new state, and its {@code Actor} itself, put together from a channel and an {@code
 * async} loop.
 */
public final class ActorExample {

  private ActorExample() {}

  /** What the counter understands. */
  sealed interface Counter {}

  record Increment() implements Counter {}

  record Decrement() implements Counter {}

  record Get(Reply<Integer> reply) implements Counter {}

  /** What the specification matches on; by itself, so that a test can run it step by step. */
  static final Behavior<Integer, Counter> COUNTING =
      (state, message) -> {
        if (message instanceof Increment) {
          return Mono.just(state + 1);
        }
        if (message instanceof Decrement) {
          return Mono.just(state - 1);
        }
        ((Get) message).reply().reply(state);
        return Mono.just(state);
      };

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    System.out.println("counted to " + count().block());
    System.out.println("counted by hand to " + countByHand().block());
    System.out.println("by page: " + countPages().block());
  }

  /** The specification's {@code class CounterActor extends Actor<number>}. */
  static StatefulActor<Integer, Counter> counterActor() {
    return Actor.of(0, COUNTING);
  }

  /** Two up, one down; then asks. */
  static Mono<Integer> count() {
    StatefulActor<Integer, Counter> counter = counterActor();
    return counter
        .send(new Increment()) // await counter.send(Increment)
        .then(counter.send(new Increment()))
        .then(counter.send(new Decrement()))
        .then(counter.ask(Get::new))
        .delayUntil(count -> counter.stop());
  }

  /**
   * The specification's {@code class Actor<T>}, line by line. It shows what an actor is; what it
   * lacks (asks that fail, supervision, an end that accounts for the mail) is what {@link Actor}
   * adds, which holds no thread either while its behaviour waits.
   */
  static final class HandMadeActor<S, M> {

    private final Channel<M> mailbox = Channel.rendezvous(); // new Channel()
    private final BiFunction<S, M, Mono<S>> behavior;
    private S state;

    HandMadeActor(S initialState, BiFunction<S, M, Mono<S>> behavior) {
      this.state = initialState;
      this.behavior = behavior;
    }

    /** Runs until the mailbox is closed, which the specification leaves out; then the state. */
    Mono<S> start() {
      return async(
          () -> {
            while (true) {
              M message = await(mailbox.receive());
              if (message == null) {
                return state;
              }
              state = await(behavior.apply(state, message));
            }
          });
    }

    Mono<Void> send(M message) {
      return mailbox.send(message);
    }

    void stop() {
      mailbox.close();
    }
  }

  /** The same messages to the actor that was put together by hand. */
  static Mono<Integer> countByHand() {
    HandMadeActor<Integer, Counter> counter = new HandMadeActor<>(0, COUNTING::receive);
    Mono<Void> messages =
        counter
            .send(new Increment())
            .then(counter.send(new Increment()))
            .then(counter.send(new Decrement()))
            .then(Mono.fromRunnable(counter::stop));
    return Mono.zip(counter.start(), messages.thenReturn("sent")).map(both -> both.getT1());
  }

  /** A counter per page, made when it is first visited, and gone when it has been idle. */
  static Mono<List<Integer>> countPages() {
    ActorGroup<String, Counter> pages =
        ActorGroup.byKey((String page) -> Actor.builder(0, COUNTING));
    return Flux.just("/home", "/about", "/home")
        .concatMap(page -> pages.actor(page).send(new Increment()))
        .thenMany(Flux.just("/home", "/about"))
        .concatMap(page -> pages.actor(page).ask(Get::new))
        .collectList()
        .delayUntil(counts -> pages.stop());
  }
}
