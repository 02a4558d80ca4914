package dev.velox.benchmarks.broadcast;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * From one publisher to many subscribers. An operation is an item delivered to one subscriber, so
 * that flat means flat. {@code consumer} says where subscribers run: on the publisher's thread, or
 * behind a hop on a pool.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class ToSubscribers {

  /** Deliveries in an invocation. */
  static final int DELIVERIES = 200_000;

  @Param({"velox", "publish", "sink", "kotlin"})
  public String peer;

  @Param({"1", "4", "10", "100", "1000"})
  public int subscribers;

  @Param({"inline", "hop"})
  public String consumer;

  private BroadcastPeer broadcast;
  private Item[] items;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return !shortForm || params.get("subscribers").matches("4|100");
  }

  @Setup
  public void open() {
    boolean hop = consumer.equals("hop");
    items = Item.upTo(DELIVERIES / subscribers);
    broadcast =
        switch (peer) {
          case "velox" -> new VeloxBroadcast(hop);
          case "publish" -> new ReactorMulticast(false, hop);
          case "sink" -> new ReactorMulticast(true, hop);
          case "kotlin" -> new KotlinSharedFlow(!hop);
          default -> throw new IllegalArgumentException("No peer " + peer);
        };
  }

  @TearDown
  public void close() throws Exception {
    broadcast.close();
  }

  @Benchmark
  @OperationsPerInvocation(DELIVERIES)
  public Tally run() throws Exception {
    return broadcast.run(subscribers, items).mustBe(Tally.of(items.length, subscribers));
  }
}
