package dev.velox.reactor.async;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where bodies run unless their user says otherwise: a virtual thread each where the JVM has them,
 * else the threads of a pool that grows as needed.
 *
 * <p>Neither has a bound, since a bound is what lets nested bodies starve: the outer ones would
 * hold every thread and wait for inner ones that get none. A body that awaits is cheap on a virtual
 * thread and holds one platform thread on 17.
 *
 * <p>Both inherit nothing from the thread that starts them: what a body should see of its
 * subscriber comes through the {@code Context}.
 */
final class BodyExecutor {

  private static final Executor DEFAULT = choose();

  private BodyExecutor() {}

  static Executor defaultExecutor() {
    return DEFAULT;
  }

  private static Executor choose() {
    ThreadFactory virtual = virtualThreads();
    return virtual == null ? new Pool(60, TimeUnit.SECONDS) : new ThreadPerBody(virtual);
  }

  /** The factory of virtual threads, or {@code null} before JDK 21. */
  static @Nullable ThreadFactory virtualThreads() {
    try {
      // Thread.ofVirtual().name("velox-async-", 1).inheritInheritableThreadLocals(false).factory(),
      // in handles because this is compiled for 17; they are used this once.
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Object made = lookup.unreflect(Thread.class.getMethod("ofVirtual")).invoke();
      MethodHandle name = lookup.unreflect(builder.getMethod("name", String.class, long.class));
      made = name.invoke(made, "velox-async-", 1L);
      MethodHandle inherit =
          lookup.unreflect(builder.getMethod("inheritInheritableThreadLocals", boolean.class));
      made = inherit.invoke(made, false);
      return (ThreadFactory) lookup.unreflect(builder.getMethod("factory")).invoke(made);
    } catch (ReflectiveOperationException | UnsupportedOperationException before21) {
      return null; // 17 to 20; 19 and 20 have the method, and refuse unless previews are enabled
    } catch (Throwable unexpected) {
      throw new ExceptionInInitializerError(unexpected);
    }
  }

  private static void start(Thread thread) {
    // Without inheritance it would be the system class loader, which sees no application classes
    // where those are loaded by another (executable jars, servlet containers).
    thread.setContextClassLoader(BodyExecutor.class.getClassLoader());
    thread.start();
  }

  /** A new thread for each body. */
  static final class ThreadPerBody implements Executor {
    private final ThreadFactory threads;

    ThreadPerBody(ThreadFactory threads) {
      this.threads = threads;
    }

    @Override
    public void execute(Runnable body) {
      start(threads.newThread(body));
    }
  }

  /**
   * Hands a body to an idle daemon thread, or to a new one if none is idle.
   *
   * <p>{@code ThreadPoolExecutor} could do the same, but takes a lock whenever it adds or loses a
   * thread, and this is called by threads that must not block. Here the whole state is the JDK's
   * lock-free hand-over queue: {@code tryTransfer} succeeds only if a thread is waiting in {@code
   * poll} at that instant, so no body is ever left lying in the queue.
   */
  static final class Pool implements Executor {
    private final LinkedTransferQueue<Runnable> idle = new LinkedTransferQueue<>();
    private final AtomicLong count = new AtomicLong();
    private final long keepAlive;
    private final TimeUnit unit;

    Pool(long keepAlive, TimeUnit unit) {
      this.keepAlive = keepAlive;
      this.unit = unit;
    }

    @Override
    public void execute(Runnable body) {
      if (!idle.tryTransfer(body)) {
        String name = "velox-async-" + count.incrementAndGet();
        Thread thread = new Thread(null, new Worker(this, body), name, 0, false);
        thread.setDaemon(true);
        start(thread);
      }
    }

    private @Nullable Runnable next() {
      try {
        return idle.poll(keepAlive, unit);
      } catch (InterruptedException stranger) {
        // From code that kept hold of the thread. Ending it is right: the next body gets a new one.
        return null;
      }
    }
  }

  /** One thread of the pool. While it is idle it holds on to no body, and so to no subscriber. */
  private static final class Worker implements Runnable {
    private final Pool pool;
    private @Nullable Runnable first;

    Worker(Pool pool, Runnable first) {
      this.pool = pool;
      this.first = first;
    }

    @Override
    public void run() {
      while (runNext()) {
        // A body may leave its thread interrupted, as code does that caught an interrupt.
        boolean ignored = Thread.interrupted();
      }
    }

    private boolean runNext() {
      Runnable body = first;
      first = null;
      if (body == null) {
        body = pool.next();
      }
      if (body == null) {
        return false;
      }
      body.run();
      return true;
    }
  }
}
