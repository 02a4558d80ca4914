package dev.velox.reactor.actor;

import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** The specification's counter, and what else the tests say to an actor. */
sealed interface Counting {

  record Increment() implements Counting {}

  record Decrement() implements Counting {}

  record Get(Reply<Integer> reply) implements Counting {}

  /** Does what it is told. */
  record Do(Supplier<Mono<Integer>> work) implements Counting {}

  /** An ask that does what it is told. */
  record DoFor(Reply<Integer> reply, Supplier<Mono<Integer>> work) implements Counting {}

  static Behavior<Integer, Counting> counter() {
    return (state, message) -> {
      if (message instanceof Increment) {
        return Mono.just(state + 1);
      }
      if (message instanceof Decrement) {
        return Mono.just(state - 1);
      }
      if (message instanceof Do todo) {
        return todo.work().get();
      }
      if (message instanceof DoFor todo) {
        return todo.work().get();
      }
      ((Get) message).reply().reply(state);
      return Mono.just(state);
    };
  }
}
