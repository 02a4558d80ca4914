package dev.velox.examples.quickstart;

import static dev.velox.reactor.parallel.Parallel.allSettled;

import dev.velox.reactor.parallel.Parallel;
import dev.velox.reactor.parallel.Settled;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Section 2 of the specification: parallel processing, with a limit or without. */
public final class ParallelProcessingExample {

  /**
   * What is worked on.
   *
   * @param id its number
   */
  public record Item(int id) {}

  /**
   * What comes of it.
   *
   * @param id the item's number
   * @param text what was found out
   */
  public record Result(int id, String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();

  /** Creates the example. */
  public ParallelProcessingExample() {}

  /** An asynchronous call, as to another service: later items answer sooner. */
  private Mono<Result> processItem(Item item) {
    return Mono.delay(Duration.ofMillis(60 - 10 * (item.id() % 5)))
        .map(tick -> new Result(item.id(), "processed " + item.id()))
        .doOnSubscribe(s -> mostAtOnce.accumulateAndGet(running.incrementAndGet(), Math::max))
        .doOnTerminate(running::decrementAndGet);
  }

  /**
   * {@code Promise.all(items.map(item => processItem(item)))}.
   *
   * @param items what to work on
   * @return the results in the order of the items
   */
  public Mono<List<Result>> processBatch(List<Item> items) {
    return Parallel.processBatch(items, item -> processItem(item));
  }

  /**
   * At most so many at any instant, and so many as long as items remain.
   *
   * @param items what to work on
   * @param concurrency how many at once
   * @return the results in the order of the items
   */
  public Mono<List<Result>> processWithConcurrency(List<Item> items, int concurrency) {
    return Parallel.processWithConcurrency(items, item -> processItem(item), concurrency);
  }

  /**
   * The same as an operator, for a stream without end.
   *
   * @param items what to work on
   * @param concurrency how many at once
   * @return the results in the order of the items
   */
  public Flux<Result> processStream(Flux<Item> items, int concurrency) {
    return items.transform(Parallel.map(concurrency, item -> processItem(item)));
  }

  /**
   * All outcomes, failures included.
   *
   * @param items what to work on; odd ones fail
   * @return what each came to
   */
  public Mono<List<Settled<Result>>> processAll(List<Item> items) {
    return allSettled(
        items,
        item ->
            item.id() % 2 == 0
                ? processItem(item)
                : Mono.error(new IllegalStateException("odd: " + item.id())),
        4);
  }

  /**
   * How many items were worked on at once.
   *
   * @return the most so far
   */
  public int mostAtOnce() {
    return mostAtOnce.get();
  }

  /**
   * Runs the example.
   *
   * @param args not used
   */
  public static void main(String[] args) {
    List<Item> items = IntStream.range(0, 10).mapToObj(Item::new).toList();
    ParallelProcessingExample example = new ParallelProcessingExample();

    System.out.println("limited: " + example.processWithConcurrency(items, 3).block());
    System.out.println("at most " + example.mostAtOnce() + " at once");
    System.out.println("batch: " + example.processBatch(items).block());
    System.out.println("stream: " + example.processStream(Flux.fromIterable(items), 3).blockLast());
    System.out.println("settled: " + example.processAll(items).block());
  }
}
