package dev.velox.examples.quickstart;

import java.util.List;

/**
 * The specification from its first section to its last: runs each section's example, says what it
 * shows, and ends.
 */
public final class QuickstartTour {

  private QuickstartTour() {}

  /** A section's program. */
  private interface Example {
    void run(String[] args) throws Exception;
  }

  private record Section(String title, String shows, Example example) {}

  private static final List<Section> SECTIONS =
      List.of(
          new Section(
              "Async/await with error handling",
              "fetchData, from a server here that loses every second connection",
              AsyncAwaitExample::main),
          new Section(
              "Parallel processing",
              "ten calls, three at once, with results in the order of the items",
              ParallelProcessingExample::main),
          new Section(
              "Actor model",
              "the counter, as an Actor and put together by hand",
              ActorExample::main),
          new Section(
              "Software transactional memory",
              "transfers that wait until there is enough, and never show half of themselves",
              SoftwareTransactionalMemoryExample::main),
          new Section(
              "Channel-based communication",
              "a channel of two holds its third sender up; without room, both sides meet",
              ChannelExample::main),
          new Section(
              "Worker threads",
              "worker.js adds what it is sent; so do a worker in Java and a pool",
              WorkerThreadsExample::main),
          new Section(
              "Parallel collections",
              "map, filter and reduce over a thousand numbers",
              ParallelCollectionsExample::main),
          new Section(
              "Concurrent data structures",
              "a map that loads once for all who ask, and a bounded queue",
              ConcurrentCollectionsExample::main),
          new Section(
              "Synchronization primitives",
              "a mutex around a map, conditions in a bounded queue and at a start",
              SynchronizationExample::main),
          new Section(
              "Error handling and recovery",
              "a retry policy, against a server that answers the third call; then a breaker in it",
              args -> {
                RetryPolicyExample.main(args);
                CircuitBreakerExample.main(args);
              }));

  /**
   * Prints what each section's example does.
   *
   * @param args none
   * @throws Exception if an example fails
   */
  public static void main(String[] args) throws Exception {
    int number = 1;
    for (Section section : SECTIONS) {
      System.out.printf("%n%d. %s: %s%n", number++, section.title(), section.shows());
      section.example().run(args);
    }
  }
}
