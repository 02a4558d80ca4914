package dev.velox.reactor.retry;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Makes a call again when the answer is late, without giving up the first: whichever answers first
 * is taken, the others are cancelled. Cuts the long tail of a service whose calls are mostly quick,
 * for calls that may be made twice. An immutable value to be made once and used by all.
 *
 * <p><b>Completion.</b> As the first call that completes, with a result or empty. <b>Errors.</b> A
 * call that fails while another runs is forgotten; the last one to fail ends the operation, with
 * the errors of the others as suppressed. Hedging is no retry: a call that fails before another was
 * begun ends the operation at once; {@code policy.execute(() -> hedge.execute(call))} has both.
 *
 * <p><b>Cancellation</b> cancels all that runs. <b>Threads.</b> The first call is subscribed on the
 * thread of the subscriber, further ones on the same kind of thread as the first (see {@link
 * RetryPolicy}), never on a timer's; signals come on the thread of the call that wins. The first
 * call is made when downstream asks for the result. <b>Cost.</b> One timer per operation and call
 * that could follow.
 *
 * <p>After Dean and Barroso, "The Tail at Scale" (CACM 2013); the budget keeps hedges a small part
 * of all calls, so that they don't double the load of a service that has become slow.
 *
 * <pre>{@code
 * Hedge hedge = Hedge.after(Duration.ofMillis(50)).budget(RetryBudget.ofRatio(0.05));
 * Mono<Quote> quote = hedge.execute(() -> client.quote(symbol));
 * }</pre>
 */
public final class Hedge {

  final long delayNanos;
  final int extra;
  final @Nullable RetryBudget budget;
  private final @Nullable Scheduler timer;

  private Hedge(
      long delayNanos, int extra, @Nullable RetryBudget budget, @Nullable Scheduler timer) {
    this.delayNanos = delayNanos;
    this.extra = extra;
    this.budget = budget;
    this.timer = timer;
  }

  /**
   * A second call after this delay; a good one is the time within which 95 of 100 calls answer.
   *
   * @param delay how long to wait for an answer
   * @return the hedge
   * @throws IllegalArgumentException if the delay is negative or does not fit into nanoseconds
   */
  public static Hedge after(Duration delay) {
    long nanos = Math.min(Args.notNegative(delay, "delay").toNanos(), Schedules.LONGEST);
    return new Hedge(nanos, 1, null, null);
  }

  /**
   * The same with more further calls, each after another such delay.
   *
   * @param calls how many beside the first, at least 1
   * @return the hedge
   * @throws IllegalArgumentException if less than one
   */
  public Hedge extraCalls(int calls) {
    return new Hedge(delayNanos, Args.positive(calls, "calls"), budget, timer);
  }

  /**
   * The same, paying for further calls out of this budget; without funds none is begun.
   *
   * @param budget the budget
   * @return the hedge
   */
  public Hedge budget(RetryBudget budget) {
    return new Hedge(delayNanos, extra, Args.notNull(budget, "budget"), timer);
  }

  /**
   * The same on another timer than {@code Schedulers.parallel()}.
   *
   * @param timer the scheduler
   * @return the hedge
   */
  public Hedge timer(Scheduler timer) {
    return new Hedge(delayNanos, extra, budget, Args.notNull(timer, "timer"));
  }

  /**
   * Makes a call under this hedge.
   *
   * @param <T> the type of the result
   * @param call makes the call, anew for each; what it throws, and a {@code null} from it, is that
   *     call's failure
   * @return a {@code Mono} that runs the operation anew for each subscription
   */
  public <T> Mono<T> execute(Supplier<? extends Mono<? extends T>> call) {
    Args.notNull(call, "call");
    return HedgeMono.calling(this, call);
  }

  Scheduler timer() {
    return timer == null ? Schedulers.parallel() : timer;
  }
}
