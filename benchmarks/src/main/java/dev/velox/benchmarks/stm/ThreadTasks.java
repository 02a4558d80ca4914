package dev.velox.benchmarks.stm;

import dev.velox.benchmarks.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/** The shapes for peers whose transactions run on the caller's thread. */
abstract class ThreadTasks implements StmPeer {

  private static final ExecutorService THREADS = Threads.newPlatform();

  abstract void incrementOnce();

  abstract long counter();

  abstract void transferOnce(int from, int to);

  abstract void readTen(int first);

  abstract long sumOnce();

  /** One side of the hand-off: waits for a value and replaces it by another. */
  abstract void swap(int expected, int next);

  interface Task {
    void run(ThreadLocalRandom random) throws Exception;
  }

  static void tasks(int tasks, int each, Task task) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      running.add(
          THREADS.submit(
              () -> {
                ThreadLocalRandom random = ThreadLocalRandom.current();
                for (int n = 0; n < each; n++) {
                  task.run(random);
                }
                return null;
              }));
    }
    Threads.awaitAll(running);
  }

  @Override
  public long increment(int tasks, int each) throws Exception {
    tasks(tasks, each, random -> incrementOnce());
    return counter();
  }

  private void anyTransfer(ThreadLocalRandom random) {
    transferOnce(random.nextInt(ACCOUNTS), random.nextInt(ACCOUNTS));
  }

  @Override
  public long transfer(int tasks, int each) throws Exception {
    tasks(tasks, each, this::anyTransfer);
    return sumOnce();
  }

  @Override
  public long mixed(int tasks, int each) throws Exception {
    tasks(
        tasks,
        each,
        random -> {
          if (random.nextInt(20) == 0) {
            anyTransfer(random);
          } else {
            readTen(random.nextInt(ACCOUNTS - 10));
          }
        });
    return sumOnce();
  }

  @Override
  public long scan(int times, boolean writer) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Future<?> writing =
        THREADS.submit(
            () -> {
              while (writer && !done.get()) {
                anyTransfer(ThreadLocalRandom.current());
              }
            });
    long sum = 0;
    try {
      for (int i = 0; i < times; i++) {
        sum += sumOnce();
      }
    } finally {
      done.set(true);
      Threads.await(writing);
    }
    return sum / times;
  }

  @Override
  public long handOff(int times) throws Exception {
    Future<?> other =
        THREADS.submit(
            () -> {
              for (int i = 0; i < times; i++) {
                swap(1, 0);
              }
            });
    for (int i = 0; i < times; i++) {
      swap(0, 1);
    }
    Threads.await(other);
    return counter();
  }
}
