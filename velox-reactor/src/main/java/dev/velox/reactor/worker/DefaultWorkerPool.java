package dev.velox.reactor.worker;

import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.sync.SyncOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The pool as its users see it.
 *
 * <p>A semaphore with as many permits as there may be threads is its queue. Who holds a lease finds
 * an idle thread or starts one: there is one thread fewer than leases at most, since a lease is
 * released only when its thread is idle again, or gone.
 *
 * <p>State: {@code idle} holds the threads that wait for a task; who takes one out of it owns it,
 * be it a run that begins or the thread itself that retires, so no task is given to a thread that
 * has left. {@code gate} counts the runs that are in, and is below zero once the pool is shut down:
 * one word, so a run is either counted or refused. The last one out of a pool that is shut down
 * ends the threads, and the last thread gone ends the pool.
 */
final class DefaultWorkerPool<T, R> implements WorkerPool<T, R> {

  private static final AtomicLong COUNT = new AtomicLong();
  private static final int CLOSED = Integer.MIN_VALUE;
  private static final String DISCARD_HOOK = "reactor.onDiscard.local";

  private final Supplier<? extends WorkerTask<T, R>> tasks;
  private final WorkerOptions options;
  private final WorkerOptions workerOptions;
  private final String name;
  private final int min;
  private final long idleNanos;
  private final Semaphore leases;
  private final ConcurrentLinkedDeque<PoolWorker<T, R>> idle = new ConcurrentLinkedDeque<>();
  private final Set<PoolWorker<T, R>> workers = ConcurrentHashMap.newKeySet();
  private final Set<PoolRun<T, R>> runs = ConcurrentHashMap.newKeySet();
  private final AtomicInteger gate = new AtomicInteger();
  private final AtomicInteger threads = new AtomicInteger();
  private final AtomicInteger staying = new AtomicInteger();
  private final AtomicLong named = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> abandoned = new AtomicReference<>();
  private final Channel<Object> over = Channel.rendezvous();
  private volatile boolean stopped;

  DefaultWorkerPool(WorkerPoolBuilder<T, R> builder) {
    String given = builder.options.name();
    this.name = given != null ? given : "velox-pool-" + COUNT.incrementAndGet();
    this.tasks = builder.tasks;
    this.options = builder.options.of(Kind.WORKER_POOL);
    this.workerOptions = options.onDrop(this::undelivered);
    this.min = builder.min;
    this.idleNanos = builder.idleTimeout.toNanos();
    this.leases = Semaphore.of(builder.max, SyncOptions.named(name).maxWaiters(builder.queue));
    options.offer(Level.BUFFERED, leases, Semaphore::waiting);
    options.offer(Level.ACTIVE, leases, all -> all.permits() - all.available());
  }

  void startMin() {
    for (int i = 0; i < min; i++) {
      PoolWorker<T, R> worker = newWorker();
      idle.addLast(worker);
      start(worker);
    }
  }

  // ---- runs ---------------------------------------------------------------------------------

  @Override
  public Mono<R> run(T task) {
    return PoolRun.mono(this, Args.notNull(task, "task"));
  }

  /** Lets a run in, unless the pool is shut down. */
  boolean enter(PoolRun<T, R> run) {
    for (int seen = gate.get(); seen >= 0; seen = gate.get()) {
      if (gate.compareAndSet(seen, seen + 1)) {
        runs.add(run);
        return true;
      }
    }
    return false;
  }

  /** A run is out: it has ended, and holds no thread. */
  void left(PoolRun<?, ?> run) {
    runs.remove(run);
    if (gate.decrementAndGet() == CLOSED) {
      endThreads();
    }
  }

  Mono<Lease> acquire() {
    return leases.acquire();
  }

  /** Gives a run that has a lease to a thread. */
  void dispatch(PoolRun<T, R> run) {
    Envelope<PoolRun<T, R>> envelope =
        new Envelope<>(run, run, run.subscriberContext().delete(DISCARD_HOOK));
    for (PoolWorker<T, R> worker = idle.pollFirst(); worker != null; worker = idle.pollFirst()) {
      run.assign(worker);
      if (worker.core().inbox().trySend(envelope) == SendResult.SENT) {
        return;
      }
    }
    PoolWorker<T, R> fresh = newWorker();
    run.assign(fresh);
    SendResult ignored = fresh.core().inbox().trySend(envelope);
    try {
      start(fresh);
    } catch (Throwable noThread) {
      // What a JVM throws that can't have another thread; the next run may have more luck.
      forget(fresh);
      out(run, noThread);
    }
  }

