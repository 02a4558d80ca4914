package dev.velox.reactor.retry;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Exceptions;
import reactor.core.Scannable.Attr;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.retry.Retry;

/**
 * Whether, when and how often a failed call is made again. An immutable value to be made once and
 * used by all.
 *
 * <pre>{@code
 * RetryPolicy policy = new RetryPolicy(
 *     3,                                                   // calls, the first included
 *     attempt -> Duration.ofSeconds(1L << attempt),        // attempt 1 is the first that failed
 *     error -> error instanceof NetworkException);
 *
 * Mono<String> data = policy.execute(() -> fetchData("https://api.example.com/data"));
 * Mono<String> same = fetchData("https://api.example.com/data").transform(policy.operator());
 * Mono<String> also = fetchData("https://api.example.com/data").retryWhen(policy);
 * }</pre>
 *
 * <p><b>Completion.</b> As the first attempt that completes. Where results or empty completions are
 * to be retried and the policy gives up, the last result, or nothing, is what comes.
 *
 * <p><b>Errors.</b> The last attempt's error as itself, with the earlier ones, eight at most, as
 * suppressed. An attempt or a whole operation cut by its time-out fails with a {@link
 * java.util.concurrent.TimeoutException}, which the policy's filter is asked about like any other.
 * JVM-fatal errors, {@link CancellationException} and {@link InterruptedException} are never
 * retried. What the back-off or the filter itself throws ends the operation.
 *
 * <p><b>Cancellation</b> cancels the running attempt or disposes of the timer.
 *
 * <p><b>Threads.</b> The first attempt is subscribed on the subscriber's thread, or on {@code
 * runOn} if the policy has one. Later ones never run on a timer's thread, but where the first ran:
 * on {@code runOn}; or else, after a delay or on a failure from elsewhere, on the same kind of
 * thread as the first: if that was allowed to block, on {@code Schedulers.boundedElastic()}, if
 * not, on the library's hand-over scheduler. A failure without delay on the right kind of thread is
 * retried on that thread at once, in constant stack.
 *
 * <p><b>State</b> is per subscription, under {@code transform} and {@code transformDeferred} alike,
 * except for the {@link RetryBudget}, which is there to be shared.
 *
 * <p><b>Cost.</b> Without failure one object and no timer, unless a time-out or deadline is set.
 *
 * <p><b>{@code retryWhen(policy)}</b> decides alike, but Reactor tells its companion of errors
 * alone: a policy with an attempt's time-out, or that retries results or empty completions, is
 * refused there with an {@link IllegalStateException} on subscription; {@code runOn} moves only the
 * later attempts. It also costs several times more than {@link #operator()}.
 */
public final class RetryPolicy extends Retry {

  private static final long NEVER = Long.MAX_VALUE;
  private static final int CAUSES = 32;

  final int maxAttempts;
  final Backoff backoff;
  final Predicate<? super Throwable> retryable;
  final boolean refusesResults;
  final Predicate<Object> refused;
  final boolean retryOnEmpty;
  final boolean resetOnProgress;
  final long attemptNanos;
  final long deadlineNanos;
  final long maxAskedNanos;
  final @Nullable RetryBudget budget;
  final @Nullable Scheduler runOn;
  final @Nullable Long seed;

  /** Whether attempts are bounded in time. */
  final boolean cuts;

  /** Whether the time since the beginning is needed. */
  final boolean timed;

  private final Function<? super Throwable, Optional<Duration>> asked;
  private final @Nullable Scheduler timer;
  private final List<RetryListener> listeners;
  private final @Nullable String name;

  /**
   * A policy as the specification has it; for everything else there is {@link #builder()}.
   *
   * @param maxAttempts how many calls are made at most, the first included
   * @param backoff from the number of the attempt that failed, counted from 1, to the delay
   * @param shouldRetry whether an error is worth another attempt
   * @throws IllegalArgumentException if {@code maxAttempts} is less than one
   */
  public RetryPolicy(
      int maxAttempts, IntFunction<Duration> backoff, Predicate<? super Throwable> shouldRetry) {
    this(maxAttempts, Backoff.of(backoff), shouldRetry);
  }

