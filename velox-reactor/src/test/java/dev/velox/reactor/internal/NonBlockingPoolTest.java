package dev.velox.reactor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.testing.BlockingCalls;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.NonBlocking;

/**
 * A fork-join pool of non-blocking threads, as the hand-over scheduler is one, is not taken for
 * blocking by BlockHound when its threads and those that submit to it get in each other's way.
 */
class NonBlockingPoolTest {

  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  @Test
  void threads_that_begin_and_others_that_submit_for_the_first_time() throws Exception {
    begin(20);
  }

  @Tag("stress")
  @Test
  void threads_that_begin_and_others_that_submit_for_the_first_time_always() throws Exception {
    begin(200);
  }

  private void begin(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      ForkJoinPool pool = newPool();
      try {
        int submitters = 8;
        CountDownLatch ran = new CountDownLatch(submitters * 16);
        CountDownLatch ready = new CountDownLatch(submitters);
        for (int j = 0; j < submitters; j++) {
          new Submitter(
                  () -> {
                    ready.countDown();
                    while (ready.getCount() > 0) {
                      // all begin at once; RaceTestUtils would yield, which is refused here
                    }
                    for (int k = 0; k < 16; k++) {
                      pool.execute(ran::countDown);
                    }
                  })
              .start();
        }
        assertRanWithoutBlocking(ran);
      } finally {
        pool.shutdownNow();
      }
    }
  }

  @Test
  void tasks_that_a_thread_and_others_take_from_the_same_queue() throws Exception {
    take(1_000);
  }

  @Tag("stress")
  @Test
  void tasks_that_a_thread_and_others_take_from_the_same_queue_always() throws Exception {
    take(20_000);
  }

  private void take(int times) throws Exception {
    ForkJoinPool pool = newPool();
    try {
      int forks = 64;
      for (int i = 0; i < times; i++) {
        CountDownLatch ran = new CountDownLatch(forks);
        pool.execute(
            () -> {
              for (int j = 0; j < forks; j++) {
                ForkJoinTask<?> ignored = ForkJoinTask.adapt(ran::countDown).fork();
              }
            });
        assertRanWithoutBlocking(ran);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private void assertRanWithoutBlocking(CountDownLatch ran) throws InterruptedException {
    boolean all = ran.await(10, TimeUnit.SECONDS);
    assertThat(BlockingCalls.drain()).isEmpty();
    assertThat(failures).isEmpty();
    assertThat(all).isTrue();
  }

  private ForkJoinPool newPool() {
    return new ForkJoinPool(64, Poolside::new, (thread, failure) -> failures.add(failure), true);
  }

  private static final class Poolside extends ForkJoinWorkerThread implements NonBlocking {
    Poolside(ForkJoinPool pool) {
      super(pool);
    }
  }

  private final class Submitter extends Thread implements NonBlocking {
    Submitter(Runnable task) {
      super(task);
      setUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
    }
  }
}
