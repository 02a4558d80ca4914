package dev.velox.reactor.worker;

import static dev.velox.reactor.testing.Recorder.LIMIT;
import static dev.velox.reactor.testing.Recorder.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.testing.Recorder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class WorkerPoolTest {

  private static final WorkerOptions PATIENT =
      WorkerOptions.defaults().grace(Duration.ofHours(1)).hardGrace(Duration.ofHours(1));
  private static final WorkerOptions AT_ONCE =
      WorkerOptions.defaults().grace(Duration.ZERO).hardGrace(Duration.ofHours(1));

  private final List<Disposable> opened = new ArrayList<>();
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @AfterEach
  void close() {
    opened.forEach(Disposable::dispose);
    time.dispose();
    Hooks.resetOnErrorDropped();
  }

  private <T, R> WorkerPool<T, R> open(WorkerPoolBuilder<T, R> builder) {
    WorkerPool<T, R> pool = builder.build();
    opened.add(pool);
    return pool;
  }

  private static <T> T get(Mono<T> mono) {
    return mono.block(LIMIT);
  }

  private static void ends(Mono<Void> mono) {
    mono.block(LIMIT);
  }

  /** Code that waits until it is let go, on threads that it remembers. */
  private static final class Gate implements WorkerTask<String, String> {
    final CountDownLatch open = new CountDownLatch(1);
    final List<String> begun = new CopyOnWriteArrayList<>();
    final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    final List<String> interrupted = new CopyOnWriteArrayList<>();

    @Override
    public String run(String task, AbortSignal signal) throws Exception {
      threads.add(Thread.currentThread());
      begun.add(task);
      try {
        open.await();
      } catch (InterruptedException interrupt) {
        interrupted.add(task);
        throw interrupt;
      }
      return task + " done";
    }

    void awaitBegun(String task) {
      until(task + " has begun", () -> begun.contains(task));
    }
  }

  // ---- running ------------------------------------------------------------------------------

  @Test
  void a_task_has_a_result_none_or_an_error() {
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.builder(
                (n, signal) -> {
                  if (n < 0) {
                    throw new IOException("negative");
                  }
                  return n == 0 ? null : n * 2;
                }));

    assertThat(get(pool.run(21))).isEqualTo(42);
    assertThat(get(pool.run(0))).isNull();
    StepVerifier.create(pool.run(-1)).expectErrorMessage("negative").verify(LIMIT);
    assertThat(get(pool.run(1))).isEqualTo(2);
  }

  @Test
  void assembling_runs_nothing_and_each_subscription_runs_once() {
    AtomicInteger runs = new AtomicInteger();
    WorkerPool<Integer, Integer> pool =
        open(WorkerPool.builder((n, signal) -> runs.incrementAndGet()));

    Mono<Integer> run = pool.run(1);
    pool.shutdown();
    StepVerifier.create(run, 0).thenCancel().verify();
    assertThat(pool.threads()).isZero();

    assertThat(get(run)).isEqualTo(1);
    assertThat(get(run)).isEqualTo(2);
  }

  @Test
  void as_many_run_at_once_as_there_may_be_threads_and_no_more() {
    CyclicBarrier three = new CyclicBarrier(3);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>builder(
                    (n, signal) -> {
                      threads.add(Thread.currentThread());
                      most.accumulateAndGet(now.incrementAndGet(), Math::max);
                      three.await(40, TimeUnit.SECONDS);
                      now.decrementAndGet();
                      return n;
                    })
                .max(3));

    List<Integer> results = get(Flux.range(0, 300).flatMap(pool::run, 100).collectList());

    assertThat(results)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 300).boxed().toList());
    assertThat(most).hasValue(3);
    assertThat(threads).hasSizeLessThanOrEqualTo(3);
    assertThat(pool.threads()).isEqualTo(3);
  }

  @Test
  void tasks_begin_in_the_order_in_which_they_came() {
    List<Integer> begun = new CopyOnWriteArrayList<>();
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>builder(
                    (n, signal) -> {
                      begun.add(n);
                      return n;
                    })
                .max(1));

    List<Integer> results = get(Flux.range(0, 1_000).flatMap(pool::run, 1_000).collectList());

    assertThat(begun).isEqualTo(IntStream.range(0, 1_000).boxed().toList()).isEqualTo(results);
  }

  @Test
  void it_never_blocks_a_thread_that_must_not() {
    Mono<Integer> onParallelThread =
        Mono.fromCallable(
                () -> {
                  WorkerPool<Integer, Integer> pool =
                      open(WorkerPool.<Integer, Integer>builder((n, signal) -> n).max(1).min(1));
                  Flux.range(0, 100).subscribe(n -> pool.run(n).subscribe().dispose());
                  return pool.run(5).doFinally(end -> pool.dispose());
                })
            .flatMap(run -> run)
            .subscribeOn(Schedulers.parallel());

    assertThat(get(onParallelThread)).isEqualTo(5);
  }

  @Test
  void threads_bear_the_pools_name_and_are_daemons() {
    WorkerPool<Integer, Thread> pool =
        open(
            WorkerPool.<Integer, Thread>builder((n, signal) -> Thread.currentThread())
                .options(WorkerOptions.named("images")));

    Thread thread = get(pool.run(1));

    assertThat(thread.getName()).isEqualTo("images-1");
    assertThat(thread.isDaemon()).isTrue();
    assertThat(
            get(open(WorkerPool.<Integer, Thread>builder((n, s) -> Thread.currentThread())).run(1))
                .getName())
        .matches("velox-pool-\\d+-1");
  }

  @Test
  void a_result_that_starts_the_next_run_gets_the_only_thread_again() {
    WorkerPool<Integer, Integer> pool =
        open(WorkerPool.<Integer, Integer>builder((n, signal) -> n + 1).max(1).queue(1));

    Mono<Integer> chain = pool.run(0);
    for (int i = 0; i < 1_000; i++) {
      chain = chain.flatMap(pool::run);
    }

    assertThat(get(chain)).isEqualTo(1_001);
  }

  @Test
  void the_context_of_its_subscriber_reaches_a_task() {
    WorkerPool<String, String> pool =
        open(WorkerPool.builder((greeting, signal) -> greeting + signal.context().get("user")));

    assertThat(get(pool.run("hello ").contextWrite(context -> context.put("user", "ann"))))
        .isEqualTo("hello ann");
  }

  @Test
  void each_thread_can_have_something_of_its_own() {
    AtomicInteger made = new AtomicInteger();
    WorkerPool<Integer, String> pool =
        open(
            WorkerPool.<Integer, String>perThread(
                    () -> {
                      StringBuilder own = new StringBuilder("thread " + made.incrementAndGet());
                      return (n, signal) -> own.append(' ').append(n).toString();
                    })
                .max(1));

    assertThat(get(pool.run(1))).isEqualTo("thread 1 1");
    assertThat(get(pool.run(2))).isEqualTo("thread 1 1 2");
  }

  @Test
  void a_thread_that_cannot_start_fails_its_run_and_the_next_one_tries_again() {
    Hooks.onErrorDropped(failure -> {});
    AtomicInteger tries = new AtomicInteger();
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>perThread(
                    () -> {
                      if (tries.incrementAndGet() < 3) {
                        throw new IllegalStateException("no licence");
                      }
                      return (n, signal) -> n;
                    })
                .max(1)
                .min(1));

    until("the first thread has failed", () -> pool.threads() == 0);
    StepVerifier.create(pool.run(1))
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerStartException.class)
                    .hasMessageContaining("no licence"))
        .verify(LIMIT);
    assertThat(get(pool.run(2))).isEqualTo(2);
    assertThat(tries).hasValue(3);
  }

  // ---- queue --------------------------------------------------------------------------------

  @Test
  void the_queue_has_a_limit() {
    Recorder metrics = new Recorder();
    Gate gate = new Gate();
    WorkerPool<String, String> pool =
        open(
            WorkerPool.builder(gate)
                .max(1)
                .queue(2)
                .options(WorkerOptions.named("small").metrics(metrics)));
    CompletableFuture<String> first = pool.run("1").toFuture();
    gate.awaitBegun("1");
    CompletableFuture<String> second = pool.run("2").toFuture();
    CompletableFuture<String> third = pool.run("3").toFuture();
    assertThat(pool.queued()).isEqualTo(2);

    StepVerifier.create(pool.run("4"))
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(TooManyWaitersException.class)
                    .hasMessageContaining("small"))
        .verify(LIMIT);

    gate.open.countDown();
    assertThat(get(Mono.fromFuture(first))).isEqualTo("1 done");
    assertThat(get(Mono.fromFuture(second))).isEqualTo("2 done");
    assertThat(get(Mono.fromFuture(third))).isEqualTo("3 done");
    assertThat(gate.begun).containsExactly("1", "2", "3");
    ends(pool.shutdown());
    assertThat(metrics.of(Event.REJECTED)).isEqualTo(1);
    assertThat(metrics.of(Event.STARTED)).isEqualTo(3);
    assertThat(metrics.of(Event.SUCCEEDED)).isEqualTo(3);
    assertThat(metrics.of(Timing.WAIT)).isEqualTo(3);
    assertThat(metrics.of(Timing.RUN)).isEqualTo(3);
    assertThat(metrics.of(Timing.HOLD)).isEqualTo(3);
  }

  @Test
  void a_run_cancelled_in_the_queue_leaves_it_and_never_begins() {
    Gate gate = new Gate();
    WorkerPool<String, String> pool = open(WorkerPool.builder(gate).max(1).queue(1));
    CompletableFuture<String> first = pool.run("1").toFuture();
    gate.awaitBegun("1");

    Disposable second = pool.run("2").subscribe();
    assertThat(pool.queued()).isEqualTo(1);
    second.dispose();
    assertThat(pool.queued()).isZero();
    CompletableFuture<String> third = pool.run("3").toFuture();
    gate.open.countDown();

    assertThat(get(Mono.fromFuture(third))).isEqualTo("3 done");
    assertThat(first).isCompletedWithValue("1 done");
    assertThat(gate.begun).containsExactly("1", "3");
    assertThat(gate.interrupted).isEmpty();
  }

  // ---- cancelling what runs -----------------------------------------------------------------

  @Test
  void a_run_that_heeds_its_signal_gives_back_its_thread_without_an_interrupt() {
    AtomicBoolean told = new AtomicBoolean();
    CountDownLatch begun = new CountDownLatch(1);
    AtomicReference<Thread> thread = new AtomicReference<>();
    List<Object> discarded = new CopyOnWriteArrayList<>();
    WorkerPool<Integer, Thread> pool =
        open(
            WorkerPool.<Integer, Thread>builder(
                    (n, signal) -> {
                      if (n == 1) {
                        thread.set(Thread.currentThread());
                        signal.onAbort(() -> told.set(true));
                        begun.countDown();
                        while (!signal.isAborted()) {
                          Thread.onSpinWait();
                        }
                      }
                      return Thread.currentThread().isInterrupted() ? null : Thread.currentThread();
                    })
                .max(1)
                .options(PATIENT));

    Disposable run = pool.run(1).doOnDiscard(Object.class, discarded::add).subscribe();
    until("it runs", () -> begun.getCount() == 0);
    run.dispose();

    assertThat(get(pool.run(2))).isSameAs(thread.get());
    assertThat(told).isTrue();
    assertThat(discarded).as("the late result").containsExactly(thread.get());
  }

  @Test
  void a_run_that_does_not_heed_its_signal_is_interrupted_and_its_thread_replaced() {
    Gate gate = new Gate();
    WorkerPool<String, String> pool = open(WorkerPool.builder(gate).max(1).options(AT_ONCE));

    Disposable run = pool.run("blocked").subscribe();
    gate.awaitBegun("blocked");
    CompletableFuture<String> next = pool.run("next").toFuture();
    run.dispose();
    gate.awaitBegun("next");
    gate.open.countDown();

    assertThat(get(Mono.fromFuture(next))).isEqualTo("next done");
    assertThat(gate.interrupted).containsExactly("blocked");
    assertThat(gate.threads).hasSize(2);
    assertThat(pool.threads()).isEqualTo(1);
  }

  @Test
  void cancelling_many_interrupts_none_but_them() {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger hurt = new AtomicInteger();
    AtomicInteger begun = new AtomicInteger();
    WorkerPool<Boolean, Integer> pool =
        open(
            WorkerPool.<Boolean, Integer>builder(
                    (blocks, signal) -> {
                      if (Thread.interrupted()) {
                        hurt.incrementAndGet();
                      }
                      if (blocks) {
                        begun.incrementAndGet();
                        never.await();
                      }
                      for (int i = 0; i < 1_000; i++) {
                        if (Thread.interrupted()) {
                          hurt.incrementAndGet();
                        }
                      }
                      return 1;
                    })
                .max(2)
                .options(AT_ONCE));

    for (int i = 1; i <= 100; i++) {
      int number = i;
      Disposable blocked = pool.run(true).subscribe();
      until("it blocks", () -> begun.get() == number);
      CompletableFuture<Integer> neighbours =
          Flux.range(0, 4).flatMap(n -> pool.run(false)).reduce(0, Integer::sum).toFuture();
      blocked.dispose();
      assertThat(get(Mono.fromFuture(neighbours))).isEqualTo(4);
    }

    assertThat(hurt).hasValue(0);
  }

  @Test
  void the_time_of_grace_of_one_run_never_ends_in_another() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch next = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    WorkerPool<Integer, Boolean> pool =
        open(
            WorkerPool.<Integer, Boolean>builder(
                    (n, signal) -> {
                      if (n == 1) {
                        begun.countDown();
                        while (!signal.isAborted()) {
                          Thread.onSpinWait();
                        }
                        return true;
                      }
                      next.countDown();
                      goOn.await();
                      return Thread.currentThread().isInterrupted();
                    })
                .max(1)
                .options(PATIENT.timer(time)));
    Disposable first = pool.run(1).subscribe();
    until("it runs", () -> begun.getCount() == 0);
    CompletableFuture<Boolean> second = pool.run(2).toFuture();
    first.dispose();
    until("the next one runs", () -> next.getCount() == 0);

    time.advanceTimeBy(Duration.ofHours(5));
    goOn.countDown();

    assertThat(get(Mono.fromFuture(second))).isFalse();
  }

  @Test
  void a_task_that_heeds_nothing_is_abandoned_and_its_place_taken() {
    Hooks.onErrorDropped(failure -> {});
    Recorder metrics = new Recorder();
    AtomicBoolean heed = new AtomicBoolean();
    CountDownLatch begun = new CountDownLatch(1);
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>builder(
                    (n, signal) -> {
                      if (n == 1) {
                        begun.countDown();
                        while (!heed.get()) {
                          Thread.onSpinWait();
                        }
                      }
                      return n;
                    })
                .max(1)
                .options(PATIENT.timer(time).metrics(metrics)));
    Disposable deaf = pool.run(1).subscribe();
    until("it runs", () -> begun.getCount() == 0);
    CompletableFuture<Integer> next = pool.run(2).toFuture();

    deaf.dispose();
    time.advanceTimeBy(Duration.ofHours(1));
    assertThat(pool.queued()).as("its place is not free before it is gone").isEqualTo(1);
    time.advanceTimeBy(Duration.ofHours(1));

    assertThat(get(Mono.fromFuture(next))).isEqualTo(2);
    assertThat(metrics.of(Event.ABANDONED)).isEqualTo(1);
    StepVerifier.create(pool.shutdown()).expectError(WorkerAbandonedException.class).verify(LIMIT);
    heed.set(true);
  }

  @Test
  void a_late_error_of_a_cancelled_run_is_dropped_aloud_unless_it_says_that() {
    List<Throwable> dropped = new CopyOnWriteArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    AtomicInteger begun = new AtomicInteger();
    WorkerPool<Boolean, Integer> pool =
        open(
            WorkerPool.<Boolean, Integer>builder(
                    (loud, signal) -> {
                      begun.incrementAndGet();
                      while (!signal.isAborted()) {
                        Thread.onSpinWait();
                      }
                      if (loud) {
                        throw new IllegalStateException("half written");
                      }
                      signal.throwIfAborted();
                      return 1;
                    })
                .max(1)
                .options(PATIENT));

    for (boolean loud : new boolean[] {true, false}) {
      int before = begun.get();
      Disposable run = pool.run(loud).subscribe();
      until("it runs", () -> begun.get() == before + 1);
      run.dispose();
    }
    ends(pool.shutdown());

    assertThat(dropped).filteredOn(f -> "half written".equals(f.getMessage())).hasSize(1);
    assertThat(dropped).noneMatch(f -> "This run was aborted".equals(f.getMessage()));
  }

  @Test
  void a_thread_that_dies_fails_its_run_only_and_is_replaced() {
    Hooks.onErrorDropped(failure -> {});
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>builder(
                    (n, signal) -> {
                      threads.add(Thread.currentThread());
                      Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {});
                      if (n == 0) {
                        throw new NoClassDefFoundError("gone");
                      }
                      return n;
                    })
                .max(1));

    StepVerifier.create(pool.run(0)).expectError(NoClassDefFoundError.class).verify(LIMIT);
    assertThat(get(pool.run(1))).isEqualTo(1);
    assertThat(threads).hasSize(2);
    assertThat(pool.threads()).isEqualTo(1);
  }

  // ---- threads come and go ------------------------------------------------------------------

  @Test
  void idle_threads_end_after_their_time_but_for_the_least() {
    CyclicBarrier three = new CyclicBarrier(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>builder(
                    (n, signal) -> {
                      threads.add(Thread.currentThread());
                      three.await(40, TimeUnit.SECONDS);
                      return n;
                    })
                .min(1)
                .max(3)
                .idleTimeout(Duration.ofMinutes(10))
                .options(WorkerOptions.defaults().timer(time)));
    assertThat(pool.threads()).isEqualTo(1);
    assertThat(pool.idle()).isEqualTo(1);

    assertThat(get(Flux.range(0, 3).flatMap(pool::run).count())).isEqualTo(3);
    until("all are idle", () -> pool.idle() == 3);
    assertThat(pool.threads()).isEqualTo(3);

    until(
        "two have ended",
        () -> {
          time.advanceTimeBy(Duration.ofMinutes(1));
          return pool.threads() == 1;
        });
    time.advanceTimeBy(Duration.ofHours(24));
    until("their threads are gone", () -> threads.stream().filter(Thread::isAlive).count() == 1);
    assertThat(pool.idle()).isEqualTo(1);
    assertThat(get(Flux.range(0, 3).flatMap(pool::run).count())).isEqualTo(3);
  }

  // ---- the end ------------------------------------------------------------------------------

  @Test
  void shutdown_finishes_what_was_run_and_takes_no_more() {
    Gate gate = new Gate();
    WorkerPool<String, String> pool = open(WorkerPool.builder(gate).max(2).min(1));
    List<CompletableFuture<String>> runs =
        IntStream.range(0, 6).mapToObj(n -> pool.run("" + n).toFuture()).toList();
    until("two run", () -> gate.begun.size() == 2);

    CompletableFuture<Void> end = pool.shutdown().toFuture();
    assertThat(pool.isDisposed()).isTrue();
    StepVerifier.create(pool.run("late"))
        .expectErrorSatisfies(
            failure -> assertThat(failure).isInstanceOf(WorkerClosedException.class))
        .verify(LIMIT);
    assertThat(end).isNotDone();
    gate.open.countDown();

    end.orTimeout(40, TimeUnit.SECONDS).join();
    assertThat(runs)
        .allMatch(CompletableFuture::isDone)
        .noneMatch(f -> f.isCompletedExceptionally());
    assertThat(gate.threads).noneMatch(Thread::isAlive);
    assertThat(gate.interrupted).isEmpty();
    assertThat(pool.threads()).isZero();
    ends(pool.shutdown());
    ends(pool.shutdownNow());
  }

  @Test
  void shutdown_now_fails_what_waits_and_aborts_what_runs() {
    Gate gate = new Gate();
    WorkerPool<String, String> pool = open(WorkerPool.builder(gate).max(2).options(AT_ONCE));
    List<CompletableFuture<String>> runs =
        IntStream.range(0, 6).mapToObj(n -> pool.run("" + n).toFuture()).toList();
    until("two run", () -> gate.begun.size() == 2);

    ends(pool.shutdownNow());

    assertThat(runs)
        .allSatisfy(
            run ->
                StepVerifier.create(Mono.fromFuture(run))
                    .expectError(WorkerClosedException.class)
                    .verify(LIMIT));
    assertThat(gate.begun).hasSize(2);
    assertThat(gate.interrupted).containsExactlyInAnyOrderElementsOf(gate.begun);
    assertThat(gate.threads).noneMatch(Thread::isAlive);
    assertThat(pool.threads()).isZero();
    StepVerifier.create(pool.run("late")).expectError(WorkerClosedException.class).verify(LIMIT);
  }

  @Test
  void a_pool_that_ran_nothing_ends_at_once() {
    ends(WorkerPool.of((n, signal) -> n).shutdown());
    ends(WorkerPool.builder((n, signal) -> n).min(2).max(2).build().shutdownNow());
  }

  @Test
  void it_is_scannable() {
    WorkerPool<Integer, Integer> pool =
        open(
            WorkerPool.<Integer, Integer>builder((n, signal) -> n)
                .max(5)
                .options(WorkerOptions.named("p")));
    Scannable scannable = Scannable.from(pool);

    assertThat(scannable.name()).isEqualTo("p");
    assertThat(scannable.scan(Scannable.Attr.CAPACITY)).isEqualTo(5);
    assertThat(scannable.scan(Scannable.Attr.BUFFERED)).isZero();
    assertThat(scannable.scan(Scannable.Attr.TERMINATED)).isFalse();
    ends(pool.shutdown());
    assertThat(scannable.scan(Scannable.Attr.TERMINATED)).isTrue();
    assertThat(pool).hasToString("worker pool 'p'");
  }
}
