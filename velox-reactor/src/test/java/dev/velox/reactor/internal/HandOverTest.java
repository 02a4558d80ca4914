package dev.velox.reactor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
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
}
