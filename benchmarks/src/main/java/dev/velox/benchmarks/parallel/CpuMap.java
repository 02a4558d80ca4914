package dev.velox.benchmarks.parallel;

import com.pivovarit.collectors.ParallelCollectors;
import dev.velox.benchmarks.Threads;
import dev.velox.reactor.parallel.Parallel;
import dev.velox.reactor.parallel.ParallelArray;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.infra.Blackhole;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Ten thousand items that each keep a processor busy; an operation is an item. {@code tokens} is
 * how much work that is: 4000 of JMH's are some 10 µs. Every peer gives a list of all results.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class CpuMap {

  private static final int ITEMS = 10_000;

  @Param({
    "velox-array",
    "velox-map",
    "ParallelFlux",
    "flatMap",
    "parallel-stream",
    "parallel-collectors-batching",
    "limit-loop"
  })
  public String peer;

  @Param({"0", "4000"})
  public int tokens;

  private int processors;
  private List<Integer> items;
  private ParallelArray<Integer> array;
  private ExecutorService threads;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    if (params.get("peer").startsWith("parallel-collectors") && !Threads.virtual()) {
      return false; // It is made for JDK 21.
    }
    return !shortForm || params.get("tokens").equals("4000");
  }

  @Setup
  public void open() {
    processors = Runtime.getRuntime().availableProcessors();
    items = IntStream.range(0, ITEMS).boxed().toList();
    array = ParallelArray.of(items);
    threads = Executors.newFixedThreadPool(processors);
  }

  @TearDown
  public void close() {
    threads.shutdown();
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public List<Integer> map() {
    List<Integer> results =
        switch (peer) {
          case "velox-array" -> array.map(this::work).block();
          case "velox-map" ->
              Parallel.processWithConcurrency(
                      items, (Integer item) -> subscribedElsewhere(item), processors)
                  .block();
          case "ParallelFlux" ->
              Flux.fromIterable(items)
                  .parallel(processors)
                  .runOn(Schedulers.parallel())
                  .map(this::work)
                  .sequential()
                  .collectList()
                  .block();
          case "flatMap" ->
              Flux.fromIterable(items)
                  .flatMap(this::subscribedElsewhere, processors)
                  .collectList()
                  .block();
          case "parallel-stream" ->
              items.parallelStream().map(this::work).collect(Collectors.toList());
          case "parallel-collectors-batching" ->
              items.stream()
                  .collect(
                      ParallelCollectors.Batching.parallel(
                          this::work, Collectors.toList(), threads, processors))
                  .join();
          case "limit-loop" -> items.stream().map(this::work).toList();
          default -> throw new IllegalArgumentException(peer);
        };
    if (results.size() != ITEMS) {
      throw new IllegalStateException(peer + " gave " + results.size());
    }
    return results;
  }

  private Mono<Integer> subscribedElsewhere(Integer item) {
    return Mono.fromSupplier(() -> work(item)).subscribeOn(Schedulers.parallel());
  }

  private Integer work(Integer item) {
    Blackhole.consumeCPU(tokens);
    return item;
  }
}
