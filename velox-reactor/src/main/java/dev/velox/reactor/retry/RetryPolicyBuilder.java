package dev.velox.reactor.retry;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Builds a {@link RetryPolicy}. What contradicts itself is refused by {@link #build()}. To be used
 * by one thread.
 */
public final class RetryPolicyBuilder {

  private @Nullable Integer maxAttempts;
  private @Nullable Integer maxRetries;
  private boolean unlimited;
  private @Nullable Predicate<? super Throwable> retryIf;
  private final List<Class<? extends Throwable>> retryOn = new ArrayList<>();
  private final List<Class<? extends Throwable>> abortOn = new ArrayList<>();

  Backoff backoff =
      Backoff.exponential(Duration.ofMillis(100)).max(Duration.ofSeconds(10)).jitter(Jitter.FULL);
  @Nullable Predicate<Object> refused;
  boolean retryOnEmpty;
  boolean resetOnProgress;
  @Nullable Duration attemptTimeout;
  @Nullable Duration deadline;
  @Nullable Duration maxAsked;
  @Nullable Function<? super Throwable, Optional<Duration>> asked;
  @Nullable RetryBudget budget;
  @Nullable Scheduler timer;
  @Nullable Scheduler runOn;
  @Nullable Long seed;
  @Nullable String name;
  final List<RetryListener> listeners = new ArrayList<>();

  RetryPolicyBuilder() {}

  /**
   * How many calls are made at most, the first included.
   *
   * @param attempts at least 1, which means no retry
   * @return this
   * @throws IllegalArgumentException if less than one
   */
  public RetryPolicyBuilder maxAttempts(int attempts) {
    this.maxAttempts = Args.positive(attempts, "maxAttempts");
    return this;
  }

  /**
   * The same in the other word: how many calls are made at most after the first.
   *
   * @param retries at least 0
   * @return this
   * @throws IllegalArgumentException if negative
   */
  public RetryPolicyBuilder maxRetries(int retries) {
    this.maxRetries = Args.notNegative(retries, "maxRetries");
    return this;
  }

  /**
   * No limit of attempts: the back-off, the filter, the deadline or the budget has to end it.
   *
   * @return this
   */
  public RetryPolicyBuilder unlimited() {
    this.unlimited = true;
    return this;
  }

  /**
   * The delays.
   *
   * @param backoff the schedule
   * @return this
   */
  public RetryPolicyBuilder backoff(Backoff backoff) {
    this.backoff = Args.notNull(backoff, "backoff");
    return this;
  }

  /**
   * The delays as a function, see {@link Backoff#of}.
   *
   * @param backoff from the number of the attempt that failed, counted from 1, to the delay
   * @return this
   */
  public RetryPolicyBuilder backoff(IntFunction<Duration> backoff) {
    this.backoff = Backoff.of(backoff);
    return this;
  }

  /**
   * Retries errors that pass this filter, and those of {@link #retryOn}. A time-out of an attempt
   * is asked about too, as a {@link java.util.concurrent.TimeoutException}.
   *
   * @param filter whether an error is worth another attempt
   * @return this
   */
  public RetryPolicyBuilder retryIf(Predicate<? super Throwable> filter) {
    this.retryIf = Args.notNull(filter, "filter");
    return this;
  }

  /**
   * Retries errors of these types, and those of {@link #retryIf}.
   *
   * @param types the types
   * @return this
   */
  @SafeVarargs
  public final RetryPolicyBuilder retryOn(Class<? extends Throwable>... types) {
    for (Class<? extends Throwable> type : Args.notNull(types, "types")) {
      retryOn.add(Args.notNull(type, "type"));
    }
    return this;
  }

  /**
   * Never retries errors of these types, whatever else is said.
   *
   * @param types the types
   * @return this
   */
  @SafeVarargs
  public final RetryPolicyBuilder abortOn(Class<? extends Throwable>... types) {
    for (Class<? extends Throwable> type : Args.notNull(types, "types")) {
      abortOn.add(Args.notNull(type, "type"));
    }
    return this;
  }

  /**
   * Takes certain results of a {@code Mono} for failures. A refused result that is retried is
   * discarded; when the policy gives up, the last one is delivered.
   *
   * @param <R> the type of the results to be looked at; others pass
   * @param type the type
   * @param refused whether a result is refused
   * @return this
   */
  public <R> RetryPolicyBuilder retryOnResult(Class<R> type, Predicate<? super R> refused) {
    Args.notNull(type, "type");
    Args.notNull(refused, "refused");
    Predicate<Object> typed = result -> type.isInstance(result) && refused.test(type.cast(result));
    this.refused = this.refused == null ? typed : this.refused.or(typed);
    return this;
  }

  /**
   * Takes an empty completion for a failure; when the policy gives up, it is passed on.
   *
   * @return this
   */
  public RetryPolicyBuilder retryOnEmpty() {
    this.retryOnEmpty = true;
    return this;
  }

  /**
   * A stream that delivered an element since its last failure begins counting anew: attempts,
   * back-off and kept errors, not the deadline.
   *
   * @return this
   */
  public RetryPolicyBuilder resetOnProgress() {
    this.resetOnProgress = true;
    return this;
  }

  /**
   * How long one attempt may take until it ends; of a stream too, the whole of it. It is cancelled
   * then, and fails with a {@link java.util.concurrent.TimeoutException}.
   *
   * @param timeout the time
   * @return this
   * @throws IllegalArgumentException if not positive or too long for nanoseconds
   */
  public RetryPolicyBuilder attemptTimeout(Duration timeout) {
    this.attemptTimeout = Args.positive(timeout, "attemptTimeout");
    return this;
  }

  /**
   * How long everything may take, attempts and delays. A delay that would end at or after it is not
   * begun, and the last error ends the operation at once; an attempt that runs when it passes is
   * cancelled, and the operation ends with a {@link java.util.concurrent.TimeoutException}.
   *
   * @param time the time since subscription
   * @return this
   * @throws IllegalArgumentException if not positive or too long for nanoseconds
   */
  public RetryPolicyBuilder deadline(Duration time) {
    this.deadline = Args.positive(time, "deadline");
    return this;
  }

  /**
   * Reads from an error how long it asks to be left alone; the longer of that and the back-off is
   * waited. By default that is {@link RetryableException#retryAfter()} of the error or of its first
   * cause that has one.
   *
   * @param asked from the error to the delay, or empty
   * @return this
   */
  public RetryPolicyBuilder delayFrom(Function<? super Throwable, Optional<Duration>> asked) {
    this.asked = Args.notNull(asked, "asked");
    return this;
  }

  /**
   * The longest delay an error may ask for; one that asks for more ends the operation.
   *
   * @param time the time
   * @return this
   * @throws IllegalArgumentException if not positive or too long for nanoseconds
   */
  public RetryPolicyBuilder maxRetryAfter(Duration time) {
    this.maxAsked = Args.positive(time, "maxRetryAfter");
    return this;
  }

  /**
   * The budget out of which retries are paid, shared with whoever else has it.
   *
   * @param budget the budget
   * @return this
   */
  public RetryPolicyBuilder budget(RetryBudget budget) {
    this.budget = Args.notNull(budget, "budget");
    return this;
  }

  /**
   * What keeps delays, time-outs and the clock; {@code Schedulers.parallel()} by default. No
   * attempt runs on it.
   *
   * @param timer the scheduler
   * @return this
   */
  public RetryPolicyBuilder timer(Scheduler timer) {
    this.timer = Args.notNull(timer, "timer");
    return this;
  }

  /**
   * Where every attempt is subscribed, the first included.
   *
   * @param scheduler the scheduler
   * @return this
   */
  public RetryPolicyBuilder runOn(Scheduler scheduler) {
    this.runOn = Args.notNull(scheduler, "scheduler");
    return this;
  }

  /**
   * Makes jitter repeatable: each operation draws the same numbers. For tests; in production it
   * would bring back together what jitter is to spread.
   *
   * @param seed any number
   * @return this
   */
  public RetryPolicyBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /**
   * The name in messages, in scans and in {@code toString}.
   *
   * @param name the name
   * @return this
   */
  public RetryPolicyBuilder name(String name) {
    this.name = Args.notNull(name, "name");
    return this;
  }

  /**
   * Adds a listener.
   *
   * @param listener is told about each attempt
   * @return this
   */
  public RetryPolicyBuilder listener(RetryListener listener) {
    listeners.add(Args.notNull(listener, "listener"));
    return this;
  }

  /**
   * Counts {@code STARTED} for each attempt, {@code RETRIED} for each failure that is retried (and
   * its delay as {@code WAIT}), {@code SUCCEEDED} and {@code FAILED} for each operation.
   *
   * @param metrics the listener
   * @return this
   */
  public RetryPolicyBuilder metrics(MetricsListener metrics) {
    listeners.add(new RetryMetrics(Args.notNull(metrics, "metrics")));
    return this;
  }

  /**
   * Makes the policy.
   *
   * @return the policy
   * @throws IllegalArgumentException if two settings contradict each other
   */
  public RetryPolicy build() {
    return new RetryPolicy(this);
  }

  /** The listeners, those of metrics being told whose they are. */
  List<RetryListener> listeners() {
    List<RetryListener> told = new ArrayList<>();
    for (RetryListener listener : listeners) {
      RetryListener tell = listener instanceof RetryMetrics metrics ? metrics.of(name) : listener;
      if (tell != null) {
        told.add(tell);
      }
    }
    return List.copyOf(told);
  }

  /** The limit of calls, after a look at whether the settings fit each other. */
  int attempts() {
    refuseIf(
        maxAttempts != null && maxRetries != null && maxAttempts - 1 != maxRetries,
        "maxAttempts of " + maxAttempts + " and maxRetries of " + maxRetries);
    refuseIf(unlimited && (maxAttempts != null || maxRetries != null), "unlimited and a limit");
    refuseIf(
        attemptTimeout != null && deadline != null && attemptTimeout.compareTo(deadline) > 0,
        "an attemptTimeout of " + attemptTimeout + " and a deadline of " + deadline);
    retryOn.forEach(type -> refuseIf(abortOn.contains(type), "retryOn and abortOn of " + type));
    if (unlimited) {
      return Integer.MAX_VALUE;
    }
    if (maxRetries != null) {
      return Math.max(maxRetries, maxRetries + 1);
    }
    return maxAttempts == null ? 3 : maxAttempts;
  }

  private static void refuseIf(boolean contradiction, String what) {
    if (contradiction) {
      throw new IllegalArgumentException(what + " contradict each other");
    }
  }

  Predicate<Throwable> filter() {
    Predicate<? super Throwable> wanted = retryIf;
    List<Class<? extends Throwable>> on = List.copyOf(retryOn);
    List<Class<? extends Throwable>> off = List.copyOf(abortOn);
    boolean byDefault = wanted == null && on.isEmpty();
    return error ->
        !isAny(off, error)
            && (byDefault
                ? error instanceof Exception
                : isAny(on, error) || (wanted != null && wanted.test(error)));
  }

  private static boolean isAny(List<Class<? extends Throwable>> types, Throwable error) {
    for (Class<? extends Throwable> type : types) {
      if (type.isInstance(error)) {
        return true;
      }
    }
    return false;
  }
}
