package dev.velox.reactor.retry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Bounds how much all callers of a service retry together, so that retries cannot multiply its load
 * when it is down: a token bucket to be shared by policies and hedges.
 *
 * <p>Each call puts a part of a token in, each retry takes a whole one out; some more flow in with
 * time, so that a rarely called service can be retried at all. Once it is empty, failures end their
 * operations. It begins full.
 *
 * <p>Thread-safe and never waits: the balance and the time it was taken are one immutable value
 * behind one reference, replaced by compare-and-set, so each operation takes effect at one instant.
 * A call costs one such exchange and 32 bytes. After Finagle's {@code RetryBudget} and gRPC's retry
 * throttling (gRFC A6).
 *
 * <pre>{@code
 * RetryBudget budget = RetryBudget.ofRatio(0.2); // one service, one budget
 * RetryPolicy reads = RetryPolicy.builder().budget(budget).build();
 * }</pre>
 */
public final class RetryBudget {

  private static final AtomicReferenceFieldUpdater<RetryBudget, Balance> BALANCE =
      AtomicReferenceFieldUpdater.newUpdater(RetryBudget.class, Balance.class, "balance");

  private record Balance(double tokens, long at) {}

  private final double ratio;
  private final double perSecond;
  private final double capacity;
  private final @Nullable Scheduler timer;
  private volatile Balance balance;

  private RetryBudget(double ratio, double perSecond, double capacity, @Nullable Scheduler timer) {
    this.ratio = ratio;
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.timer = timer;
    this.balance = new Balance(capacity, perSecond == 0 ? 0 : now());
  }

  /**
   * A budget that lets retries be this part of all calls, with 10 more per second and a store of
   * 100.
   *
   * @param ratio retries per call, at least 0
   * @return the budget
   * @throws IllegalArgumentException if the ratio is negative, infinite or not a number
   */
  public static RetryBudget ofRatio(double ratio) {
    return of(ratio, 10, 100);
  }

  /**
   * A budget.
   *
   * @param ratio retries per call, at least 0
   * @param perSecond retries that flow in each second, at least 0
   * @param capacity the store, at least 1
   * @return the budget, full
   * @throws IllegalArgumentException if a number is out of its range
   */
  public static RetryBudget of(double ratio, double perSecond, double capacity) {
    return of(ratio, perSecond, capacity, null);
  }

  /**
   * A budget on another clock.
   *
   * @param ratio retries per call, at least 0
   * @param perSecond retries that flow in each second, at least 0
   * @param capacity the store, at least 1
   * @param timer whose clock is read; {@code null} for {@code Schedulers.parallel()}
   * @return the budget, full
   * @throws IllegalArgumentException if a number is out of its range
   */
  public static RetryBudget of(
      double ratio, double perSecond, double capacity, @Nullable Scheduler timer) {
    return new RetryBudget(
        atLeast(0, ratio, "ratio"),
        atLeast(0, perSecond, "perSecond"),
        atLeast(1, capacity, "capacity"),
        timer);
  }

  private static double atLeast(int least, double value, String name) {
    if (!(value >= least && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + " must be finite and at least " + least + ", but was " + value);
    }
    return value;
  }

  /** Counts a call; policies and hedges do this for each operation they begin. */
  public void deposit() {
    while (true) {
      Balance before = balance;
      Balance after = flowed(before, ratio);
      if (after.tokens == before.tokens || BALANCE.compareAndSet(this, before, after)) {
        return;
      }
    }
  }

  /**
   * Takes what one retry costs.
   *
   * @return whether there was enough; if not, nothing was taken
   */
  public boolean tryWithdraw() {
    while (true) {
      Balance before = balance;
      Balance after = flowed(before, 0);
      if (after.tokens < 1) {
        return false;
      }
      if (BALANCE.compareAndSet(this, before, new Balance(after.tokens - 1, after.at))) {
        return true;
      }
    }
  }

  /**
   * How many retries could be made now.
   *
   * @return the balance
   */
  public double balance() {
    return flowed(balance, 0).tokens;
  }

  private Balance flowed(Balance before, double deposit) {
    if (perSecond == 0) {
      return deposit == 0
          ? before
          : new Balance(Math.min(capacity, before.tokens + deposit), before.at);
    }
    long now = Math.max(before.at, now());
    double flow = perSecond * (now - before.at) / 1e9;
    return new Balance(Math.min(capacity, before.tokens + flow + deposit), now);
  }

  private long now() {
    return (timer == null ? Schedulers.parallel() : timer).now(TimeUnit.NANOSECONDS);
  }

  @Override
  public String toString() {
    return "RetryBudget(" + balance() + " of " + capacity + ")";
  }
}
