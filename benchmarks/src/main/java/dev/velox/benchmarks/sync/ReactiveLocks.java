package dev.velox.benchmarks.sync;

import dev.velox.benchmarks.Threads;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.sync.SyncOptions;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.reactor.bulkhead.operator.BulkheadOperator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.pool.Pool;
import reactor.pool.PoolBuilder;

/** Locks that wrap a {@code Mono}: tasks on a pool's threads subscribe to it again and again. */
final class ReactiveLocks implements LockPeer {

  private final Scheduler scheduler;
  private final UnaryOperator<Mono<Void>> lock;
  private final boolean isAlone;

  ReactiveLocks(Scheduler scheduler, UnaryOperator<Mono<Void>> lock) {
    this(scheduler, lock, false);
  }

  private ReactiveLocks(Scheduler scheduler, UnaryOperator<Mono<Void>> lock, boolean isAlone) {
    this.scheduler = scheduler;
    this.lock = lock;
    this.isAlone = isAlone;
  }

  /** No lock, and so one task that does all: what the work and its hops cost by themselves. */
  static ReactiveLocks unlocked(Scheduler scheduler) {
    return new ReactiveLocks(scheduler, UnaryOperator.identity(), true);
  }

  /** Ours. Who waited goes on where it was released, or, with {@code hops}, on the pool. */
  static ReactiveLocks velox(int permits, Scheduler scheduler, boolean hops) {
    SyncOptions options =
        hops ? SyncOptions.defaults().resumeOn(scheduler) : SyncOptions.defaults();
    if (permits == 1) {
      return new ReactiveLocks(scheduler, Mutex.create(options)::withLock);
    }
    return new ReactiveLocks(scheduler, Semaphore.of(permits, options)::withPermit);
  }

  /** reactor-pool with as many resources as permits. */
  static ReactiveLocks reactorPool(int permits, Scheduler scheduler) {
    Pool<Object> pool =
        PoolBuilder.from(Mono.fromSupplier(Object::new)).sizeBetween(permits, permits).buildPool();
    return new ReactiveLocks(scheduler, body -> pool.withPoolable(resource -> body).then());
  }

  /**
   * Resilience4j's bulkhead, which refuses who finds it full, so that it can only be measured
   * uncontended.
   */
  static ReactiveLocks bulkhead(int permits, Scheduler scheduler) {
    Bulkhead bulkhead =
        Bulkhead.of("lock", BulkheadConfig.custom().maxConcurrentCalls(permits).build());
    Function<Mono<Void>, Mono<Void>> operator =
        body -> body.transform(BulkheadOperator.of(bulkhead));
    return new ReactiveLocks(scheduler, operator::apply);
  }

  @Override
  public void run(Guarded guarded, int tasks, int cycles, boolean yields) throws Exception {
    Mono<Void> through = lock.apply(guarded.visit(yields, scheduler));
    List<Future<?>> ends = new ArrayList<>();
    int beside = isAlone ? 1 : tasks;
    int each = isAlone ? cycles * tasks : cycles;
    for (int i = 0; i < beside; i++) {
      ends.add(through.repeat(each - 1L).then().subscribeOn(scheduler).toFuture());
    }
    Threads.awaitAll(ends);
  }

  @Override
  public void close() {
    scheduler.dispose();
  }
}
