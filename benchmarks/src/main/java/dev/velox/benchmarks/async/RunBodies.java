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
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Start a body, await once, finish: {@code atOnce} of them side by side, as the handlers of a
 * server are.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class RunBodies {

  static final int BODIES = 10_000;

  @Param({AwaitPeers.VELOX, AwaitPeers.BLOCK, AwaitPeers.KOTLINX, AwaitPeers.LIMIT})
  public String peer;

  @Param({"completed", "own-pool"})
  public String source;

  @Param({"16", "256"})
  public int atOnce;

  private AwaitPeer awaiting;
  private Mono<Integer> awaited;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return !shortForm || params.get("atOnce").equals("256");
  }

  @Setup
  public void open() {
    awaiting = AwaitPeers.of(peer);
    awaited =
        source.equals("completed")
            ? Mono.just(1).hide()
            : Mono.fromSupplier(() -> 1).subscribeOn(awaiting.ownPool());
  }

  @TearDown
  public void close() {
    awaiting.close();
  }

  @Benchmark
  @OperationsPerInvocation(BODIES)
  public long run() throws Exception {
    Mono<Long> body = awaiting.sum(awaited, 1);
    long sum =
        Threads.await(
            Flux.range(0, BODIES).flatMap(i -> body, atOnce).reduce(0L, Long::sum).toFuture());
    if (sum != BODIES) {
      throw new IllegalStateException("Wrong answer: " + sum);
    }
    return sum;
  }
}
