package dev.velox.benchmarks.singleflight;

import dev.velox.benchmarks.Threads;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Callers who ask for one key: when it is there, and when it must be loaded first (on a pool), once
 * for all of them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public class GetOrLoad {

  static final int GETS = 65_536;

  @Param({"velox", "caffeine", "map-of-cached-monos"})
  public String peer;

  @Param({"1", "64", "1024"})
  public int callers;

  private final AtomicInteger loads = new AtomicInteger();
  private final Scheduler pool = Threads.newPool();
  private SingleFlightPeer hot;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return !shortForm || params.get("callers").equals("64");
  }

  @Setup
  public void open() throws Exception {
    hot = SingleFlightPeers.of(peer, this::load);
    for (int key = 0; key < GETS / callers; key++) {
      Threads.await(hot.get(key).toFuture());
    }
  }

  @TearDown
  public void close() {
    pool.dispose();
  }

  private Mono<Integer> load(Integer key) {
    return Mono.fromCallable(
            () -> {
              loads.incrementAndGet();
              return key + 1;
            })
        .subscribeOn(pool);
  }

  /** One caller after another: there is nothing to wait for. */
  @Benchmark
  @OperationsPerInvocation(GETS)
  public long hit() {
    int before = loads.get();
    int keys = GETS / callers;
    Seen seen = new Seen();
    for (int caller = 0; caller < callers; caller++) {
      for (int key = 0; key < keys; key++) {
        hot.get(key).subscribe(seen);
      }
    }
    check(seen.sum, loads.get() - before, 0);
    return seen.sum;
  }

  /** All callers of a key at once, key after key. */
  @Benchmark
  @OperationsPerInvocation(GETS)
  public long miss() throws Exception {
    int before = loads.get();
    long sum = all(SingleFlightPeers.of(peer, this::load));
    check(sum, loads.get() - before, GETS / callers);
    return sum;
  }

  private long all(SingleFlightPeer map) throws Exception {
    Future<Long> sum =
        Flux.range(0, GETS / callers)
            .concatMap(key -> Flux.range(0, callers).flatMap(caller -> map.get(key), callers))
            .reduce(0L, Long::sum)
            .toFuture();
    return Threads.await(sum);
  }

  private static final class Seen implements CoreSubscriber<Integer> {
    private long sum;

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Integer value) {
      sum += value;
    }

    @Override
    public void onError(Throwable error) {
      throw new IllegalStateException(error);
    }

    @Override
    public void onComplete() {}
  }

  private void check(long sum, int loaded, int expectedLoads) {
    int keys = GETS / callers;
    long expected = (long) keys * (keys + 1) / 2 * callers;
    if (sum != expected || loaded != expectedLoads) {
      throw new IllegalStateException("Wrong answer: sum " + sum + ", " + loaded + " loads");
    }
  }
}
