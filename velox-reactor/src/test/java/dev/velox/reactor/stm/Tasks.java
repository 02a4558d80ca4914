package dev.velox.reactor.stm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** Runs tasks on threads of their own, beginning together. */
final class Tasks {

  static final Duration LONG = Duration.ofMinutes(4);

  private Tasks() {}

  static void run(int count, IntConsumer task) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      Thread thread =
          new Thread(
              () -> {
                try {
                  begin.await();
                  task.accept(number);
                } catch (Throwable thrown) {
                  failure.compareAndSet(null, thrown);
                }
              });
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    begin.countDown();
    try {
      for (Thread thread : threads) {
        TimeUnit.MILLISECONDS.timedJoin(thread, LONG.toMillis());
        if (thread.isAlive()) {
          throw new AssertionError("a task has not ended within " + LONG);
        }
      }
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
  }

  /** Looks at a condition again and again until it holds. */
  static void eventually(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("the condition has not come to hold");
      }
      Thread.onSpinWait();
    }
  }
}
