package dev.velox.examples.quickstart;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorGroup;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import java.util.List;
import reactor.core.publisher.Flux;
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

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    System.out.println("counted to " + count().block());
    System.out.println("by page: " + countPages().block());
  }

  /** The specification's {@code class CounterActor extends Actor<number>}. */
  static StatefulActor<Integer, Counter> counterActor() {
    return Actor.of(0, ActorExample::receive);
  }

  private static Mono<Integer> receive(int state, Counter message) {
    if (message instanceof Increment) {
      return Mono.just(state + 1);
    }
    if (message instanceof Decrement) {
      return Mono.just(state - 1);
    }
    ((Get) message).reply().reply(state);
    return Mono.just(state);
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

  /** A counter per page, made when it is first visited, and gone when it has been idle. */
  static Mono<List<Integer>> countPages() {
    ActorGroup<String, Counter> pages =
        ActorGroup.byKey((String page) -> Actor.builder(0, ActorExample::receive));
    return Flux.just("/home", "/about", "/home")
        .concatMap(page -> pages.actor(page).send(new Increment()))
        .thenMany(Flux.just("/home", "/about"))
        .concatMap(page -> pages.actor(page).ask(Get::new))
        .collectList()
        .delayUntil(counts -> pages.stop());
  }
}
