package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.async;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

class BodyExecutorTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  private record Where(
      String name, boolean daemon, boolean virtual, boolean mayBlock, ClassLoader loader) {
    static Where amI() {
      Thread thread = Thread.currentThread();
      return new Where(
          thread.getName(),
          thread.isDaemon(),
          // Platform threads have a group of their own; all virtual ones share this one.
          "VirtualThreads".equals(thread.getThreadGroup().getName()),
          !Schedulers.isInNonBlockingThread(),
          thread.getContextClassLoader());
    }
  }

  @Test
  void a_body_runs_on_a_virtual_thread_where_the_jvm_has_them() {
    Where where = async(Where::amI).block(SOON);

    assertThat(where.name()).startsWith("velox-async-");
    assertThat(where.daemon()).isTrue();
    assertThat(where.virtual()).isEqualTo(Runtime.version().feature() >= 21);
    assertThat(where.mayBlock()).isTrue();
    assertThat(where.loader()).isSameAs(Async.class.getClassLoader());
  }

  @Test
  void an_idle_thread_of_the_pool_ends_after_a_while() throws Exception {
    BodyExecutor.Pool pool = new BodyExecutor.Pool(200, TimeUnit.MILLISECONDS);
    Thread first = threadOf(pool);
    assertThat(first.isDaemon()).isTrue();
    AsyncFluxTest.until(
        () ->
            first.getState() == Thread.State.TIMED_WAITING
                || first.getState() == Thread.State.TERMINATED);
    Thread second = threadOf(pool);
    second.join(10_000);

    assertThat(second.isAlive()).isFalse();
    assertThat(threadOf(pool)).isNotSameAs(second);
  }

  @Test
  void a_thread_that_a_body_left_interrupted_is_clean_for_the_next() throws Exception {
    BodyExecutor.Pool pool = new BodyExecutor.Pool(60, TimeUnit.SECONDS);
    CompletableFuture<Thread> first = new CompletableFuture<>();
    pool.execute(
        () -> {
          Thread.currentThread().interrupt();
          first.complete(Thread.currentThread());
        });
    Thread thread = first.get(10, TimeUnit.SECONDS);
    AsyncFluxTest.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    CompletableFuture<Thread> second = new CompletableFuture<>();
    pool.execute(
        () -> {
          interrupted.complete(Thread.currentThread().isInterrupted());
          second.complete(Thread.currentThread());
        });

    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isFalse();
    assertThat(second.get()).isSameAs(thread);
  }

  private static Thread threadOf(BodyExecutor.Pool pool) throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    pool.execute(() -> thread.complete(Thread.currentThread()));
    return thread.get(10, TimeUnit.SECONDS);
  }
}
