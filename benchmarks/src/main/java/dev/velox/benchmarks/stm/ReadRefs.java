package dev.velox.benchmarks.stm;

import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import scala.concurrent.stm.Ref;
import scala.concurrent.stm.japi.STM;

/** Transactions that read so many refs each; an operation is one ref, so that flat means flat. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class ReadRefs {

  static final int READS = 100_000;

  @Param({"velox-sync", "scala-stm"})
  public String peer;

  @Param({"10", "100", "1000", "10000", "100000"})
  public int refs;

  private List<TRef<Integer>> ours;
  private List<Ref.View<Integer>> theirs;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    // Scan has the shape that is compared.
    return !shortForm || params.get("refs").equals("1000");
  }

  @Setup
  public void fill() {
    ours = Stream.generate(() -> TRef.of(1)).limit(refs).toList();
    theirs = Stream.generate(() -> STM.newRef(1)).limit(refs).toList();
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public long run() {
    long seen = 0;
    for (int i = 0; i < READS / refs; i++) {
      seen += peer.equals("velox-sync") ? VeloxSync.run(Stm.atomic(this::sumOurs)) : sumTheirs();
    }
    StmPeers.check("the sum", seen, READS);
    return seen;
  }

  private int sumOurs(dev.velox.reactor.stm.Transaction transaction) {
    int sum = 0;
    for (TRef<Integer> ref : ours) {
      sum += transaction.get(ref);
    }
    return sum;
  }

  private int sumTheirs() {
    return STM.atomic(
        () -> {
          int sum = 0;
          for (Ref.View<Integer> ref : theirs) {
            sum += ref.get();
          }
          return sum;
        });
  }
}
