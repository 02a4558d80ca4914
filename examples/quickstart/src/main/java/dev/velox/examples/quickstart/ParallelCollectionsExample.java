package dev.velox.examples.quickstart;

import dev.velox.reactor.parallel.ParallelArray;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;

/** Section 7 of the specification, parallel collections: an array. */
public final class ParallelCollectionsExample {

  private final ParallelArray<Integer> array =
      ParallelArray.of(IntStream.rangeClosed(1, 1000).boxed().toList());

  /** Creates the example. */
  public ParallelCollectionsExample() {}

  private static <T> Mono<T> later(T value) {
    return Mono.delay(Duration.ofMillis(1)).thenReturn(value);
  }

  /**
   * The specification's {@code map}, with a function that promises.
   *
   * @return the squares, in order
   */
  public Mono<List<Integer>> map() {
    return array.mapAsync(item -> later(item * item));
  }

  /**
   * The specification's {@code filter}.
   *
   * @return the even numbers, in order
   */
  public Mono<List<Integer>> filter() {
    return array.filterAsync(item -> later(item % 2 == 0));
  }

  /**
   * The specification's {@code reduce}: one after the other.
   *
   * @return the sum
   */
  public Mono<Integer> reduce() {
    return array.reduceAsync((acc, item) -> Mono.just(acc + item), 0);
  }

  /**
   * Work that computes: plain functions, on all processors.
   *
   * @return how many of the numbers are prime
   */
  public Mono<Long> primes() {
    return array.count(
        n -> n > 1 && IntStream.rangeClosed(2, (int) Math.sqrt(n)).allMatch(d -> n % d != 0));
  }

  /**
   * A fold as a tree, for a function that is associative: the order is kept.
   *
   * @return all numbers, one after the other
   */
  public Mono<String> joined() {
    return array.reduceParallel("", (text, n) -> text + n, String::concat);
  }

  /**
   * Runs the example.
   *
   * @param args not used
   */
  public static void main(String[] args) {
    ParallelCollectionsExample example = new ParallelCollectionsExample();
    System.out.println("squares: " + example.map().map(squares -> squares.subList(0, 5)).block());
    System.out.println("even: " + example.filter().map(List::size).block());
    System.out.println("sum: " + example.reduce().block());
    System.out.println("primes: " + example.primes().block());
    System.out.println("joined: " + example.joined().map(String::length).block() + " digits");
  }
}
