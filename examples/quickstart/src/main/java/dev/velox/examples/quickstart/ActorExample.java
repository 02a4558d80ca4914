package dev.velox.examples.quickstart;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Actor model.
 *
 * <p>The specification's {@code CounterActor}: a state that one message at a time may change. Its
 * messages are records of a sealed interface, and {@code Get} carries where to answer.
 */
public final class ActorExample {

  private ActorExample() {}

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    story().doOnNext(System.out::println).blockLast();
  }

  /** What a counter understands. */
  sealed interface Counter {
    record Increment() implements Counter {}

    record Decrement() implements Counter {}

    record Get(Reply<Integer> reply) implements Counter {}
  }

  /** class CounterActor extends Actor<number>. */
  static StatefulActor<Integer, Counter> counterActor() {
    return Actor.of(
        0,
        (state, message) -> {
          if (message instanceof Counter.Increment) { // case Increment => return state + 1
            return Mono.just(state + 1);
          } else if (message instanceof Counter.Decrement) { // case Decrement => return state - 1
            return Mono.just(state - 1);
          } else if (message instanceof Counter.Get get) { // case Get => message.reply(state)
            get.reply().success(state);
          }
          return Mono.just(state);
        });
  }

  /** Two up, one down, a question, and the end. */
  static Flux<String> story() {
    StatefulActor<Integer, Counter> counter = counterActor();
    return Flux.concat(
        counter.send(new Counter.Increment()).thenReturn("one up"),
        counter.send(new Counter.Increment()).thenReturn("one up"),
        counter.send(new Counter.Decrement()).thenReturn("one down"),
        counter.ask(Counter.Get::new).map(count -> "it is at " + count),
        Mono.fromRunnable(counter::stop)
            .then(counter.terminated())
            .map(end -> "it ended: " + end.reason()));
  }
}
