package dev.velox.reactor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class HandOverTest {

  @Test
  void its_threads_are_non_blocking_daemons_with_a_name() {
    Mono<Boolean> nonBlocking =
        Mono.fromCallable(
                () ->
                    Schedulers.isInNonBlockingThread()
                        && Thread.currentThread().isDaemon()
                        && Thread.currentThread().getName().startsWith("velox-hand-over-"))
            .subscribeOn(HandOver.scheduler());
    assertThat(nonBlocking.block()).isTrue();
  }

  @Test
  void a_worker_runs_its_tasks_one_at_a_time_in_order() throws InterruptedException {
    Scheduler.Worker worker = HandOver.scheduler().createWorker();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(10_000);
    for (int i = 0; i < 10_000; i++) {
      int number = i;
      worker.schedule(
          () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            order.add(number);
            running.decrementAndGet();
            done.countDown();
          });
    }
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(order).isSorted();
    assertThat(most).hasValue(1);
    worker.dispose();
    assertThat(worker.isDisposed()).isTrue();
  }

  @Test
  void operators_work_on_it() {
    StepVerifier.create(
            Flux.range(0, 100_000).publishOn(HandOver.scheduler()).map(i -> i + 1).count())
        .expectNext(100_000L)
        .verifyComplete();
  }

  @Test
  void it_follows_virtual_time() {
    Scheduler real = HandOver.scheduler();
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      assertThat(HandOver.scheduler()).isNotSameAs(real);
      AtomicInteger ran = new AtomicInteger();
      Disposable task = HandOver.scheduler().schedule(ran::incrementAndGet, 1, TimeUnit.HOURS);
      time.advanceTimeBy(Duration.ofMinutes(59));
      assertThat(ran).hasValue(0);
      time.advanceTimeBy(Duration.ofMinutes(1));
      assertThat(ran).hasValue(1);
      task.dispose();
    } finally {
      VirtualTimeScheduler.reset();
    }
    assertThat(HandOver.scheduler()).isSameAs(real);
  }

  @Test
  void a_disposed_task_does_not_run_and_a_delayed_one_does() {
    StepVerifier.create(Mono.delay(Duration.ofMillis(1), HandOver.scheduler()).map(tick -> "late"))
        .expectNext("late")
        .verifyComplete();
    AtomicInteger ran = new AtomicInteger();
    HandOver.scheduler().schedule(ran::incrementAndGet, 1, TimeUnit.HOURS).dispose();
    assertThat(ran).hasValue(0);
  }

  @Test
  void a_turn_that_a_turn_asks_for_runs_next_on_its_thread() throws Exception {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<Thread> first = new CompletableFuture<>();
    CompletableFuture<Thread> second = new CompletableFuture<>();
    HandOver.runSoon(
        () -> {
          HandOver.runSoon(
              () -> {
                order.add("second");
                second.complete(Thread.currentThread());
              });
          // Lining up also begins this thread's row anew: one turn of 64 is run by any thread.
          HandOver.runBehindOthers(() -> order.add("elsewhere"));
          // Another thread is free, and takes up what was asked for later.
          stayBusyUntil(() -> order.contains("elsewhere"));
          order.add("first");
          first.complete(Thread.currentThread());
        });
    assertThat(second.get(60, TimeUnit.SECONDS)).isSameAs(first.get());
    assertThat(order).containsExactly("elsewhere", "first", "second");
  }

  @Test
  void a_turn_that_makes_way_has_the_next_one_run_elsewhere() throws Exception {
    AtomicBoolean hasRun = new AtomicBoolean();
    assertRunsWhileBusy(
        hasRun,
        () -> {
          HandOver.runSoon(() -> hasRun.set(true));
          HandOver.makeWay();
        });
  }

  @Test
  void a_second_turn_that_is_asked_for_does_not_wait_for_the_first() throws Exception {
    AtomicBoolean hasRun = new AtomicBoolean();
    assertRunsWhileBusy(
        hasRun,
        () -> {
          HandOver.runSoon(() -> {});
          HandOver.runSoon(() -> hasRun.set(true));
        });
  }

  /** What a turn asks for has run before that turn, which stays busy, has ended. */
  private static void assertRunsWhileBusy(AtomicBoolean hasRun, Runnable asking) throws Exception {
    CompletableFuture<Boolean> seen = new CompletableFuture<>();
    HandOver.runSoon(
        () -> {
          asking.run();
          seen.complete(stayBusyUntil(hasRun::get));
        });
    assertThat(seen.get(60, TimeUnit.SECONDS)).isTrue();
  }

  /** For a thread that must not block; {@code false} if it gave up. */
  private static boolean stayBusyUntil(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    boolean met = condition.getAsBoolean();
    while (!met && System.nanoTime() < end) {
      met = condition.getAsBoolean();
    }
    return met;
  }

  @Test
  void turns_that_ask_for_each_other_for_ever_hold_nobody_up() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    int pairs = 4 * Runtime.getRuntime().availableProcessors();
    CountDownLatch ended = new CountDownLatch(pairs);
    for (int i = 0; i < pairs; i++) {
      HandOver.runSoon(
          new HandOver.Turn() {
            @Override
            public void run() {
              if (over.get()) {
                ended.countDown();
              } else {
                HandOver.runSoon(this);
              }
            }
          });
    }
    try {
      for (int i = 0; i < 100; i++) {
        CompletableFuture<Boolean> ran = new CompletableFuture<>();
        HandOver.scheduler().schedule(() -> ran.complete(true));
        assertThat(ran.get(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      over.set(true);
    }
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void a_turn_that_fails_does_not_take_the_next_one_along() throws Exception {
    List<Throwable> dropped = Collections.synchronizedList(new ArrayList<>());
    Hooks.onErrorDropped(dropped::add);
    try {
      CompletableFuture<Boolean> ran = new CompletableFuture<>();
      HandOver.runSoon(
          () -> {
            HandOver.runSoon(() -> ran.complete(true));
            throw new IllegalStateException("failed");
          });
      assertThat(ran.get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(dropped).singleElement().satisfies(each -> assertThat(each).hasMessage("failed"));
    } finally {
      Hooks.resetOnErrorDropped();
    }
  }

  @Test
  void a_thread_is_awaited_if_something_waits_in_the_pool() throws Exception {
    CompletableFuture<Boolean> alone = new CompletableFuture<>();
    CompletableFuture<Boolean> withNext = new CompletableFuture<>();
    HandOver.runSoon(
        () -> {
          // Others' tasks come to an end.
          alone.complete(stayBusyUntil(HandOver::isAwaitedByNobody));
          HandOver.runSoon(() -> {});
          withNext.complete(HandOver.isAwaitedByNobody());
        });
    assertThat(alone.get(60, TimeUnit.SECONDS)).isTrue();
    assertThat(withNext.get(60, TimeUnit.SECONDS)).isFalse();
    assertThat(HandOver.isAwaitedByNobody()).isFalse();
  }
}
