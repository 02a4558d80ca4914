package dev.velox.reactor.internal;

import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

/**
 * A worker over a scheduler of many threads: its tasks run one at a time, in the order they were
 * given, on whichever thread is free.
 *
 * <p>One owner: {@code wip} counts tasks given and not yet run. Who raises it from zero submits the
 * drain; the drain alone polls the queue, and ends only when it has brought {@code wip} back to
 * zero, so a task offered before its increment is never left behind. Dispose only sets a flag that
 * the drain reads before each task.
 */
final class SerialWorker implements Scheduler.Worker, Runnable {

  private final Scheduler scheduler;
  private final Queue<Task> queue = Queues.<Task>unboundedMultiproducer().get();
  private final AtomicInteger wip = new AtomicInteger();
  private final Disposable.Composite timers = Disposables.composite();

  SerialWorker(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  @Override
  public Disposable schedule(Runnable task) {
    if (timers.isDisposed()) {
      throw Exceptions.failWithRejected();
    }
    Task queued = new Task(task);
    enqueue(queued);
    return queued;
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    if (delay <= 0) {
      return schedule(task);
    }
    if (timers.isDisposed()) {
      throw Exceptions.failWithRejected();
    }
    Task queued = new Task(task);
    Disposable.Swap timer = Disposables.swap();
    timers.add(timer);
    timer.update(
        scheduler.schedule(
            () -> {
              timers.remove(timer);
              enqueue(queued);
            },
            delay,
            unit));
    return Disposables.composite(timer, queued);
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    if (timers.isDisposed()) {
      throw Exceptions.failWithRejected();
    }
    Disposable timer =
        scheduler.schedulePeriodically(() -> enqueue(new Task(task)), initialDelay, period, unit);
    timers.add(timer);
    return () -> {
      timers.remove(timer);
      timer.dispose();
    };
  }

  private void enqueue(Task task) {
    queue.offer(task);
    if (wip.getAndIncrement() == 0) {
      Disposable ignored = scheduler.schedule(this);
    }
  }

  @Override
  public void run() {
    int missed = 1;
    do {
      for (int i = 0; i < missed; i++) {
        Task task = queue.poll();
        if (task != null && !timers.isDisposed()) {
          task.run();
        }
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  @Override
  public void dispose() {
    timers.dispose();
  }

  @Override
  public boolean isDisposed() {
    return timers.isDisposed();
  }

  private static final class Task implements Disposable {
    private volatile @Nullable Runnable task;

    Task(Runnable task) {
      this.task = task;
    }

    void run() {
      Runnable todo = task;
      if (todo != null) {
        task = null;
        Tasks.runSafely(todo);
      }
    }

    @Override
    public void dispose() {
      task = null;
    }

    @Override
    public boolean isDisposed() {
      return task == null;
    }
  }
}
