package dev.velox.benchmarks.stm;

import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Transactions over one, two and ten refs, by 1, 2 and 4 tasks. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@Warmup(iterations = 12)
public class SmallTransactions {

  static final int TRANSACTIONS = 40_000;

  @Param({"velox-sync", "velox-mono", "scala-stm", "zio-stm", "limit-one-lock"})
  public String peer;

  @Param({"1", "2", "4"})
  public int tasks;

  private StmPeer stm;
  private long counted;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return !shortForm || params.get("tasks").equals("4");
  }

  @Setup
  public void open() {
    stm = StmPeers.of(peer);
  }

  @Benchmark
  @OperationsPerInvocation(TRANSACTIONS)
  public long increment() throws Exception {
    counted += TRANSACTIONS;
    long seen = stm.increment(tasks, TRANSACTIONS / tasks);
    StmPeers.check("the counter", seen, (int) counted);
    return seen;
  }

  @Benchmark
  @OperationsPerInvocation(TRANSACTIONS)
  public long transfer() throws Exception {
    long seen = stm.transfer(tasks, TRANSACTIONS / tasks);
    StmPeers.check("the sum", seen, StmPeer.ACCOUNTS * StmPeer.FIRST);
    return seen;
  }

  @Benchmark
  @OperationsPerInvocation(TRANSACTIONS)
  public long mostlyReads() throws Exception {
    long seen = stm.mixed(tasks, TRANSACTIONS / tasks);
    StmPeers.check("the sum", seen, StmPeer.ACCOUNTS * StmPeer.FIRST);
    return seen;
  }
}
