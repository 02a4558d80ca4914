package dev.velox.reactor.retry;

import dev.velox.reactor.internal.ThreadLocals;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CorePublisher;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * One operation under a policy: subscribes to attempt after attempt and lets through what they
 * deliver, until one completes or the policy stops.
 *
 * <pre>
 *              +--------------------- failed, no delay ----------------------+
 *              v                                                             |
 *   start -&gt; loop -&gt; ATTEMPT -- onComplete -----------------------------------&gt; ENDED
 *              ^         +--- failed, policy stops ------------------------------&gt; ENDED
 *              |         +--- failed, delay -&gt; WAITING (timer, then hop) --+
 *              +------------------------------------------------------------+
 *   at any time: cancel() -&gt; CANCELLED, for good
 * </pre>
 *
 * <p>One owner: an attempt's signals are serial, and the next attempt is begun only after the one
 * before has failed, by a call, an atomic increment or a scheduler; so the plain fields belong to
 * the attempt that runs. {@code loop} counts attempts to be begun: who raises it from zero
 * subscribes to them one by one, so a source that fails inside of {@code subscribe} is repeated in
 * constant stack. {@code waiting} holds what a cancellation has to dispose of while no attempt
 * runs; cancellation closes it for good, and an attempt is begun only if {@code cancelled} is not
 * set; one begun at that very moment is cancelled when its subscription arrives.
 */
final class RetrySubscriber<T> extends AttemptSubscription implements CoreSubscriber<T> {

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<RetrySubscriber> LOOP =
      AtomicIntegerFieldUpdater.newUpdater(RetrySubscriber.class, "loop");

  @SuppressWarnings("rawtypes")
  private static final AtomicReferenceFieldUpdater<RetrySubscriber, Disposable> WAITING =
      AtomicReferenceFieldUpdater.newUpdater(RetrySubscriber.class, Disposable.class, "waiting");

  @SuppressWarnings("rawtypes")
  private static final AtomicReferenceFieldUpdater<RetrySubscriber, Object> REFUSED =
      AtomicReferenceFieldUpdater.newUpdater(RetrySubscriber.class, Object.class, "refused");

  private static final Disposable CLOSED = Disposables.disposed();

  private final CoreSubscriber<? super T> actual;
  private final RetryPolicy policy;
  private final AttemptSource<T> source;
  private final boolean single;
  private final boolean remembers;
  private final Place place;
  private final long startedAt;

  @SuppressWarnings("unused") // Used through LOOP alone.
  private volatile int loop;

  private volatile @Nullable Disposable waiting;
  private volatile @Nullable Object refused;

  private @Nullable RetryRun run;
  private long delivered;
  private boolean anyDelivered;
  private @Nullable T last;
  private boolean ended;

  /**
   * Prepares an operation.
   *
   * @param single whether the source is a {@code Mono}, so that a result can still be refused
   * @param remembers whether the source wants to know the last element
   */
  RetrySubscriber(
      CoreSubscriber<? super T> actual,
      RetryPolicy policy,
      AttemptSource<T> source,
      boolean single,
      boolean remembers) {
    this.actual = actual;
    this.policy = policy;
    this.source = source;
    this.single = single;
    this.remembers = remembers;
    this.place = Place.here();
    this.startedAt = policy.timed ? policy.now() : 0;
  }

  void start() {
    if (policy.budget != null) {
      policy.budget.deposit();
    }
    if (policy.runOn == null) {
      begin();
    } else {
      await(0, null);
    }
  }

  /** Begins an attempt: here, or in the loop that is at it already. */
  private void begin() {
    if (LOOP.getAndIncrement(this) == 0) {
      ThreadLocals.Restored threadLocals = ThreadLocals.restore(currentContext());
      try {
        do {
          if (isCancelled()) {
            return;
          }
          attempt();
        } while (LOOP.decrementAndGet(this) != 0);
      } finally {
        threadLocals.close();
      }
    }
  }

  private void attempt() {
    int number = run == null ? 1 : run.attempt();
    policy.tellAttempt(number, actual.currentContext());
    CoreSubscriber<T> subscriber = this;
    Publisher<? extends T> next;
    try {
      if (policy.cuts) {
        CutSubscriber<T> cut = cut(number);
        if (cut == null) {
          return;
        }
        subscriber = cut;
      }
      Throwable lastFailure = run == null ? null : run.lastError();
      next =
          Objects.requireNonNull(
              source.next(number, lastFailure, last), "the attempt's publisher must not be null");
    } catch (Throwable thrown) {
      subscriber.onError(Operators.onOperatorError(thrown, actual.currentContext()));
      return;
    }
    if (next instanceof CorePublisher<? extends T> core) {
      core.subscribe(subscriber);
    } else {
      next.subscribe(subscriber);
    }
  }

  /** Bounds an attempt in time; {@code null} if there is none left, which ends the operation. */
  private @Nullable CutSubscriber<T> cut(int number) {
    long left =
        policy.hasDeadline() ? policy.deadlineNanos - (policy.now() - startedAt) : Long.MAX_VALUE;
    if (left <= 0) {
      end(
          run == null || run.lastError() == null
              ? new TimeoutException(policy.deadlineMessage(number))
              : run.lastError());
      return null;
    }
    boolean byDeadline = left < policy.attemptNanos;
    CutSubscriber<T> cut =
        new CutSubscriber<>(
            this,
            () ->
                new TimeoutException(
                    byDeadline ? policy.deadlineMessage(number) : policy.attemptMessage(number)));
    cut.start(policy.timer(), byDeadline ? left : policy.attemptNanos);
    return cut;
  }

