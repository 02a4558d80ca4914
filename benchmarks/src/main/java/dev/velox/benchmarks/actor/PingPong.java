package dev.velox.benchmarks.actor;

import dev.velox.benchmarks.Item;
import dev.velox.benchmarks.Tally;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Two actors and one item under way between them. */
public class PingPong extends Actors {

  static final int ITEMS = 100_000;
  private final Item[] items = Item.upTo(ITEMS);

  @Param({"velox", "pekko", "kotlin", "jox"})
  public String peer;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return supports(params.get("peer"));
  }

  @Setup
  public void open() {
    open(peer);
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public Tally run() throws Exception {
    return actors.pingPong(items).mustBe(Tally.of(ITEMS, 1));
  }
}
