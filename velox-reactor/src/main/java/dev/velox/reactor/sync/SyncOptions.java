package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Metrics;
import dev.velox.reactor.internal.Trampoline;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What the constructs of this package let their user choose. A value: each method answers new
 * options and leaves these as they are.
 *
 * <pre>{@code
 * Mutex mutex = Mutex.create(SyncOptions.named("ledger").maxWaiters(1_000));
 * }</pre>
 */
public final class SyncOptions {

  private static final SyncOptions DEFAULTS =
      new SyncOptions(null, Integer.MAX_VALUE, null, null, null);

  private final @Nullable String name;
  private final int maxWaiters;
  private final @Nullable MetricsListener metrics;
  private final @Nullable Scheduler timer;
  private final @Nullable Scheduler resumeOn;

  private SyncOptions(
      @Nullable String name,
      int maxWaiters,
      @Nullable MetricsListener metrics,
      @Nullable Scheduler timer,
      @Nullable Scheduler resumeOn) {
    this.name = name;
    this.maxWaiters = maxWaiters;
    this.metrics = metrics;
    this.timer = timer;
    this.resumeOn = resumeOn;
  }

  /**
   * No name, no limit, no listener; time is kept by {@code Schedulers.parallel()}, and who waited
   * goes on where it was released.
   *
   * @return the default options
   */
  public static SyncOptions defaults() {
    return DEFAULTS;
  }

  /**
   * The default options with a name.
   *
   * @param name the name, for errors, {@code Scannable} and metrics
   * @return new options
   */
  public static SyncOptions named(String name) {
    return DEFAULTS.name(name);
  }

  /**
   * A name, for errors, {@code Scannable} and metrics.
   *
   * @param newName the name
   * @return new options
   */
  public SyncOptions name(String newName) {
    return new SyncOptions(Args.notNull(newName, "name"), maxWaiters, metrics, timer, resumeOn);
  }

  /**
   * How many may wait; one more fails with {@link dev.velox.reactor.TooManyWaitersException}. The
   * default is no limit.
   *
   * @param waiters the limit; 0 if none may
   * @return new options
   * @throws IllegalArgumentException if it is negative
   */
  public SyncOptions maxWaiters(int waiters) {
    return new SyncOptions(name, Args.notNegative(waiters, "maxWaiters"), metrics, timer, resumeOn);
  }

  /**
   * Is told who begins to wait, is served, refused, cancelled or timed out, how long they waited,
   * and how long leases were held. The default listens to nothing and costs nothing.
   *
   * @param listener the listener
   * @return new options
   */
  public SyncOptions metrics(MetricsListener listener) {
    Args.notNull(listener, "metrics");
    return new SyncOptions(
        name, maxWaiters, listener == MetricsListener.noop() ? null : listener, timer, resumeOn);
  }

  /**
   * Where time-outs are kept. The default is {@code Schedulers.parallel()}, looked up at each
   * subscription.
   *
   * @param scheduler the scheduler
   * @return new options
   */
  public SyncOptions timer(Scheduler scheduler) {
    return new SyncOptions(name, maxWaiters, metrics, Args.notNull(scheduler, "timer"), resumeOn);
  }

  /**
   * Where those go on who had to wait. The default is the thread that released them.
   *
   * @param scheduler the scheduler
   * @return new options
   */
  public SyncOptions resumeOn(Scheduler scheduler) {
    return new SyncOptions(name, maxWaiters, metrics, timer, Args.notNull(scheduler, "resumeOn"));
  }

  // What the constructs need.

  @Nullable String name() {
    return name;
  }

  int maxWaiters() {
    return maxWaiters;
  }

  /** The same with the listener that a construct of this kind tells. */
  SyncOptions of(Kind kind) {
    return metrics == null
        ? this
        : new SyncOptions(name, maxWaiters, Metrics.of(metrics, kind, name), timer, resumeOn);
  }

  /** Offers a construct to be looked at. */
  <C> void offer(Level level, C construct, ToLongFunction<? super C> reader) {
    Metrics.level(metrics, level, construct, reader);
  }

  boolean hasMetrics() {
    return metrics != null;
  }

  boolean resumesElsewhere() {
    return resumeOn != null;
  }

  Scheduler timer() {
    return timer != null ? timer : Schedulers.parallel();
  }

  /** The construct by its name, or by its kind if it has none. */
  String describe(String kind) {
    return name == null ? kind : kind + " '" + name + "'";
  }

  /** Runs the signal of somebody who waited. */
  void signal(Runnable signal) {
    Scheduler scheduler = resumeOn;
    if (scheduler == null) {
      Trampoline.run(signal);
      return;
    }
    try {
      Disposable ignored = scheduler.schedule(signal);
    } catch (RejectedExecutionException disposed) {
      // The grant is made and can't be unmade: better on this thread than never.
      Trampoline.run(signal);
    }
  }

  void tell(MetricsListener.Event event) {
    Metrics.count(metrics, event);
  }

  /** Tells how long something lasted that began at {@code since}, as {@link #clock()} told it. */
  void tellTime(MetricsListener.Timing timing, long since) {
    Metrics.time(metrics, timing, clock() - since);
  }

  /** The time of the timer's scheduler; zero, and never asked for, without a listener. */
  long clock() {
    return metrics == null ? 0L : timer().now(TimeUnit.NANOSECONDS);
  }
}
