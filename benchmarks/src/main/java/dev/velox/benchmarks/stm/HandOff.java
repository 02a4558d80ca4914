package dev.velox.benchmarks.stm;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Two tasks that wait for each other by retry. Those of Velox and ZIO hold no thread; the others
 * park theirs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class HandOff {

  static final int HAND_OFFS = 4_000;

  @Param({"velox-sync", "velox-mono", "scala-stm", "zio-stm", "limit-one-lock"})
  public String peer;

  private StmPeer stm;

  @Setup
  public void open() {
    stm = StmPeers.of(peer);
  }

  @Benchmark
  @OperationsPerInvocation(HAND_OFFS)
  public long handOff() throws Exception {
    long seen = stm.handOff(HAND_OFFS);
    StmPeers.check("the ref", seen, 0);
    return seen;
  }
}
