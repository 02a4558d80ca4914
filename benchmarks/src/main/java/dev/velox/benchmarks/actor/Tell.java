package dev.velox.benchmarks.actor;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Items told to one actor, by one producer and by several. */
public class Tell extends Actors {

  static final int ITEMS = 96_000;

  @Param({"velox", "velox-unbounded", "velox-stream", "pekko", "kotlin", "jox"})
  public String peer;

  @Param({"1", "4"})
  public int producers;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return supports(params.get("peer"));
  }

  private Item[] items;

  @Setup
  public void open() {
    items = Item.upTo(ITEMS / producers);
    open(peer);
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public Tally run() throws Exception {
    return actors.tell(producers, items).mustBe(Tally.of(items.length, producers));
  }
}
