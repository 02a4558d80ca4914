package dev.velox.examples.quickstart;

import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.stm.Transaction;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 4 of the specification, software transactional memory: a bank.
 *
 * <p>{@code STM<T>} is {@link TRef}; {@code read()} and {@code write()} keep their names; {@code
 * Transaction.current()} answers the transaction in the Context; {@code Transaction.run(block)} is
 * {@link Stm#atomic}, which runs the block again after a conflict instead of throwing it.
 */
public final class SoftwareTransactionalMemoryExample {

  SoftwareTransactionalMemoryExample() {}

  private final TRef<Integer> alice = TRef.of("alice", 100);
  private final TRef<Integer> bob = TRef.of("bob", 0);

  /** The specification's words: read and write, inside {@code Transaction.run(block)}. */
  Mono<Void> deposit(TRef<Integer> account, int amount) {
    return account // await account.read()
        .read()
        .flatMap(balance -> account.write(balance + amount)) // await account.write(...)
        .as(Stm::atomic); // Transaction.run(...)
  }

  /** A synchronous body: the transaction is its argument. */
  Mono<Void> transfer(TRef<Integer> from, TRef<Integer> to, int amount) {
    return Stm.atomic(
        tx -> {
          tx.check(tx.get(from) >= amount); // waits until there is enough, holding no thread
          tx.set(from, tx.get(from) - amount);
          tx.set(to, tx.get(to) + amount);
        });
  }

  /** A Mono body, which may take its time: the transaction travels in the Context. */
  Mono<Void> transferAfterALook(TRef<Integer> from, TRef<Integer> to, int amount) {
    return from.read()
        .filter(balance -> balance >= amount)
        .switchIfEmpty(Stm.retry())
        .delayElement(Duration.ofMillis(5))
        .then(from.update(balance -> balance - amount))
        .then(to.update(balance -> balance + amount))
        .as(Stm::atomic);
  }

  /** Either account will do. */
  Mono<String> pay(int amount) {
    return Stm.atomic(
        tx -> {
          return tx.orElse(
              first -> take(first, "alice", alice, amount),
              second -> take(second, "bob", bob, amount));
        });
  }

  private static String take(Transaction tx, String name, TRef<Integer> account, int amount) {
    tx.check(tx.get(account) >= amount);
    tx.set(account, tx.get(account) - amount);
    return name;
  }

  /** {@code Transaction.current()}: the Context knows it, inside of a transaction. */
  Mono<String> whereAmI() {
    Mono<Boolean> inside = Transaction.current().hasElement();
    return Mono.zip(inside, inside.as(Stm::atomic))
        .map(both -> "in a transaction: " + both.getT1() + ", then " + both.getT2());
  }

  /** Both balances, at one instant. */
  Mono<List<Integer>> balances() {
    return Stm.readOnly(tx -> List.of(tx.get(alice), tx.get(bob)));
  }

  /** Runs the example. */
  Mono<List<Integer>> run() {
    // Transfers of both kinds, side by side; those of Bob's wait until Alice has sent something.
    Flux<Void> there = Flux.range(0, 10).flatMap(i -> transfer(alice, bob, 8));
    Flux<Void> back = Flux.range(0, 5).flatMap(i -> transferAfterALook(bob, alice, 8));
    return Flux.merge(back, there).then(balances());
  }

  /**
   * Runs the example and prints the balances.
   *
   * @param args none
   */
  public static void main(String[] args) {
    SoftwareTransactionalMemoryExample bank = new SoftwareTransactionalMemoryExample();
    System.out.println("balances: " + bank.run().block());
    System.out.println("paid by " + bank.pay(50).block());
    bank.deposit(bank.bob, 60).block();
    System.out.println("balances: " + bank.balances().block());
    System.out.println(bank.whereAmI().block());
  }
}