  /**
   * The same with a ready-made schedule.
   *
   * @param maxAttempts how many calls are made at most, the first included
   * @param backoff the delays
   * @param shouldRetry whether an error is worth another attempt
   * @throws IllegalArgumentException if {@code maxAttempts} is less than one
   */
  public RetryPolicy(int maxAttempts, Backoff backoff, Predicate<? super Throwable> shouldRetry) {
    this(builder().maxAttempts(maxAttempts).backoff(backoff).retryIf(shouldRetry));
  }

  RetryPolicy(RetryPolicyBuilder builder) {
    this.maxAttempts = builder.attempts();
    this.backoff = builder.backoff;
    this.retryable = builder.filter();
    this.refused = builder.refused == null ? result -> false : builder.refused;
    this.refusesResults = builder.refused != null;
    this.retryOnEmpty = builder.retryOnEmpty;
    this.resetOnProgress = builder.resetOnProgress;
    this.attemptNanos = builder.attemptTimeout == null ? NEVER : builder.attemptTimeout.toNanos();
    this.deadlineNanos = builder.deadline == null ? NEVER : builder.deadline.toNanos();
    this.maxAskedNanos = builder.maxAsked == null ? NEVER : builder.maxAsked.toNanos();
    this.budget = builder.budget;
    this.runOn = builder.runOn;
    this.seed = builder.seed;
    this.asked = builder.asked == null ? RetryPolicy::askedByException : builder.asked;
    this.timer = builder.timer;
    this.listeners = builder.listeners();
    this.name = builder.name;
    this.cuts = attemptNanos != NEVER || deadlineNanos != NEVER;
    this.timed = deadlineNanos != NEVER || !listeners.isEmpty() || backoff.readsElapsed();
  }

  /** The same as the base but for its schedule, which now holds limit and filter too. */
  private RetryPolicy(RetryPolicy base, Backoff schedule) {
    this.maxAttempts = Integer.MAX_VALUE;
    this.backoff = schedule;
    this.retryable = error -> true;
    this.refused = base.refused;
    this.refusesResults = base.refusesResults;
    this.retryOnEmpty = base.retryOnEmpty;
    this.resetOnProgress = base.resetOnProgress;
    this.attemptNanos = base.attemptNanos;
    this.deadlineNanos = base.deadlineNanos;
    this.maxAskedNanos = base.maxAskedNanos;
    this.budget = base.budget;
    this.runOn = base.runOn;
    this.seed = base.seed;
    this.asked = base.asked;
    this.timer = base.timer;
    this.listeners = base.listeners;
    this.name = base.name;
    this.cuts = base.cuts;
    this.timed = base.timed || schedule.readsElapsed();
  }

  /**
   * A builder: three attempts, exponential back-off from 100 ms to 10 s with full jitter, every
   * {@link Exception} retried, unless told otherwise.
   *
   * @return a new builder
   */
  public static RetryPolicyBuilder builder() {
    return new RetryPolicyBuilder();
  }

  /**
   * A filter for errors of these types, or that have one of them among their causes.
   *
   * @param types the types
   * @return the filter
   */
  @SafeVarargs
  public static Predicate<Throwable> causedBy(Class<? extends Throwable>... types) {
    List<Class<? extends Throwable>> wanted = new ArrayList<>();
    for (Class<? extends Throwable> type : Args.notNull(types, "types")) {
      wanted.add(Args.notNull(type, "type"));
    }
    return error -> {
      Throwable cause = error;
      for (int i = 0; cause != null && i < CAUSES; i++) {
        for (Class<? extends Throwable> type : wanted) {
          if (type.isInstance(cause)) {
            return true;
          }
        }
        cause = cause.getCause();
      }
      return false;
    };
  }

  /**
   * Runs a call under this policy. The supplier is asked anew for each attempt; what it throws, and
   * a {@code null} from it, is that attempt's failure.
   *
   * @param <T> the type of the result
   * @param call makes the call
   * @return a {@code Mono} that runs the operation anew for each subscription
   */
  public <T> Mono<T> execute(Supplier<? extends Mono<? extends T>> call) {
    Args.notNull(call, "call");
    return RetryMono.calling(this, (number, failure, last) -> call.get());
  }

