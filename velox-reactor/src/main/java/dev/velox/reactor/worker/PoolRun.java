package dev.velox.reactor.worker;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.internal.Cancellations;
import dev.velox.reactor.sync.Lease;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * One run of a task: the subscription of who wants its result, and what its thread tells the task.
 *
 * <pre>
 *  NEW --request--&gt; QUEUED --lease--&gt; ASSIGNED --its thread--&gt; RUNNING --returns, throws--&gt; DONE
 *   |                 |  |              |    |                  |
 *   |                 |  +--refused-----|----+---refused--------|-------------------------&gt; DONE
 *   +----cancel-------+-----cancel------+                       +--cancel--&gt; ABORTED
 *                     v
 *                 CANCELLED
 * </pre>
 *
 * <p>Each arrow is a compare-and-set, so either the subscriber is told of an end (DONE) or it has
 * cancelled, never both; a shutdown takes the cancel's arrows and tells the subscriber that. Who
 * leaves QUEUED without a thread tells the pool that the run has left it. From ASSIGNED on the run
 * holds a lease, and its thread, or the end of its thread, releases it: {@link PoolWorker}.
 *
 * @param <T> the type of the tasks
 * @param <R> the type of the results
 */
final class PoolRun<T, R> implements CoreSubscriber<Lease>, Subscription, AbortSignal, Scannable {

  private static final int NEW = 0;
  private static final int QUEUED = 1;
  private static final int ASSIGNED = 2;
  private static final int RUNNING = 3;
  private static final int DONE = 4;
  private static final int CANCELLED = 5;
  private static final int ABORTED = 6;

  private final DefaultWorkerPool<T, R> pool;
  private final T task;
  private final Context context;
  private final AtomicInteger state = new AtomicInteger();
  private final AtomicBoolean asked = new AtomicBoolean();
  private final Aborting aborting = new Aborting();
  private volatile @Nullable CoreSubscriber<? super R> actual;
  private volatile @Nullable Subscription queueing;
  private volatile @Nullable PoolWorker<T, R> worker;
  private volatile @Nullable Disposable graceTimer;
  private @Nullable Lease lease;
  private long since;

  private PoolRun(DefaultWorkerPool<T, R> pool, T task, CoreSubscriber<? super R> actual) {
    this.pool = pool;
    this.task = task;
    this.actual = actual;
    this.context = actual.currentContext();
  }

  static <T, R> Mono<R> mono(DefaultWorkerPool<T, R> pool, T task) {
    return RunMono.of(pool, task);
  }

  // ---- in the queue -------------------------------------------------------------------------

  @Override
  public void request(long n) {
    if (!Operators.validate(n) || !asked.compareAndSet(false, true)) {
      return;
    }
    since = pool.options().clock();
    if (!pool.enter(this)) {
      if (state.compareAndSet(NEW, DONE)) {
        fail(Event.REJECTED, pool.closed());
      }
    } else if (state.compareAndSet(NEW, QUEUED)) {
      pool.acquire().subscribe(this);
      if (pool.isStopped()) {
        stop(pool.closed()); // who stopped it may have looked before this was in
      }
    } else {
      pool.left(this);
    }
  }

  @Override
  public void onSubscribe(Subscription given) {
    queueing = given;
    if (state.get() == QUEUED) {
      given.request(Long.MAX_VALUE);
    } else {
      given.cancel();
    }
  }

  @Override
  public void onNext(Lease granted) {
    lease = granted;
    if (state.compareAndSet(QUEUED, ASSIGNED)) {
      if (pool.isStopped()) {
        pool.out(this, pool.closed()); // let in by one that was just aborted
      } else {
        pool.dispatch(this);
      }
    } else {
      granted.release();
    }
  }

  @Override
  public void onError(Throwable failure) {
    if (state.compareAndSet(QUEUED, DONE)) {
      pool.left(this);
      fail(Event.REJECTED, failure);
    }
  }

  @Override
  public void onComplete() {
    // The lease is what matters.
  }

  @Override
  public Context currentContext() {
    return Context.empty();
  }

  /** Will run on this thread. */
  void assign(PoolWorker<T, R> thread) {
    worker = thread;
  }

  /** What it is refused with if its thread ends before it has begun. */
  Throwable closedBy() {
    PoolWorker<T, R> thread = worker;
    return thread == null ? pool.closed() : thread.core().closed();
  }

  /** Has got no thread; its lease is released by the caller. */
  void refuse(Throwable reason) {
    if (state.compareAndSet(ASSIGNED, DONE)) {
      fail(Event.REJECTED, reason);
    }
  }

  void releaseLease() {
    Lease held = lease;
    if (held != null && held.release()) {
      pool.options().tellTime(Timing.HOLD, since);
    }
  }

  // ---- on its thread ------------------------------------------------------------------------

