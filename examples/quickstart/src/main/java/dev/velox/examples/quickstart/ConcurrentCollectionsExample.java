package dev.velox.examples.quickstart;

import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.collection.ConcurrentQueue;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 8 of the specification, concurrent data structures.
 *
 * <p>The specification's {@code ConcurrentMap} and {@code ConcurrentQueue}, and what makes them
 * more than a lock around a collection: turns per key, one load for all who ask, batches.
 */
public final class ConcurrentCollectionsExample {

  private ConcurrentCollectionsExample() {}

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    map().doOnNext(System.out::println).blockLast();
    queue().doOnNext(System.out::println).blockLast();
    batches().doOnNext(System.out::println).blockLast();
  }

  /** What {@code get}, {@code set} and {@code delete} answer, and how often a loader is called. */
  static Flux<String> map() {
    ConcurrentMap<String, Integer> ages = ConcurrentMap.create(); // new ConcurrentMap()
    AtomicInteger loads = new AtomicInteger();
    Mono<Integer> loaded =
        ages.getOrLoad("Grace", name -> Mono.fromSupplier(() -> 85 + loads.getAndIncrement()));
    return Flux.concat(
        ages.set("Ada", 36).thenReturn("set Ada"),
        ages.get("Ada").map(age -> "Ada is " + age),
        ages.compute("Ada", (name, age) -> Mono.just(age + 1)).map(age -> "now she is " + age),
        ages.delete("Ada").map(deleted -> "deleted: " + deleted),
        ages.get("Ada").map(age -> "Ada is " + age).defaultIfEmpty("nobody of that name"),
        Mono.zip(loaded, loaded).map(both -> "Grace is " + both.getT1() + " and " + both.getT2()),
        Mono.fromSupplier(() -> "loaded " + loads + " time"));
  }

  /** A producer that is held up by a full queue until its consumer comes. */
  static Flux<String> queue() {
    ConcurrentQueue<String> queue = ConcurrentQueue.bounded(1); // new ConcurrentQueue(1)
    Mono<Void> producer = queue.enqueue("first").then(queue.enqueue("second"));
    Mono<String> consumer = queue.dequeue();
    return Flux.merge(
        producer.thenReturn("both are in"),
        consumer.map(item -> "dequeued the " + item),
        consumer.map(item -> "dequeued the " + item));
  }

  /** A consumer that takes what is there, two at a time, until the queue is shut down. */
  static Flux<List<Integer>> batches() {
    ConcurrentQueue<Integer> queue = ConcurrentQueue.bounded(2); // new ConcurrentQueue(2)
    Mono<Void> producer =
        Flux.range(1, 5).concatMap(queue::enqueue).then(Mono.fromRunnable(queue::shutdown));
    Flux<List<Integer>> consumer =
        queue.takeBetween(2, 2).repeatWhen(done -> done.takeWhile(taken -> taken > 0));
    return Flux.merge(producer.thenMany(Flux.empty()), consumer);
  }
}
