package dev.velox.benchmarks.keyed;

import dev.velox.benchmarks.Threads;
import dev.velox.benchmarks.keyed.Events.Event;
import dev.velox.reactor.sync.Keyed;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A million events over many keys: one at a time per key, in order, and keys beside each other.
 *
 * <p>{@code groupBy} is left out with 100 000 keys: {@code flatMap} looks through all groups again
 * and again, so that a single run takes minutes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class SeriallyPerKey {

  static final int EVENTS = 1_000_000;
  static final int CONCURRENCY = 256;

  @Param({"velox", "groupBy", "stripes"})
  public String peer;

  @Param({"10", "100", "1000", "10000", "100000"})
  public int keys;

  @Param({"at-once", "hop"})
  public String work;

  private Events events;
  private Scheduler threads;
  private Scheduler[] stripes;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    int keys = Integer.parseInt(params.get("keys"));
    if (params.get("peer").equals("groupBy") && keys > (shortForm ? 1_000 : 10_000)) {
      return false;
    }
    // Few keys have few stripes: a run takes as long as half a million hops one after another.
    if (params.get("peer").equals("stripes") && params.get("work").equals("hop") && keys < 1_000) {
      return false;
    }
    // They are the slowest rows of all: in the short form only where there is no other peer.
    if (shortForm && params.get("peer").equals("stripes")) {
      return keys == 100_000;
    }
    return !shortForm || keys == 1_000 || keys == 100_000;
  }

  @Setup
  public void open() {
    events = new Events(EVENTS, keys, work.equals("hop"));
    threads = Schedulers.newParallel("stripe", Runtime.getRuntime().availableProcessors(), true);
    stripes =
        Stream.generate(() -> Schedulers.single(threads))
            .limit(CONCURRENCY)
            .toArray(Scheduler[]::new);
  }

  @TearDown
  public void close() {
    events.close();
    for (Scheduler stripe : stripes) {
      stripe.dispose();
    }
    threads.dispose();
  }

  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public long run() throws Exception {
    Future<Long> handled = handled(events.flux()).count().toFuture();
    long count = Threads.await(handled);
    events.check(count);
    return count;
  }

  private Flux<Event> handled(Flux<Event> source) {
    return switch (peer) {
      case "velox" -> source.transform(Keyed.serially(Event::key, CONCURRENCY, events::handle));
      // With a lower concurrency than there are keys it hangs.
      case "groupBy" ->
          source.groupBy(Event::key).flatMap(group -> group.concatMap(events::handle), keys + 1);
      case "stripes" -> work.equals("hop") ? onStripesInTurn(source) : onStripes(source);
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }

  /** The stripe does the work of its keys, in the order of its queue. */
  private Flux<Event> onStripes(Flux<Event> source) {
    return source.flatMap(
        event -> events.handle(event).subscribeOn(stripes[stripe(event)]), CONCURRENCY);
  }

  /** Work that leaves its stripe is waited for there, and with it all other keys of the stripe. */
  private Flux<Event> onStripesInTurn(Flux<Event> source) {
    return source
        .groupBy(this::stripe)
        .flatMap(
            group -> group.publishOn(stripes[group.key()]).concatMap(events::handle),
            stripes.length + 1);
  }

  private int stripe(Event event) {
    return event.key() % stripes.length;
  }
}