  /** A thread that has ended had a run in its inbox. */
  private void undelivered(Object posted) {
    if (posted instanceof PoolRun<?, ?> run) {
      Throwable closed = run.closedBy();
      out(run, closed.getCause() instanceof WorkerStartException notStarted ? notStarted : closed);
    }
  }

  /** A run with a lease gets no thread. */
  void out(PoolRun<?, ?> run, Throwable reason) {
    run.refuse(reason);
    run.releaseLease();
    left(run);
  }

  // ---- threads ------------------------------------------------------------------------------

  private PoolWorker<T, R> newWorker() {
    String threadName = name + "-" + named.incrementAndGet();
    return new PoolWorker<>(this, threadName, workerOptions, tasks);
  }

  private void start(PoolWorker<T, R> worker) {
    workers.add(worker);
    threads.incrementAndGet();
    staying.incrementAndGet();
    worker.core().exit().subscribe(code -> gone(worker), failure -> abandoned(worker, failure));
    worker.core().start();
  }

  /** A thread has done a run. */
  void free(PoolWorker<T, R> worker, PoolRun<T, R> run) {
    idle.addFirst(worker);
    run.releaseLease();
    left(run);
  }

  /** Whether a thread that was idle for long may go; it has left the idle ones then. */
  boolean retire(PoolWorker<T, R> worker) {
    for (int seen = staying.get(); seen > min; seen = staying.get()) {
      if (staying.compareAndSet(seen, seen - 1)) {
        if (idle.remove(worker)) {
          worker.hasRetired();
          return true;
        }
        staying.incrementAndGet();
        return false;
      }
    }
    return false;
  }

  private void gone(PoolWorker<T, R> worker) {
    idle.remove(worker);
    forget(worker);
    PoolRun<?, ?> held = worker.gone();
    if (held != null) {
      held.releaseLease();
      left(held);
    }
    endWhenEmpty();
  }

  private void abandoned(PoolWorker<T, R> worker, Throwable failure) {
    abandoned.compareAndSet(null, failure);
    gone(worker);
  }

  private void forget(PoolWorker<T, R> worker) {
    if (workers.remove(worker)) {
      threads.decrementAndGet();
      if (!worker.isRetired()) {
        staying.decrementAndGet();
      }
    }
  }

  // ---- the end ------------------------------------------------------------------------------

  @Override
  public Mono<Void> shutdown() {
    return Mono.defer(
        () -> {
          close();
          return end();
        });
  }

  @Override
  public Mono<Void> shutdownNow() {
    return Mono.defer(
        () -> {
          dispose();
          return end();
        });
  }

  @Override
  public void dispose() {
    close();
    stopped = true;
    WorkerClosedException reason = closed();
    runs.forEach(run -> run.stop(reason));
  }

  private void close() {
    for (int seen = gate.get(); seen >= 0; seen = gate.get()) {
      if (gate.compareAndSet(seen, seen + CLOSED)) {
        if (seen == 0) {
          endThreads();
        }
        return;
      }
    }
  }

  private void endThreads() {
    workers.forEach(worker -> worker.core().shutdown());
    endWhenEmpty();
  }

  private void endWhenEmpty() {
    if (gate.get() == CLOSED && threads.get() == 0) {
      over.close();
    }
  }

  private Mono<Void> end() {
    return over.onClose()
        .then(
            Mono.defer(
                () -> {
                  Throwable failure = abandoned.get();
                  return failure == null ? Mono.empty() : Mono.error(failure);
                }));
  }

  // ---- what others need ---------------------------------------------------------------------

  WorkerOptions options() {
    return options;
  }

  Scheduler timer() {
    return options.timer();
  }

  long idleNanos() {
    return idleNanos;
  }

  boolean isAboveMin() {
    return staying.get() > min;
  }

  boolean isStopped() {
    return stopped;
  }

  WorkerClosedException closed() {
    return new WorkerClosedException(name, null);
  }

  @Override
  public boolean isDisposed() {
    return gate.get() < 0;
  }

  @Override
  public int threads() {
    return threads.get();
  }

  @Override
  public int idle() {
    return idle.size();
  }

  @Override
  public int queued() {
    return leases.waiting();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.CAPACITY) {
      return leases.permits();
    }
    if (key == Attr.BUFFERED) {
      return queued();
    }
    if (key == Attr.TERMINATED) {
      return over.isClosed();
    }
    if (key == Attr.CANCELLED) {
      return stopped;
    }
    if (key == Attr.NAME) {
      return name;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  @Override
  public String toString() {
    return "worker pool '" + name + "'";
  }
}
