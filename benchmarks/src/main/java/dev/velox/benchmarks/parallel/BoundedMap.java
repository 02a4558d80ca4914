package dev.velox.benchmarks.parallel;

import com.pivovarit.collectors.ParallelCollectors;
import dev.velox.benchmarks.Threads;
import dev.velox.reactor.parallel.Parallel;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Flux;

/**
 * Ten thousand items, so many at once; an operation is an item. {@code velox} and {@code
 * flatMapSequential} keep the order, {@code parallel-collectors} as used here does too, the others
 * don't.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class BoundedMap {

  private static final int ITEMS = 10_000;
  private static final long SUM = (long) ITEMS * (ITEMS - 1) / 2;

  @Param({
    "velox",
    "velox-unordered",
    "flatMap",
    "flatMapSequential",
    "kotlin-flatMapMerge",
    "virtual-threads",
    "parallel-collectors"
  })
  public String peer;

  @Param({"JUST", "SYNC", "HOP", "TIMER"})
  public Work work;

  @Param({"1", "16", "256", "4096"})
  public int concurrency;

  private ExecutorService threads;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    String peer = params.get("peer");
    Work work = Work.valueOf(params.get("work"));
    int concurrency = Integer.parseInt(params.get("concurrency"));
    boolean threaded = peer.equals("virtual-threads") || peer.equals("parallel-collectors");
    if (threaded && (work == Work.JUST || work == Work.SYNC)) {
      // A thread per item is a hop; HOP has their row.
      return false;
    }
    if (threaded && !Threads.virtual()) {
      return false;
    }
    if (work == Work.TIMER && concurrency == 1) {
      // Ten seconds of waiting tell nothing.
      return false;
    }
    // A timer of a millisecond is no comparison of maps.
    return !shortForm || concurrency == 16 && work != Work.TIMER;
  }

  @Setup
  public void open() {
    switch (peer) {
      case "virtual-threads" -> threads = Threads.newVirtual();
      case "parallel-collectors" ->
          threads =
              Threads.virtual() ? Threads.newVirtual() : Executors.newFixedThreadPool(concurrency);
      default -> {}
    }
  }

  @TearDown
  public void close() {
    if (threads != null) {
      threads.shutdown();
    }
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public long map() throws InterruptedException {
    long sum =
        switch (peer) {
          case "velox" ->
              sum(Flux.range(0, ITEMS).transform(Parallel.map(concurrency, work::mono)));
          case "velox-unordered" ->
              sum(Flux.range(0, ITEMS).transform(Parallel.mapUnordered(concurrency, work::mono)));
          case "flatMap" -> sum(Flux.range(0, ITEMS).flatMap(work::mono, concurrency));
          case "flatMapSequential" ->
              sum(Flux.range(0, ITEMS).flatMapSequential(work::mono, concurrency));
          case "kotlin-flatMapMerge" -> KotlinBoundedMap.run(ITEMS, concurrency, work.name());
          case "virtual-threads" -> onVirtualThreads();
          case "parallel-collectors" -> collected();
          default -> throw new IllegalArgumentException(peer);
        };
    if (sum != SUM) {
      throw new IllegalStateException(peer + " came to " + sum);
    }
    return sum;
  }

  private static long sum(Flux<Integer> results) {
    return results.reduce(0L, Long::sum).block();
  }

  private long onVirtualThreads() throws InterruptedException {
    Semaphore permits = new Semaphore(concurrency);
    AtomicLong sum = new AtomicLong();
    for (int i = 0; i < ITEMS; i++) {
      int item = i;
      permits.acquire();
      threads.execute(
          () -> {
            try {
              sum.addAndGet(work.block(item));
            } finally {
              permits.release();
            }
          });
    }
    permits.acquire(concurrency);
    return sum.get();
  }

  private long collected() {
    return IntStream.range(0, ITEMS)
        .boxed()
        .collect(
            ParallelCollectors.parallel(
                work::block, Collectors.summingLong(i -> i), threads, concurrency))
        .join();
  }
}