  /**
   * Runs a call that wants to know which attempt it is, and how the one before failed: to log, to
   * ask another host, to refresh a token.
   *
   * @param <T> the type of the result
   * @param call makes the call
   * @return a {@code Mono} that runs the operation anew for each subscription
   */
  public <T> Mono<T> executeAttempts(Function<? super Attempt, ? extends Mono<? extends T>> call) {
    Args.notNull(call, "call");
    return RetryMono.calling(
        this, (number, failure, last) -> call.apply(new Attempt(number, failure)));
  }

  /**
   * Runs a stream under this policy; each attempt begins it anew, so elements that came before a
   * failure come again.
   *
   * @param <T> the type of the elements
   * @param start makes the stream
   * @return a {@code Flux} that runs the operation anew for each subscription
   * @throws IllegalStateException if the policy retries results: elements that went downstream
   *     can't be taken back
   */
  public <T> Flux<T> executeFlux(Supplier<? extends Publisher<? extends T>> start) {
    Args.notNull(start, "start");
    return RetryFlux.calling(forFlux(), (number, failure, last) -> start.get(), false);
  }

  /**
   * Runs a stream that goes on, after a failure, from its last element instead of from its
   * beginning: nothing comes twice if {@code resumeFrom} begins right after it.
   *
   * @param <T> the type of the elements
   * @param start makes the stream, as long as nothing has come
   * @param resumeFrom makes what follows the last element that went downstream
   * @return a {@code Flux} that runs the operation anew for each subscription
   * @throws IllegalStateException if the policy retries results: elements that went downstream
   *     can't be taken back
   */
  public <T> Flux<T> executeFlux(
      Supplier<? extends Publisher<? extends T>> start,
      Function<? super T, ? extends Publisher<? extends T>> resumeFrom) {
    Args.notNull(start, "start");
    Args.notNull(resumeFrom, "resumeFrom");
    return RetryFlux.calling(
        forFlux(),
        (number, failure, last) -> last == null ? start.get() : resumeFrom.apply(last),
        true);
  }

  /**
   * This policy as an operator: {@code mono.transform(policy.operator())}, and the same for {@code
   * Flux}. Resubscribes to the source by itself, without a companion publisher, and so costs about
   * as much as {@code retry(n)}.
   *
   * @param <T> the type of the elements
   * @return the operator; a {@code Mono} becomes a {@code Mono}, anything else a {@code Flux}; for
   *     the latter a policy that retries results is refused with an {@link IllegalStateException}
   */
  public <T> Function<Publisher<T>, Publisher<T>> operator() {
    return source ->
        Args.notNull(source, "source") instanceof Mono<T> mono
            ? RetryMono.over(this, mono)
            : RetryFlux.over(forFlux(), Flux.from(source));
  }

  private RetryPolicy forFlux() {
    if (refusesResults) {
      throw new IllegalStateException(
          this + " retries results, which a Flux has sent on before they could be refused");
    }
    return this;
  }

  /**
   * The companion for {@code retryWhen}; called by Reactor.
   *
   * @param failures the failures of one operation
   * @return an element per failure that is retried, after its delay, or the final error
   * @throws IllegalStateException if the policy has an attempt's time-out, or retries results or
   *     empty completions
   */
  @Override
  public Publisher<?> generateCompanion(Flux<RetrySignal> failures) {
    if (attemptNanos != NEVER || refusesResults || retryOnEmpty) {
      throw new IllegalStateException(
          this
              + " has an attempt's time-out, or retries results or empty completions, which"
              + " retryWhen can't do; use execute(...) or transform(policy.operator())");
    }
    return RetryCompanion.of(this, failures);
  }

  /**
   * The pure part of this policy: its limit of attempts, its filter and its back-off in one.
   *
   * @return the schedule
   */
  public Backoff schedule() {
    Backoff limited = maxAttempts == Integer.MAX_VALUE ? backoff : backoff.times(maxAttempts - 1);
    return new Schedules.OnlyIf(
        limited, failed -> failed.error() == null || retryable.test(failed.error()));
  }