  void execute(WorkerTask<T, R> code) {
    if (!state.compareAndSet(ASSIGNED, RUNNING)) {
      return;
    }
    WorkerOptions options = pool.options();
    options.tellTime(Timing.WAIT, since);
    options.tell(Event.STARTED);
    since = options.clock();
    R result = null;
    Throwable failure = null;
    try {
      result = code.run(task, this);
    } catch (Throwable thrown) {
      failure = thrown;
    }
    options.tellTime(Timing.RUN, since);
    boolean isWanted = state.compareAndSet(RUNNING, DONE);
    if (failure != null) {
      end(failure, isWanted);
    } else if (isWanted) {
      succeed(result);
    } else if (result != null) {
      Operators.onDiscard(result, context);
    }
    Disposable timer = graceTimer;
    if (timer != null) {
      timer.dispose();
    }
  }

  private void succeed(@Nullable R result) {
    pool.options().tell(Event.SUCCEEDED);
    CoreSubscriber<? super R> subscriber = actual;
    actual = null;
    if (subscriber == null) {
      return;
    }
    if (result != null) {
      try {
        subscriber.onNext(result);
      } catch (Throwable failure) {
        // A subscriber that throws has broken the rules, and must not break the pool's thread.
        Exceptions.throwIfFatal(failure);
        Operators.onErrorDropped(failure, context);
        return;
      }
    }
    subscriber.onComplete();
  }

  private void end(Throwable failure, boolean isWanted) {
    if (isWanted) {
      boolean isFatal = Exceptions.isFatal(failure); // the hook would throw it, and nobody be told
      fail(Event.FAILED, isFatal ? failure : Operators.onOperatorError(failure, context));
    } else if (!Cancellations.isOne(failure)) {
      Operators.onErrorDropped(failure, context);
    }
    if (!(failure instanceof StackOverflowError)) {
      Exceptions.throwIfJvmFatal(failure); // what breaks the JVM ends the thread
    }
  }

  private void fail(Event event, Throwable failure) {
    pool.options().tell(event);
    CoreSubscriber<? super R> subscriber = actual;
    actual = null;
    if (subscriber != null) {
      subscriber.onError(failure);
    }
  }

  // ---- its end before its time --------------------------------------------------------------

  @Override
  public void cancel() {
    stop(null);
  }

  /** Ends the run wherever it is, and tells its subscriber why, unless that is who ends it. */
  void stop(@Nullable Throwable reason) {
    for (int seen = state.get(); seen < DONE; seen = state.get()) {
      if (state.compareAndSet(seen, seen == RUNNING ? ABORTED : CANCELLED)) {
        if (seen == RUNNING) {
          awaitGrace();
        } else if (seen == QUEUED) {
          leaveQueue();
        }
        tellStopped(reason);
        if (seen == RUNNING) {
          aborting.abort();
        }
        return;
      }
    }
  }

  private void tellStopped(@Nullable Throwable reason) {
    if (reason == null) {
      actual = null;
      pool.options().tell(Event.CANCELLED);
    } else {
      fail(Event.REJECTED, reason);
    }
  }

  private void leaveQueue() {
    Subscription seen = queueing;
    if (seen != null) {
      seen.cancel();
    }
    pool.left(this);
  }

  /** The rung after the soft abort: if the task is not over then, its thread is condemned. */
  private void awaitGrace() {
    PoolWorker<T, R> thread = worker;
    if (thread == null) {
      return;
    }
    long grace = pool.options().grace().toNanos();
    try {
      graceTimer = pool.timer().schedule(() -> thread.condemn(this), grace, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException noTimer) {
      thread.condemn(this);
    }
  }

  // ---- what the task sees -------------------------------------------------------------------

  @Override
  public boolean isAborted() {
    return aborting.isAborted();
  }

  @Override
  public Disposable onAbort(Runnable callback) {
    return aborting.onAbort(callback);
  }

  @Override
  public ContextView context() {
    return context;
  }

  Context subscriberContext() {
    return context;
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.PARENT) {
      return pool;
    }
    if (key == Attr.CANCELLED) {
      return state.get() >= CANCELLED;
    }
    if (key == Attr.TERMINATED) {
      return state.get() == DONE;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  /** A run for each subscriber. */
  private static final class RunMono<T, R> extends Mono<R> implements Scannable {

    private final DefaultWorkerPool<T, R> pool;
    private final T task;

    private RunMono(DefaultWorkerPool<T, R> pool, T task) {
      this.pool = pool;
      this.task = task;
    }

    static <T, R> Mono<R> of(DefaultWorkerPool<T, R> pool, T task) {
      return onAssembly(new RunMono<>(pool, task));
    }

    @Override
    public void subscribe(CoreSubscriber<? super R> subscriber) {
      subscriber.onSubscribe(new PoolRun<>(pool, task, subscriber));
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return pool;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
  }
}
