package dev.velox.benchmarks.stm;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One transaction that reads 1000 refs, alone and beside a task that never stops to write them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@Warmup(iterations = 8)
public class Scan {

  static final int SCANS = 100;

  @Param({"velox-sync", "velox-mono", "scala-stm", "zio-stm", "limit-one-lock"})
  public String peer;

  @Param({"false", "true"})
  public boolean writer;

  private StmPeer stm;

  @Setup
  public void open() {
    stm = StmPeers.of(peer);
  }

  @Benchmark
  @OperationsPerInvocation(SCANS)
  public long scan() throws Exception {
    long seen = stm.scan(SCANS, writer);
    StmPeers.check("the sum", seen, StmPeer.ACCOUNTS * StmPeer.FIRST);
    return seen;
  }
}