  @Override
  public Context currentContext() {
    return actual.currentContext();
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    attach(subscription);
  }

  @Override
  public void onNext(T element) {
    if (ended) {
      Operators.onNextDropped(element, currentContext());
      return;
    }
    if (single && policy.refusesResults && refuses(element)) {
      return;
    }
    delivered++;
    if (remembers) {
      last = element;
    }
    actual.onNext(element);
  }

  /** Keeps a result that is refused until the attempt completes, and so is surely over. */
  private boolean refuses(T element) {
    try {
      if (policy.refused.test(element)) {
        refused = element;
        if (isCancelled()) {
          discardRefused();
        }
        return true;
      }
      return false;
    } catch (Throwable thrown) {
      super.cancel();
      end(Operators.onOperatorError(null, thrown, element, currentContext()));
      return true;
    }
  }

  @SuppressWarnings("unchecked") // Only onNext puts it there.
  private @Nullable T takeRefused() {
    return refused == null ? null : (T) REFUSED.getAndSet(this, null);
  }

  private void discardRefused() {
    T value = takeRefused();
    if (value != null) {
      Operators.onDiscard(value, currentContext());
    }
  }

  @Override
  public void onError(Throwable error) {
    if (ended || isCancelled()) {
      Operators.onErrorDropped(error, currentContext());
      return;
    }
    discardRefused();
    long delay = decide(error, null);
    if (delay == RetryRun.STOP) {
      end(error);
    } else {
      again(delay, error);
    }
  }

  @Override
  public void onComplete() {
    if (ended || isCancelled()) {
      return;
    }
    T value = takeRefused();
    boolean bad = value != null || (policy.retryOnEmpty && delivered == 0 && !anyDelivered);
    if (!bad) {
      ended = true;
      policy.tellSuccess(run == null ? 1 : run.attempt(), currentContext());
      actual.onComplete();
      return;
    }
    long delay = decide(null, value);
    if (delay != RetryRun.STOP) {
      if (value != null) {
        Operators.onDiscard(value, currentContext());
      }
      again(delay, null);
    } else if (!ended) {
      // Out of attempts, and what came is all there is: better than an error made up here.
      ended = true;
      if (value != null) {
        actual.onNext(value);
      }
      actual.onComplete();
    }
  }

  /** Asks the policy; its code may throw, which ends the operation with that error. */
  private long decide(@Nullable Throwable error, @Nullable Object value) {
    RetryRun current = run;
    try {
      if (current == null) {
        current = new RetryRun(policy, currentContext(), startedAt);
        run = current;
      }
      long elements = delivered;
      delivered = 0;
      detach(elements);
      if (elements != 0) {
        anyDelivered = true;
        if (policy.resetOnProgress) {
          current.progressed();
        }
      }
      return current.next(error, value);
    } catch (Throwable thrown) {
      if (error != null) {
        end(Operators.onOperatorError(null, thrown, error, currentContext()));
      } else {
        end(Operators.onOperatorError(null, thrown, value, currentContext()));
      }
      return RetryRun.STOP;
    }
  }

  private void again(long delay, @Nullable Throwable error) {
    if (delay == 0 && policy.runOn == null && Place.here() == place) {
      begin();
    } else {
      await(delay, error);
    }
  }

  private void await(long delay, @Nullable Throwable error) {
    Disposable.Swap wait = Disposables.swap();
    Disposable before = waiting;
    if (before == CLOSED || !WAITING.compareAndSet(this, before, wait)) {
      return;
    }
    try {
      if (delay == 0) {
        wait.replace(place().schedule(this::begin));
      } else {
        wait.replace(policy.timer().schedule(() -> hop(wait, error), delay, TimeUnit.NANOSECONDS));
      }
    } catch (Throwable rejected) {
      Exceptions.throwIfJvmFatal(rejected);
      end(rejected(rejected, error));
    }
  }

  /** Leaves the timer's thread. */
  private void hop(Disposable.Swap wait, @Nullable Throwable error) {
    try {
      // Not update(): should the timer's own disposable come in later than this, it must not
      // dispose of what replaced it.
      wait.replace(place().schedule(this::begin));
    } catch (Throwable rejected) {
      Exceptions.throwIfJvmFatal(rejected);
      end(rejected(rejected, error));
    }
  }

  private static Throwable rejected(Throwable rejected, @Nullable Throwable error) {
    return error == null ? rejected : Exceptions.addSuppressed(error, rejected);
  }

  private Scheduler place() {
    return policy.runOn == null ? place.scheduler() : policy.runOn;
  }

  private void end(Throwable error) {
    if (!ended) {
      ended = true;
      actual.onError(run == null ? error : run.withEarlier(error));
    }
  }

  @Override
  public void cancel() {
    super.cancel();
    Disposable wait = WAITING.getAndSet(this, CLOSED);
    if (wait != null) {
      wait.dispose();
    }
    discardRefused();
  }

  @Override
  @SuppressWarnings("rawtypes") // Reactor declares it so.
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.CANCELLED) {
      return isCancelled();
    }
    if (key == Attr.TERMINATED) {
      return ended;
    }
    if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
      return outstanding();
    }
    return policy.scan(key);
  }
}