  /**
   * Retries while both would, after the longer delay. All but the {@link #schedule()} (time-outs,
   * budget, listeners…) stays as it is here.
   *
   * @param other the other
   * @return the policy
   */
  public RetryPolicy and(RetryPolicy other) {
    return new RetryPolicy(this, schedule().and(Args.notNull(other, "other").schedule()));
  }

  /**
   * Retries while either would, each counting the failures that are its own: different errors,
   * different schedules. All but the {@link #schedule()} (time-outs, budget, listeners…) stays as
   * it is here.
   *
   * @param other the other
   * @return the policy
   */
  public RetryPolicy or(RetryPolicy other) {
    return new RetryPolicy(this, schedule().or(Args.notNull(other, "other").schedule()));
  }

  /**
   * Retries as this until it would stop, then as the other from its beginning. All but the {@link
   * #schedule()} (time-outs, budget, listeners…) stays as it is here.
   *
   * @param other what follows
   * @return the policy
   */
  public RetryPolicy andThen(RetryPolicy other) {
    return new RetryPolicy(this, schedule().andThen(Args.notNull(other, "other").schedule()));
  }

  boolean mayRetry(Throwable error) {
    return !Exceptions.isFatal(error)
        && !Exceptions.isJvmFatal(error)
        && !Exceptions.isCancel(error)
        && !(error instanceof CancellationException)
        && !(error instanceof InterruptedException);
  }

  Optional<Duration> askedDelay(Throwable error) {
    return Args.notNull(asked.apply(error), "what the function given to delayFrom answered");
  }

  private static Optional<Duration> askedByException(Throwable error) {
    Throwable cause = error;
    for (int i = 0; cause != null && i < CAUSES; i++) {
      if (cause instanceof RetryableException retryable && retryable.retryAfter().isPresent()) {
        return retryable.retryAfter();
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }

  boolean hasDeadline() {
    return deadlineNanos != NEVER;
  }

  /** Looked up at each use, so that virtual time is followed. */
  Scheduler timer() {
    return timer == null ? Schedulers.parallel() : timer;
  }

  long now() {
    return timer().now(TimeUnit.NANOSECONDS);
  }

  String deadlineMessage(int attempt) {
    return this + ": the deadline of " + Duration.ofNanos(deadlineNanos) + during(attempt);
  }

  String attemptMessage(int attempt) {
    return this + ": the time-out of " + Duration.ofNanos(attemptNanos) + during(attempt);
  }

  private static String during(int attempt) {
    return " passed during attempt " + attempt;
  }

  void tellAttempt(int attempt, Context context) {
    if (!listeners.isEmpty()) {
      tell(listener -> listener.beforeAttempt(attempt), context);
    }
  }

  void tellSuccess(int attempt, Context context) {
    if (!listeners.isEmpty()) {
      tell(listener -> listener.onSuccess(attempt), context);
    }
  }

  void tellRetry(FailedAttempt failed, Duration delay, Context context) {
    if (!listeners.isEmpty()) {
      tell(listener -> listener.onRetry(failed, delay), context);
    }
  }

  void tellGiveUp(FailedAttempt failed, RetryListener.Reason reason, Context context) {
    if (!listeners.isEmpty()) {
      tell(listener -> listener.onGiveUp(failed, reason), context);
    }
  }

  private void tell(Consumer<RetryListener> what, Context context) {
    for (RetryListener listener : listeners) {
      try {
        what.accept(listener);
      } catch (Throwable thrown) {
        Exceptions.throwIfJvmFatal(thrown);
        Operators.onErrorDropped(thrown, context);
      }
    }
  }

  @Nullable Object scan(Attr<?> key) {
    if (key == Attr.NAME) {
      return name;
    }
    if (key == Attr.RUN_STYLE) {
      return backoff == Schedules.NONE && !cuts && runOn == null
          ? Attr.RunStyle.SYNC
          : Attr.RunStyle.ASYNC;
    }
    return null;
  }

  @Override
  public String toString() {
    return name == null ? "RetryPolicy" : "RetryPolicy(" + name + ")";
  }
}
