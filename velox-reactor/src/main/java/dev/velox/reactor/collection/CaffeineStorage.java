package dev.velox.reactor.collection;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import reactor.core.Disposable;

/** Keeps values that grow old or become too many. The one class that needs Caffeine. */
final class CaffeineStorage {

  private CaffeineStorage() {}

  /** Is told what went by itself. */
  interface Removals<K, V> {
    void removed(K key, V value, Change.Cause cause);
  }

  static <K, V> java.util.concurrent.ConcurrentMap<K, V> create(
      ConcurrentMapBuilder<K, V> options,
      Supplier<reactor.core.scheduler.Scheduler> timer,
      Removals<K, V> removals) {
    // Not on the thread of whoever happens to be at hand: it would be called with Caffeine's lock.
    Executor upkeep =
        task -> {
          Disposable ignored = timer.get().schedule(task);
        };
    Caffeine<K, V> caffeine =
        Caffeine.newBuilder()
            .executor(upkeep)
            .ticker(() -> timer.get().now(TimeUnit.NANOSECONDS))
            .removalListener(
                (key, value, cause) -> {
                  if (cause.wasEvicted() && key != null && value != null) {
                    removals.removed(
                        key,
                        value,
                        cause == RemovalCause.EXPIRED
                            ? Change.Cause.EXPIRED
                            : Change.Cause.EVICTED);
                  }
                });
    if (options.maximumSize > 0) {
      caffeine = caffeine.maximumSize(options.maximumSize);
    }
    if (options.expireAfterWrite != null) {
      caffeine = caffeine.expireAfterWrite(options.expireAfterWrite).scheduler(alarmClock(timer));
    }
    return caffeine.<K, V>build().asMap();
  }

  /** Lets Caffeine look for old values though nobody comes by. */
  private static Scheduler alarmClock(Supplier<reactor.core.scheduler.Scheduler> timer) {
    return (executor, command, delay, unit) -> {
      CompletableFuture<Void> done = new CompletableFuture<>();
      Disposable alarm =
          timer
              .get()
              .schedule(
                  () -> {
                    executor.execute(command);
                    done.complete(null);
                  },
                  delay,
                  unit);
      // Caffeine cancels what it does not need any more.
      CompletableFuture<Void> ignored = done.whenComplete((nothing, failure) -> alarm.dispose());
      return done;
    };
  }
}
