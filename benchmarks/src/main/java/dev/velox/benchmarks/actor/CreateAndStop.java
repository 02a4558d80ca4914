package dev.velox.benchmarks.actor;

import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Actors that are created, handle one message, and stop. */
public class CreateAndStop extends Actors {

  static final int ACTORS = 10_000;

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
  @OperationsPerInvocation(ACTORS)
  public int run() throws Exception {
    int stopped = actors.createAndStop(ACTORS);
    if (stopped != ACTORS) {
      throw new IllegalStateException("Wrong answer: " + stopped);
    }
    return stopped;
  }
}
