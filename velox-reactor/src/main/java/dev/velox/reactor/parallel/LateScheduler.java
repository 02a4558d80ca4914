package dev.velox.reactor.parallel;

import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * {@code Schedulers.parallel()} as it is when used, not as it was when an operator was assembled:
 * between the two, virtual time may have been installed.
 */
enum LateScheduler implements Scheduler {
  PARALLEL;

  @Override
  public Disposable schedule(Runnable task) {
    return Schedulers.parallel().schedule(task);
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    return Schedulers.parallel().schedule(task, delay, unit);
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    return Schedulers.parallel().schedulePeriodically(task, initialDelay, period, unit);
  }

  @Override
  public long now(TimeUnit unit) {
    return Schedulers.parallel().now(unit);
  }

  @Override
  public Worker createWorker() {
    return Schedulers.parallel().createWorker();
  }

  @Override
  public String toString() {
    return "parallel, looked up late";
  }
}
