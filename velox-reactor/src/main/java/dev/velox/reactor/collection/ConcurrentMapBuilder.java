package dev.velox.reactor.collection;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Options of a {@link ConcurrentMap}. A builder may build many maps; it is not for use by several
 * threads at once.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 */
public final class ConcurrentMapBuilder<K, V> {

  @Nullable String name;
  @Nullable Duration expireAfterWrite;
  long maximumSize = -1;
  MetricsListener metrics = MetricsListener.noop();
  @Nullable Scheduler timer;

  ConcurrentMapBuilder() {}

  /**
   * Forgets a value some time after it was written. This needs Caffeine on the class path.
   *
   * @param age how old a value may become
   * @return this builder
   * @throws NullPointerException if {@code age} is {@code null}
   * @throws IllegalArgumentException if {@code age} is not positive
   */
  public ConcurrentMapBuilder<K, V> expireAfterWrite(Duration age) {
    this.expireAfterWrite = Args.positive(age, "expireAfterWrite");
    return this;
  }

  /**
   * Forgets values that are not used often when there are too many keys, as Caffeine's policy says.
   * It may be exceeded for a moment. This needs Caffeine on the class path.
   *
   * @param keys how many keys may stay
   * @return this builder
   * @throws IllegalArgumentException if {@code keys} is not positive
   */
  public ConcurrentMapBuilder<K, V> maximumSize(long keys) {
    this.maximumSize = Args.positive(keys, "maximumSize");
    return this;
  }

  /**
   * A name, for errors, {@code Scannable} and metrics.
   *
   * @param mapName the name
   * @return this builder
   */
  public ConcurrentMapBuilder<K, V> name(String mapName) {
    this.name = Args.notNull(mapName, "name");
    return this;
  }

  /**
   * Is told of loads that were started, succeeded, failed or cancelled, how long they ran, and of
   * callers that wait for one. The default listens to nothing.
   *
   * @param listener the listener
   * @return this builder
   */
  public ConcurrentMapBuilder<K, V> metrics(MetricsListener listener) {
    this.metrics = Args.notNull(listener, "metrics");
    return this;
  }

  /**
   * Whose time makes values old, and where Caffeine does its upkeep. The default is {@code
   * Schedulers.parallel()}, looked up at each use.
   *
   * @param scheduler the scheduler
   * @return this builder
   */
  public ConcurrentMapBuilder<K, V> timer(Scheduler scheduler) {
    this.timer = Args.notNull(scheduler, "timer");
    return this;
  }

  /**
   * Builds a map.
   *
   * @return a new map, empty
   * @throws IllegalStateException if an option needs Caffeine, and it is not on the class path
   */
  public ConcurrentMap<K, V> build() {
    return new ConcurrentMap<>(this);
  }
}
