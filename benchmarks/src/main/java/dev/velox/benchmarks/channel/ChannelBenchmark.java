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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Moves {@value #ITEMS} items from producers to consumers through a new channel, and checks that
 * all have arrived.
 *
 * <p>{@code shape} is producers x consumers. {@code on} says where they run: on a pool of as many
 * threads as processors (what each peer takes for that: a fork-join pool, {@code
 * Dispatchers.Default}, virtual threads), or all on one thread, where nothing crosses from core to
 * core.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public abstract class ChannelBenchmark {

  static final int ITEMS = 96_000;

  @Param({"1x1", "2x1", "4x1", "2x2"})
  public String shape;

  @Param({"0", "16", "128", "unbounded"})
  public String capacity;

  @Param({ChannelPeers.POOL, ChannelPeers.ONE})
  public String on;

  private ChannelPeer channels;
  private int producers;
  private int consumers;
  private Item[] items;

  final void open(String peer, ChannelPeer.Form form) {
    producers = ChannelPeers.producers(shape);
    consumers = ChannelPeers.consumers(shape);
    items = Item.upTo(ITEMS / producers);
    channels = ChannelPeers.of(peer, ChannelPeers.capacity(capacity), form, on);
  }

  static boolean supports(Map<String, String> params, boolean shortForm) {
    String shape = params.get("shape");
    String capacity = params.get("capacity");
    String on = params.get("on");
    if (shortForm && !key(params.get("peer"), shape, capacity, on)) {
      return false;
    }
    return ChannelPeers.supports(params.get("peer"), shape, capacity, on);
  }

  /** The short form: one and many producers and consumers, with room for some elements. */
  private static boolean key(String peer, String shape, String capacity, String on) {
    return capacity.equals("128")
        && !shape.equals("2x1")
        && !peer.equals("jdk-platform")
        && (on.equals(ChannelPeers.POOL) || shape.equals("1x1"));
  }

  @TearDown
  public void close() throws Exception {
    channels.close();
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public Tally run() throws Exception {
    return channels.run(producers, consumers, items).mustBe(Tally.of(items.length, producers));
  }
}
