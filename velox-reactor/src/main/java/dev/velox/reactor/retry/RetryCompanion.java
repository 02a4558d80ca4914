package dev.velox.reactor.retry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;
import reactor.util.retry.Retry.RetrySignal;

/**
 * A policy as the companion of {@code retryWhen}: for each failure one element, after its delay and
 * on the right kind of thread, or the final error. Demand passes through, since each failure is
 * answered by one element.
 */
final class RetryCompanion extends FluxOperator<RetrySignal, Object> {

  private final RetryPolicy policy;

  private RetryCompanion(RetryPolicy policy, Flux<RetrySignal> failures) {
    super(failures);
    this.policy = policy;
  }

  static Flux<Object> of(RetryPolicy policy, Flux<RetrySignal> failures) {
    return onAssembly(new RetryCompanion(policy, failures));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Object> actual) {
    if (policy.budget != null) {
      policy.budget.deposit();
    }
    policy.tellAttempt(1, actual.currentContext());
    RetryRun run = new RetryRun(policy, actual.currentContext(), policy.timed ? policy.now() : 0);
    CoreSubscriber<? super Object> bounded = actual;
    if (policy.hasDeadline()) {
      // The deadline may pass while an attempt hangs; then the companion's error cancels it.
      CutSubscriber<Object> cut = new CutSubscriber<>(actual, run::cutByDeadline);
      cut.start(policy.timer(), policy.deadlineNanos);
      bounded = cut;
    }
    source.subscribe(new Waits(bounded, policy, run));
  }

  @Override
  @SuppressWarnings("rawtypes") // Reactor declares it so.
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE || key == Attr.NAME ? policy.scan(key) : super.scanUnsafe(key);
  }

  /**
   * Answers failures.
   *
   * <pre>
   *   IDLE -- failure, no delay --&gt; emits --&gt; IDLE
   *        -- failure, delay -----&gt; WAITING (timer, then hop) --&gt; emits --&gt; IDLE
   *        -- policy stops -------&gt; ENDED
   *   at any time: cancel() --&gt; CLOSED, for good
   * </pre>
   *
   * <p>One owner: the next failure can only come after the answer to the one before. {@code
   * waiting} is what a cancellation disposes of.
   */
  private static final class Waits implements CoreSubscriber<RetrySignal>, Subscription, Scannable {

    private static final AtomicReferenceFieldUpdater<Waits, Disposable> WAITING =
        AtomicReferenceFieldUpdater.newUpdater(Waits.class, Disposable.class, "waiting");
    private static final Disposable CLOSED = Disposables.disposed();

    private final CoreSubscriber<? super Object> actual;
    private final RetryPolicy policy;
    private final Place place = Place.here();
    private final RetryRun run;
    private @Nullable Subscription upstream;
    private volatile @Nullable Disposable waiting;
    private boolean ended;

    Waits(CoreSubscriber<? super Object> actual, RetryPolicy policy, RetryRun run) {
      this.actual = actual;
      this.policy = policy;
      this.run = run;
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        upstream = subscription;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(RetrySignal signal) {
      if (ended) {
        return;
      }
      Throwable error = signal.failure();
      long delay;
      try {
        if (policy.resetOnProgress && signal.totalRetriesInARow() == 0) {
          run.progressed();
        }
        delay = run.next(error, null);
      } catch (Throwable thrown) {
        end(Operators.onOperatorError(upstream, thrown, error, currentContext()));
        return;
      }
      if (delay == RetryRun.STOP) {
        end(error);
      } else if (delay == 0 && policy.runOn == null && Place.here() == place) {
        emit();
      } else {
        await(delay, error);
      }
    }

    private void await(long delay, Throwable error) {
      Disposable.Swap wait = Disposables.swap();
      Disposable before = waiting;
      if (before == CLOSED || !WAITING.compareAndSet(this, before, wait)) {
        return;
      }
      try {
        if (delay == 0) {
          wait.replace(place().schedule(this::emit));
        } else {
          wait.replace(
              policy.timer().schedule(() -> hop(wait, error), delay, TimeUnit.NANOSECONDS));
        }
      } catch (Throwable rejected) {
        Exceptions.throwIfJvmFatal(rejected);
        end(Exceptions.addSuppressed(error, rejected));
      }
    }

    private void hop(Disposable.Swap wait, Throwable error) {
      try {
        wait.replace(place().schedule(this::emit));
      } catch (Throwable rejected) {
        Exceptions.throwIfJvmFatal(rejected);
        end(Exceptions.addSuppressed(error, rejected));
      }
    }

    private Scheduler place() {
      return policy.runOn == null ? place.scheduler() : policy.runOn;
    }

    private void emit() {
      policy.tellAttempt(run.attempt(), currentContext());
      actual.onNext(this);
    }

    private void end(Throwable error) {
      if (!ended) {
        ended = true;
        actual.onError(run.withEarlier(error));
      }
    }

    /** Reactor never ends the failures; anyone else's error is passed on. */
    @Override
    public void onError(Throwable error) {
      if (ended) {
        Operators.onErrorDropped(error, currentContext());
      } else {
        ended = true;
        actual.onError(error);
      }
    }

    @Override
    public void onComplete() {
      if (!ended) {
        ended = true;
        actual.onComplete();
      }
    }

    @Override
    public void request(long n) {
      Subscription subscription = upstream;
      if (subscription != null) {
        subscription.request(n);
      }
    }

    @Override
    public void cancel() {
      Disposable wait = WAITING.getAndSet(this, CLOSED);
      if (wait != null) {
        wait.dispose();
      }
      Subscription subscription = upstream;
      if (subscription != null) {
        subscription.cancel();
      }
    }

    @Override
    @SuppressWarnings("rawtypes") // Reactor declares it so.
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return waiting == CLOSED;
      }
      if (key == Attr.TERMINATED) {
        return ended;
      }
      return policy.scan(key);
    }
  }
}
