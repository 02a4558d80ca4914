package dev.velox.reactor.retry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** A timer that knows how many of its tasks have neither run nor been disposed of. */
final class CountingTimer implements Scheduler {

  private final Scheduler inner;
  private final AtomicInteger pending = new AtomicInteger();

  CountingTimer(Scheduler inner) {
    this.inner = inner;
  }

  int pending() {
    return pending.get();
  }

  @Override
  public Disposable schedule(Runnable task) {
    return schedule(task, 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    AtomicBoolean over = new AtomicBoolean();
    Runnable end =
        () -> {
          if (over.compareAndSet(false, true)) {
            pending.decrementAndGet();
          }
        };
    pending.incrementAndGet();
    Disposable scheduled =
        inner.schedule(
            () -> {
              end.run();
              task.run();
            },
            delay,
            unit);
    return () -> {
      end.run();
      scheduled.dispose();
    };
  }

  @Override
  public long now(TimeUnit unit) {
    return inner.now(unit);
  }

  @Override
  public Worker createWorker() {
    return inner.createWorker();
  }

  @Override
  public void dispose() {
    inner.dispose();
  }
}
