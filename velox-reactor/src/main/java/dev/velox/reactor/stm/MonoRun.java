package dev.velox.reactor.stm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Runs a {@code Mono} body: each attempt is one subscription to it, with the attempt in its
 * Context.
 *
 * <p>An attempt is ended by one party, the winner of {@link AsyncAttempt#end}. If that is not the
 * body's own last signal, its subscription is cancelled, so no operator of the body can catch what
 * happens to it. {@code due} counts attempts to be begun: who raises it from zero subscribes, in a
 * loop, so that bodies that end while they are subscribed don't recurse. Once the run is DONE
 * nobody can have another attempt begun, and {@code due} stays raised.
 */
final class MonoRun<T> extends StmRun<T> {

  private static final VarHandle DUE;

  static {
    try {
      DUE = MethodHandles.lookup().findVarHandle(MonoRun.class, "due", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Function<? super Transaction, ? extends Mono<? extends T>> body;
  private volatile @Nullable Inner<T> current;

  // Who subscribes to a body just now. Not volatile: a thread only looks whether it is itself.
  private @Nullable Thread subscribing;

  // Whether a body was seen not to end at once, or to lose many reads: it has a snapshot then.
  private volatile boolean lasting;

  @SuppressWarnings("UnusedVariable") // through DUE
  private volatile int due;

  MonoRun(
      CoreSubscriber<? super T> actual,
      StmOptions options,
      Function<? super Transaction, ? extends Mono<? extends T>> body) {
    super(actual, options);
    this.body = body;
  }

  @Override
  void drive() {
    if (attempts == 0) {
      // From the first request: nobody else can have an attempt begun yet.
      DUE.set(this, 1);
    } else if ((int) DUE.getAndAdd(this, 1) != 0) {
      return;
    }
    do {
      attempt();
      // Mostly it has committed: then nobody drives it any more. Who was cancelled may still have
      // an attempt due, with a turn to be passed on.
    } while (!isDone() && (int) DUE.getAndAdd(this, -1) != 1);
  }

  private void attempt() {
    attempts++;
    Turn turn = turn();
    Pin pin = lasting && turn == null ? Ledger.SHARED.pin(options.maxVersions) : null;
    AsyncAttempt attempt = new AsyncAttempt(this, attempts, pin, turn, lastFootprint());
    Inner<T> inner = new Inner<>(this, attempt);
    current = inner;
    if (attempts > 1 && pin != null) {
      attempt.watchReads();
    }
    if (!isRunning()) {
      // Ended from outside while there was no attempt that could have been told.
      abandon();
      return;
    }
    Mono<? extends T> source;
    try {
      source = body.apply(attempt.root);
      if (source == null) {
        throw new NullPointerException("the body returned a null Mono");
      }
    } catch (Throwable failure) {
      inner.onError(failure);
      return;
    }
    subscribing = Thread.currentThread();
    try {
      source.subscribe(inner);
    } finally {
      subscribing = null;
    }
    if (attempt.isOpen()) {
      lasting = true;
      attempt.keepSnapshot(options.maxVersions);
      inner.limitAge(options);
    }
  }

  // --- how an attempt ends

  void completed(AsyncAttempt attempt, @Nullable T value) {
    if (!attempt.end(AsyncAttempt.Ending.COMPLETED)) {
      Operators.onDiscard(value, currentContext());
      return;
    }
    attempt.freeze();
    if (!beginCommit()) {
      close(attempt, false);
      return;
    }
    Attempt.Decision decision;
    try {
      decision = attempt.decide();
    } catch (Throwable failure) {
      close(attempt, false);
      Exceptions.throwIfJvmFatal(failure);
      if (resumeAfterCommit()) {
        fail(asResult(failure));
      }
      return;
    }
    if (decision == Attempt.Decision.COMMITTED) {
      close(attempt, true);
      attempt.wake();
      succeed(value);
      return;
    }
    close(attempt, false);
    Turn obstacle = attempt.obstacle;
    if (resumeAfterCommit()
        && (obstacle == null ? afterConflict(attempt) : afterObstacle(obstacle))) {
      drive();
    }
  }

  void failed(AsyncAttempt attempt, Throwable failure) {
    if (!attempt.end(AsyncAttempt.Ending.FAILED)) {
      if (!(failure instanceof Signal)) {
        Operators.onErrorDropped(failure, currentContext());
      }
      return;
    }
    boolean current = attempt.isCurrent();
    close(attempt, false);
    Exceptions.throwIfJvmFatal(failure);
    if (current) {
      fail(failure);
    } else if (afterConflict(attempt)) {
      drive();
    }
  }

  /** The attempt can't commit any more. Called from inside the body or by who overtook it. */
  void stop(AsyncAttempt attempt) {
    if (attempt.end(AsyncAttempt.Ending.CONFLICT)) {
      lasting |= attempt.reads() >= LONG;
      cancelBody(attempt);
      close(attempt, false);
      if (afterConflict(attempt)) {
        goOn();
      }
    }
  }

  /**
   * Has the next attempt begin, not inside the body or with who overtook it: when the subscription
   * that is being made on this thread has returned, or elsewhere.
   */
  private void goOn() {
    if (Thread.currentThread().equals(subscribing)) {
      drive();
    } else {
      reschedule();
    }
  }

  /** The body asked to wait. */
  void retry(AsyncAttempt attempt) {
    if (attempt.end(AsyncAttempt.Ending.RETRY)) {
      cancelBody(attempt);
      close(attempt, false);
      if (afterRetry(attempt)) {
        goOn();
      }
    }
  }

  @Override
  void abandon() {
    Inner<T> inner = current;
    if (inner != null && inner.attempt.end(AsyncAttempt.Ending.CANCELLED)) {
      inner.cancel();
      close(inner.attempt, false);
    }
  }

  private void cancelBody(AsyncAttempt attempt) {
    Inner<T> inner = current;
    if (inner != null && inner.attempt == attempt) {
      inner.cancel();
    }
  }

  private void close(AsyncAttempt attempt, boolean committed) {
    Inner<T> inner = current;
    if (inner != null && inner.attempt == attempt) {
      inner.stopAgeing();
    }
    attempt.unwatch();
    attempt.release();
    if (committed) {
      attempt.root.runHooks(true);
    } else {
      attempt.root.rollBack();
    }
  }

  @Override
  public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
    return key == Attr.PARENT ? current : super.scanUnsafe(key);
  }

  /** Receives the body's signals for one attempt. */
  private static final class Inner<T> implements CoreSubscriber<T>, Scannable {

    private static final VarHandle UPSTREAM;
    private static final VarHandle AGEING;

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        UPSTREAM = lookup.findVarHandle(Inner.class, "upstream", Subscription.class);
        AGEING = lookup.findVarHandle(Inner.class, "ageing", Disposable.class);
      } catch (ReflectiveOperationException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }

    private static final Disposable NOT_ANY_MORE = () -> {};

    private final MonoRun<T> run;
    final AsyncAttempt attempt;
    private final Context context;
    private volatile @Nullable Subscription upstream;

    private volatile @Nullable Disposable ageing;
    private @Nullable T value;

    Inner(MonoRun<T> run, AsyncAttempt attempt) {
      this.run = run;
      this.attempt = attempt;
      this.context = attempt.root.into(run.currentContext());
    }

    @Override
    public Context currentContext() {
      return context;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        if (UPSTREAM.compareAndSet(this, null, subscription)) {
          subscription.request(Long.MAX_VALUE);
        } else {
          subscription.cancel();
        }
      }
    }

    void cancel() {
      Subscription before =
          (Subscription) UPSTREAM.getAndSet(this, Operators.cancelledSubscription());
      if (before != null) {
        before.cancel();
      }
    }

    @Override
    public void onNext(T next) {
      value = next;
    }

    @Override
    public void onError(Throwable failure) {
      run.failed(attempt, failure);
    }

    @Override
    public void onComplete() {
      run.completed(attempt, value);
    }

    /** A body that is still going on must not keep history for ever. */
    void limitAge(StmOptions options) {
      Disposable timer =
          options.timer().schedule(this::tooOld, options.maxAge.toNanos(), TimeUnit.NANOSECONDS);
      if (!AGEING.compareAndSet(this, null, timer)) {
        timer.dispose();
      } else if (!attempt.isOpen()) {
        // It may have ended before there was a timer to be seen.
        stopAgeing();
      }
    }

    private void tooOld() {
      attempt.giveUpSnapshot();
      if (!attempt.isCurrent()) {
        run.stop(attempt);
      }
    }

    void stopAgeing() {
      if (ageing != null) {
        Disposable timer = (Disposable) AGEING.getAndSet(this, NOT_ANY_MORE);
        if (timer != null) {
          timer.dispose();
        }
      }
    }

    @Override
    public @Nullable Object scanUnsafe(@SuppressWarnings("rawtypes") Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return run.actual;
      }
      if (key == Attr.TERMINATED) {
        return !attempt.isOpen();
      }
      if (key == Attr.CANCELLED) {
        return upstream == Operators.cancelledSubscription();
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
