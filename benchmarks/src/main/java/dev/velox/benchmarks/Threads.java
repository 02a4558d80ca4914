package dev.velox.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Where the parties of a benchmark run, and how it waits for them. */
public final class Threads {

  /** No run lasts as long; a peer that hangs fails its row instead of the whole run. */
  private static final long PATIENCE_SECONDS = 30;

  private Threads() {}

  public static boolean virtual() {
    return Runtime.version().feature() >= 21;
  }

  /** A virtual thread per task; only where {@link #virtual()}. */
  public static ExecutorService newVirtual() {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("No virtual threads in this JDK", e);
    }
  }

  public static ExecutorService newPlatform() {
    return Executors.newCachedThreadPool(
        task -> {
          Thread thread = new Thread(task, "platform");
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * As many threads as processors, where a task queued from inside costs little: what kotlinx's
   * default dispatcher is.
   */
  public static Scheduler newPool() {
    ForkJoinPool pool =
        new ForkJoinPool(
            Runtime.getRuntime().availableProcessors(),
            ForkJoinPool.defaultForkJoinWorkerThreadFactory,
            null,
            true);
    return Schedulers.fromExecutorService(pool);
  }

  public static Scheduler newOne() {
    return Schedulers.newSingle("one", true);
  }

  /** A peer whose class is compiled for JDK 21. */
  public static <T> T newPeerOf21(Class<T> type, String className, Object... arguments) {
    try {
      return type.cast(Class.forName(className).getConstructors()[0].newInstance(arguments));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(className + " is only there on JDK 21 or later", e);
    }
  }

  public static <T> List<Future<T>> submit(ExecutorService threads, int times, Callable<T> task) {
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      futures.add(threads.submit(task));
    }
    return futures;
  }

  public static <T> T await(Future<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  public static void awaitAll(List<? extends Future<?>> futures) throws Exception {
    for (Future<?> future : futures) {
      await(future);
    }
  }

  public static Tally sum(List<Future<Tally>> futures) throws Exception {
    Tally total = Tally.NONE;
    for (Future<Tally> future : futures) {
      total = total.plus(await(future));
    }
    return total;
  }
}
