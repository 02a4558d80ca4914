package dev.velox.benchmarks.async;

import dev.velox.benchmarks.Threads;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One await after the other, in one body.
 *
 * <p>{@code source} is a plain value, a completed source that must be subscribed, a hop on the pool
 * that the body itself runs on, or a hop to another thread, which costs two wake-ups of idle
 * threads whoever waits.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class AwaitSource {

  static final int AWAITS = 10_000;

  @Param({
    AwaitPeers.VELOX,
    AwaitPeers.BLOCK,
    AwaitPeers.KOTLINX,
    AwaitPeers.KOTLINX_UNCONFINED,
    AwaitPeers.LIMIT
  })
  public String peer;

  @Param({"value", "completed", "own-pool", "other-thread"})
  public String source;

  private AwaitPeer awaiting;
  private Scheduler other;
  private Mono<Integer> awaited;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    String source = params.get("source");
    boolean unconfined = params.get("peer").equals(AwaitPeers.KOTLINX_UNCONFINED);
    return !(unconfined && source.equals("own-pool"))
        && !(shortForm && (unconfined || !source.matches("value|own-pool")));
  }

  @Setup
  public void open() {
    awaiting = AwaitPeers.of(peer);
    other = Threads.newOne();
    awaited =
        switch (source) {
          case "value" -> Mono.just(1);
          case "completed" -> Mono.just(1).hide();
          case "own-pool" -> Mono.fromSupplier(() -> 1).subscribeOn(awaiting.ownPool());
          case "other-thread" -> Mono.fromSupplier(() -> 1).subscribeOn(other);
          default -> throw new IllegalArgumentException("No source " + source);
        };
  }

  @TearDown
  public void close() {
    other.dispose();
    awaiting.close();
  }

  @Benchmark
  @OperationsPerInvocation(AWAITS)
  public long run() throws Exception {
    long sum = Threads.await(awaiting.sum(awaited, AWAITS).toFuture());
    if (sum != AWAITS) {
      throw new IllegalStateException("Wrong answer: " + sum);
    }
    return sum;
  }
}
