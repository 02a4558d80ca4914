package dev.velox.benchmarks.sync;

import dev.velox.benchmarks.Threads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** The JDK's fair lock and fair semaphore, a virtual thread per task. */
final class JdkLocks implements LockPeer {

  private final int permits;
  private final ExecutorService threads = Threads.newVirtual();

  JdkLocks(int permits) {
    this.permits = permits;
  }

  @Override
  public void run(Guarded guarded, int tasks, int cycles, boolean yields) throws Exception {
    Lock lock = new ReentrantLock(true);
    Semaphore semaphore = new Semaphore(permits, true);
    Threads.awaitAll(
        Threads.submit(
            threads,
            tasks,
            () -> {
              for (int i = 0; i < cycles; i++) {
                if (permits == 1) {
                  lock.lock();
                  try {
                    visit(guarded, yields);
                  } finally {
                    lock.unlock();
                  }
                } else {
                  semaphore.acquire();
                  try {
                    visit(guarded, yields);
                  } finally {
                    semaphore.release();
                  }
                }
              }
              return null;
            }));
  }

  private static void visit(Guarded guarded, boolean yields) {
    guarded.enter();
    if (yields) {
      Thread.yield();
    }
    guarded.leave(0);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
