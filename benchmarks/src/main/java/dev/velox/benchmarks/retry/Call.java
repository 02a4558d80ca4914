package dev.velox.benchmarks.retry;

import java.util.function.IntSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A call under a retry that has nothing to do. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
public class Call {

  @Param({
    "limit-no-retry",
    "retry-n",
    "reactor-max",
    "reactor-backoff",
    "resilience4j",
    "mutiny",
    "velox",
    "velox-execute",
    "velox-retryWhen"
  })
  public String peer;

  private IntSupplier call;

  @Setup
  public void open() {
    call = RetryPeers.of(peer, false);
  }

  @Benchmark
  public int noFailure() {
    return checked(call.getAsInt());
  }

  static int checked(int answer) {
    if (answer < 0) {
      throw new IllegalStateException("No answer");
    }
    return answer;
  }
}
