package dev.velox.examples.quickstart;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import reactor.core.publisher.Mono;

/**
 * The actor model: the specification's {@code CounterActor}, whose behaviour answers the new state.
 */
public final class ActorExample {

  private ActorExample() {}

  /** What the counter understands. */
  sealed interface Counter {}

  record Increment() implements Counter {}

  record Decrement() implements Counter {}

  record Get(Reply<Integer> reply) implements Counter {}

  /** What it does with a message; by itself, so that a test can run it step by step. */
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
}
