package dev.velox.benchmarks.retry;

import java.util.function.IntSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A call whose first attempt fails and is retried without delay. Resilience4j is not here: it waits
 * on its timer even for no time, so that a thread's wake-up would be measured.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
public class CallThatFailsOnce {

  @Param({
    "retry-n",
    "reactor-max",
    "reactor-backoff",
    "mutiny",
    "velox",
    "velox-execute",
    "velox-retryWhen"
  })
  public String peer;

  private IntSupplier call;

  @Setup
  public void open() {
    call = RetryPeers.of(peer, true);
  }

  @Benchmark
  public int oneFailure() {
    return Call.checked(call.getAsInt());
  }
}
