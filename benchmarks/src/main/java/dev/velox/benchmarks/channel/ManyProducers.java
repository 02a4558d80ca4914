package dev.velox.benchmarks.channel;

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
 * Threads that emit into one {@code Flux} without a bound. {@code consumer} says where its
 * subscriber runs: on the emitting threads, or behind a hop.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class ManyProducers {

  static final int ITEMS = 96_000;

  @Param({"velox", "velox-sink", "sink-busyLooping", "sink-synchronized", "create"})
  public String peer;

  @Param({"2", "4", "8"})
  public int producers;

  @Param({"inline", "hop"})
  public String consumer;

  private ChannelPeer channels;
  private Item[] items;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return !shortForm || params.get("producers").equals("4");
  }

  @Setup
  public void open() {
    String name = consumer.equals("hop") ? peer + "-hop" : peer;
    items = Item.upTo(ITEMS / producers);
    channels =
        ChannelPeers.of(name, ChannelPeer.UNBOUNDED, ChannelPeer.Form.TRY, ChannelPeers.POOL);
  }

  @TearDown
  public void close() throws Exception {
    channels.close();
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public Tally run() throws Exception {
    return channels.run(producers, 1, items).mustBe(Tally.of(items.length, producers));
  }
}
