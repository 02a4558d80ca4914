package dev.velox.benchmarks.worker;

import dev.velox.benchmarks.Threads;
import java.util.concurrent.Future;
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

/**
 * Numbers posted to workers in turn, {@value #IN_FLIGHT} under way at a time, and their results.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class PostToResult {

  static final int POSTS = 50_000;
  static final int IN_FLIGHT = 64;

  @Param({"velox", "velox-pool", "single-scheduler", "executor-future"})
  public String peer;

  @Param({"1", "4"})
  public int workers;

  private WorkerPeer pool;

  @Setup
  public void open() {
    pool = WorkerPeers.of(peer, workers);
  }

  @TearDown
  public void close() throws Exception {
    pool.close();
  }

  @Benchmark
  @OperationsPerInvocation(POSTS)
  public long run() throws Exception {
    Future<Long> results =
        Flux.range(0, POSTS)
            .flatMap(number -> pool.post(number % workers, number), IN_FLIGHT)
            .reduce(0L, Long::sum)
            .toFuture();
    long sum = Threads.await(results);
    if (sum != (long) POSTS * (POSTS + 1) / 2) {
      throw new IllegalStateException("Wrong answer: " + sum);
    }
    return sum;
  }
}
