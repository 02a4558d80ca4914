package dev.velox.reactor.retry;

import dev.velox.reactor.internal.ThreadLocals;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One hedged operation: the calls that run, and which of them answers.
 *
 * <p>State is one word, the number of calls that run, or ENDED:
 *
 * <pre>
 *   0 --first()--&gt; 1 --hedge()--&gt; 2 …     by the timer, only while one runs
 *   n --fail()---&gt; n-1                    an error while others run
 *   1 --fail()---&gt; ENDED                  the last one's error is the answer
 *   n --answer()-&gt; ENDED                  a result or an empty completion is the answer
 *   any --cancel-&gt; ENDED                  by downstream
 * </pre>
 *
 * <p>Each is a compare-and-set (ENDED an exchange), so one call answers, and none is begun after
 * that. A call whose subscription arrives later finds {@code running} disposed and is cancelled.
 */
final class HedgedCall<T> implements Subscription, Scannable {

  private static final int ENDED = -1;

  private final Hedge hedge;
  private final Supplier<? extends Mono<? extends T>> call;
  private final CoreSubscriber<? super T> actual;
  private final Context context;
  private final Disposable.Composite running = Disposables.composite();
  private final AtomicInteger state = new AtomicInteger();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  // Written before the first timer is set and by the timer's chain after that, one at a time.
  private Place place = Place.MAY_BLOCK;
  private int extraLeft;
  private volatile boolean cancelled;

  HedgedCall(
      Hedge hedge, Supplier<? extends Mono<? extends T>> call, CoreSubscriber<? super T> actual) {
    this.hedge = hedge;
    this.call = call;
    this.actual = actual;
    this.context = actual.currentContext();
    this.extraLeft = hedge.extra;
  }

  /** The first request begins the first call, so that every answer finds its demand. */
  @Override
  public void request(long n) {
    if (Operators.validate(n) && state.compareAndSet(0, 1)) {
      first();
    }
  }

  @Override
  public void cancel() {
    if (end()) {
      cancelled = true;
      running.dispose();
    }
  }

  private void first() {
    place = Place.here();
    if (hedge.budget != null) {
      hedge.budget.deposit();
    }
    arm();
    subscribe();
  }

  private void arm() {
    if (extraLeft == 0) {
      return;
    }
    extraLeft--;
    Disposable.Swap wait = Disposables.swap();
    if (!running.add(wait)) {
      return;
    }
    try {
      // replace(), not update(): the timer's own disposable may come in later than the hop's and
      // must not dispose of it.
      wait.replace(hedge.timer().schedule(() -> hop(wait), hedge.delayNanos, TimeUnit.NANOSECONDS));
    } catch (RejectedExecutionException rejected) {
      // The call that runs is not hurt by the absence of another.
      Operators.onErrorDropped(rejected, context);
    }
  }

  private void hop(Disposable.Swap wait) {
    try {
      wait.replace(place.scheduler().schedule(this::hedge));
    } catch (RejectedExecutionException rejected) {
      Operators.onErrorDropped(rejected, context);
    }
  }

  private void hedge() {
    if (state.get() <= 0 || (hedge.budget != null && !hedge.budget.tryWithdraw())) {
      return;
    }
    int before = state.get();
    while (before > 0) {
      if (state.compareAndSet(before, before + 1)) {
        arm();
        subscribe();
        return;
      }
      before = state.get();
    }
  }

  private void subscribe() {
    Runner runner = new Runner();
    if (!running.add(runner)) {
      return;
    }
    ThreadLocals.Restored threadLocals = ThreadLocals.restore(context);
    try {
      Mono<? extends T> mono;
      try {
        mono = Objects.requireNonNull(call.get(), "the call's Mono must not be null");
      } catch (Throwable thrown) {
        runner.onError(Operators.onOperatorError(thrown, context));
        return;
      }
      mono.subscribe(runner);
    } finally {
      threadLocals.close();
    }
  }

  private boolean end() {
    return state.getAndSet(ENDED) != ENDED;
  }

  private void failed(Throwable error) {
    boolean kept = false;
    while (true) {
      int before = state.get();
      if (before == ENDED) {
        Operators.onErrorDropped(error, context);
        return;
      }
      if (before > 1 && !kept) {
        // Kept before it is counted out, so that the last to fail finds it.
        failures.add(error);
        kept = true;
      }
      if (state.compareAndSet(before, before == 1 ? ENDED : before - 1)) {
        if (before == 1) {
          running.dispose();
          actual.onError(withOthers(error));
        }
        return;
      }
    }
  }

  private Throwable withOthers(Throwable last) {
    for (Throwable other : failures) {
      RetryRun.suppress(last, other);
    }
    return last;
  }

  @Override
  @SuppressWarnings("rawtypes") // Reactor declares it so.
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.CANCELLED) {
      return cancelled;
    }
    if (key == Attr.TERMINATED) {
      return state.get() == ENDED && !cancelled;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  private final class Runner extends BaseSubscriber<T> implements Scannable {

    @Override
    public Context currentContext() {
      return context;
    }

    @Override
    protected void hookOnNext(T value) {
      if (end()) {
        // The winner is not to be cancelled by its own success.
        running.remove(this);
        running.dispose();
        actual.onNext(value);
        actual.onComplete();
      } else {
        Operators.onDiscard(value, context);
      }
    }

    @Override
    protected void hookOnComplete() {
      if (end()) {
        running.dispose();
        actual.onComplete();
      }
    }

    @Override
    protected void hookOnError(Throwable error) {
      failed(error);
    }

    @Override
    @SuppressWarnings("rawtypes") // Reactor declares it so.
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream();
      }
      if (key == Attr.CANCELLED || key == Attr.TERMINATED) {
        return isDisposed();
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
  }
}
