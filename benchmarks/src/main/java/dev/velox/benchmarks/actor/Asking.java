package dev.velox.benchmarks.actor;

import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Questions to one actor, so many under way at a time; the askers run where the actors do. */
public class Asking extends Actors {

  static final int ASKS = 64_000;

  @Param({"velox", "pekko", "kotlin", "jox"})
  public String peer;

  @Param({"1", "64", "1000", "16000"})
  public int inFlight;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    // More at once than mailboxes hold: how ours grows.
    boolean many = Integer.parseInt(params.get("inFlight")) > 64;
    return supports(params.get("peer"))
        && !(many && (shortForm || !params.get("peer").equals("velox")));
  }

  @Setup
  public void open() {
    open(peer);
  }

  @Benchmark
  @OperationsPerInvocation(ASKS)
  public long run() throws Exception {
    long lane = ASKS / inFlight;
    long sum = actors.ask(ASKS, inFlight);
    if (sum != lane * (lane + 1) / 2 * inFlight) {
      throw new IllegalStateException("Wrong answer: " + sum);
    }
    return sum;
  }
}
