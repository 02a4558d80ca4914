package dev.velox.benchmarks.sync;

import dev.velox.reactor.sync.Mutex;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.pool.InstrumentedPool;
import reactor.pool.PoolBuilder;

/** One of many waiters, anywhere in the line, gives up, and another joins at the end. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CancelWaiter {

  @Param({"velox", "kotlin", "reactor-pool"})
  public String peer;

  @Param({"10", "100", "1000", "10000", "100000"})
  public int waiters;

  private WaitersPeer lock;
  private Object[] line;
  private int seed = 1;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    // The shortest line and the longest tell whether a cancellation gets dearer.
    return !shortForm || params.get("waiters").matches("10|100000");
  }

  @Setup
  public void fill() {
    lock =
        switch (peer) {
          case "velox" -> new VeloxWaiters();
          case "kotlin" -> new KotlinWaiters();
          case "reactor-pool" -> new PoolWaiters();
          default -> throw new IllegalArgumentException("No peer " + peer);
        };
    line = new Object[waiters];
    for (int i = 0; i < waiters; i++) {
      line[i] = lock.join();
    }
  }

  @TearDown
  public void close() throws Exception {
    lock.close();
  }

  @Benchmark
  public Object run() {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    int place = Math.floorMod(seed, line.length);
    Object waiter = line[place];
    lock.leave(waiter);
    if (!lock.isLeft(waiter)) {
      throw new IllegalStateException("Still in the line");
    }
    return line[place] = lock.join();
  }

  /** Our mutex is held; who locks waits. */
  private static final class VeloxWaiters implements WaitersPeer {

    private final Mutex mutex = Mutex.create();

    VeloxWaiters() {
      mutex.lock().block();
    }

    @Override
    public Object join() {
      return mutex.lock().subscribe();
    }

    @Override
    public void leave(Object waiter) {
      ((Disposable) waiter).dispose();
    }

    @Override
    public boolean isLeft(Object waiter) {
      return ((Disposable) waiter).isDisposed();
    }
  }

  /** reactor-pool's only resource is taken; who acquires waits. */
  private static final class PoolWaiters implements WaitersPeer {

    private final InstrumentedPool<Object> pool =
        PoolBuilder.from(Mono.fromSupplier(Object::new)).sizeBetween(1, 1).buildPool();

    PoolWaiters() {
      pool.acquire().block();
    }

    @Override
    public Object join() {
      return pool.acquire().subscribe();
    }

    @Override
    public void leave(Object waiter) {
      ((Disposable) waiter).dispose();
    }

    @Override
    public boolean isLeft(Object waiter) {
      return ((Disposable) waiter).isDisposed();
    }
  }
}
