package dev.velox.reactor.stm;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.HandOver;
import dev.velox.reactor.internal.Metrics;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * How a transaction is run. Immutable: each method answers changed options and leaves these as they
 * are. The defaults: as many attempts and as much time as it takes.
 */
public final class StmOptions {

  private static final StmOptions DEFAULTS =
      new StmOptions(
          null,
          Integer.MAX_VALUE,
          null,
          1_000_000,
          Duration.ofSeconds(30),
          null,
          MetricsListener.noop());

  final @Nullable String name;
  final int maxAttempts;
  final @Nullable Duration timeout;
  final int maxVersions;
  final Duration maxAge;
  private final @Nullable Scheduler scheduler;
  private final MetricsListener metrics;
  final boolean measured;

  // The listener that is told, once somebody had to be; found anew by who does not see it yet.
  private volatile @Nullable MetricsListener told;

  private StmOptions(
      @Nullable String name,
      int maxAttempts,
      @Nullable Duration timeout,
      int maxVersions,
      Duration maxAge,
      @Nullable Scheduler scheduler,
      MetricsListener metrics) {
    this.name = name;
    this.maxAttempts = maxAttempts;
    this.timeout = timeout;
    this.maxVersions = maxVersions;
    this.maxAge = maxAge;
    this.scheduler = scheduler;
    this.metrics = metrics;
    this.measured = metrics != MetricsListener.noop();
  }

  /**
   * The options that a transaction has by default.
   *
   * @return no limits, no name, no metrics, the hand-over scheduler
   */
  public static StmOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Names the transaction, for its errors and {@code Scannable}.
   *
   * @param name the name
   * @return changed options
   */
  public StmOptions name(String name) {
    return new StmOptions(
        Args.notNull(name, "name"), maxAttempts, timeout, maxVersions, maxAge, scheduler, metrics);
  }

  /**
   * Limits how often the body is run because of conflicts; then the result is a {@link
   * ConflictException}. A run that ended in {@code retry} doesn't count.
   *
   * @param maxAttempts the limit, 1 for no second attempt
   * @return changed options
   */
  public StmOptions maxAttempts(int maxAttempts) {
    return new StmOptions(
        name,
        Args.positive(maxAttempts, "maxAttempts"),
        timeout,
        maxVersions,
        maxAge,
        scheduler,
        metrics);
  }

  /**
   * Limits the time from the request for the result to the commit, waiting in {@code retry}
   * included; then the result is a {@link ConflictException}.
   *
   * @param timeout the limit
   * @return changed options
   */
  public StmOptions timeout(Duration timeout) {
    return new StmOptions(
        name,
        maxAttempts,
        Args.positive(timeout, "timeout"),
        maxVersions,
        maxAge,
        scheduler,
        metrics);
  }

  /**
   * Limits how many superseded versions are kept for this transaction's snapshot; beyond, the
   * snapshot is given up, and the body is run again when it next reads what is gone. A million by
   * default.
   *
   * @param maxVersions the limit
   * @return changed options
   */
  public StmOptions maxVersions(int maxVersions) {
    return new StmOptions(
        name,
        maxAttempts,
        timeout,
        Args.positive(maxVersions, "maxVersions"),
        maxAge,
        scheduler,
        metrics);
  }

  /**
   * Limits how long superseded versions are kept for the snapshot of an asynchronous body, so that
   * a body that never ends keeps nothing for ever. A body that is older goes on as long as all it
   * has read is current, and is stopped and run again when not. 30 seconds by default.
   *
   * @param maxAge the limit
   * @return changed options
   */
  public StmOptions maxAge(Duration maxAge) {
    return new StmOptions(
        name,
        maxAttempts,
        timeout,
        maxVersions,
        Args.positive(maxAge, "maxAge"),
        scheduler,
        metrics);
  }

  /**
   * Chooses where a body runs again after it had to wait, and the clock of the limits. By default
   * the library's hand-over scheduler, and {@link Schedulers#parallel()} as the clock.
   *
   * @param scheduler the scheduler
   * @return changed options
   */
  public StmOptions scheduler(Scheduler scheduler) {
    return new StmOptions(
        name,
        maxAttempts,
        timeout,
        maxVersions,
        maxAge,
        Args.notNull(scheduler, "scheduler"),
        metrics);
  }

  /**
   * Has a listener told of {@code COMMITTED}, {@code CONFLICTED} (the body is run again), {@code
   * RETRIED} (it waits for a change), {@code FAILED}, {@code CANCELLED} and {@code TIMED_OUT}, and
   * of the time of {@code WAIT} in {@code retry} and of the whole {@code RUN}.
   *
   * @param metrics the listener
   * @return changed options
   */
  public StmOptions metrics(MetricsListener metrics) {
    return new StmOptions(
        name,
        maxAttempts,
        timeout,
        maxVersions,
        maxAge,
        scheduler,
        Args.notNull(metrics, "metrics"));
  }

  /** Who is told. To be asked for only if these are {@link #measured}. */
  MetricsListener told() {
    MetricsListener known = told;
    if (known == null) {
      MetricsListener found = Metrics.of(metrics, Kind.TRANSACTION, name);
      known = found == null ? MetricsListener.noop() : found;
      told = known;
    }
    return known;
  }

  Scheduler handOver() {
    Scheduler chosen = scheduler;
    return chosen == null ? HandOver.scheduler() : chosen;
  }

  Scheduler timer() {
    Scheduler chosen = scheduler;
    return chosen == null ? Schedulers.parallel() : chosen;
  }
}
