package dev.velox.reactor.worker;

import static dev.velox.reactor.testing.Recorder.LIMIT;
import static dev.velox.reactor.testing.Recorder.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.testing.Recorder;
import io.micrometer.context.ContextRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class WorkerTest {

  private static final WorkerOptions PATIENT =
      WorkerOptions.defaults().grace(Duration.ofHours(1)).hardGrace(Duration.ofHours(1));

  private final List<Disposable> opened = new ArrayList<>();
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @AfterEach
  void close() {
    opened.forEach(Disposable::dispose);
    time.dispose();
    Hooks.resetOnErrorDropped();
  }

  private <I, O> Worker<I, O> open(WorkerBody<I, O> body) {
    return open(body, PATIENT);
  }

  private <I, O> Worker<I, O> open(WorkerBody<I, O> body, WorkerOptions options) {
    Worker<I, O> worker = Worker.of(body, options);
    opened.add(worker);
    return worker;
  }

  private static <T> T get(Mono<T> mono) {
    return mono.block(LIMIT);
  }

  // ---- messages and results -----------------------------------------------------------------

  @Test
  void a_message_goes_in_and_its_result_comes_out() {
    Worker<List<Integer>, Integer> worker =
        open((numbers, self) -> self.postMessage(numbers.stream().mapToInt(n -> n).sum()));

    assertThat(get(worker.postMessage(List.of(1, 2, 3)).then(worker.getResult()))).isEqualTo(6);
  }

  @Test
  void messages_are_handled_and_results_received_in_order() {
    Worker<Integer, Integer> worker = open((n, self) -> self.postMessage(n));

    Mono<List<Integer>> results = worker.results().collectList();
    Mono<Void> posts = Flux.range(0, 10_000).concatMap(worker::postMessage).then();
    List<Integer> received =
        get(Mono.zip(results, posts.then(worker.shutdown())).map(both -> both.getT1()));

    assertThat(received).isEqualTo(IntStream.range(0, 10_000).boxed().toList());
  }

  @Test
  void the_body_runs_on_one_thread_that_bears_the_workers_name() {
    Worker<Integer, Thread> worker =
        open((n, self) -> self.postMessage(Thread.currentThread()), PATIENT.name("prices"));

    List<Thread> threads =
        get(
            Flux.range(0, 3)
                .concatMap(n -> worker.postMessage(n).then(worker.getResult()))
                .collectList());

    assertThat(threads).hasSize(3).containsOnly(threads.get(0));
    assertThat(threads.get(0).getName()).isEqualTo("prices").isEqualTo(worker.name());
    assertThat(threads.get(0).isDaemon()).isTrue();
  }

  @Test
  void a_thread_without_a_name_is_numbered() {
    assertThat(open((message, self) -> {}).name()).matches("velox-worker-\\d+");
  }

  @Test
  void the_body_may_block() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Worker<Integer, String> worker = open((n, self) -> self.postMessage(answer.get()));

    CompletableFuture<String> result = worker.postMessage(1).then(worker.getResult()).toFuture();
    answer.complete("at last");

    assertThat(get(Mono.fromFuture(result))).isEqualTo("at last");
  }

  @Test
  void it_has_its_data_its_name_and_its_start() {
    AtomicReference<String> begun = new AtomicReference<>();
    Worker<String, String> worker =
        open(
            new WorkerBody<>() {
              @Override
              public void onStart(WorkerScope<String> self) {
                begun.set(self.name() + " has " + self.workerData());
              }

              @Override
              public void onMessage(String message, WorkerScope<String> self) {
                self.postMessage(begun.get() + ", " + message);
              }
            },
            PATIENT.name("w").data(42));

    assertThat(get(worker.postMessage("hello").then(worker.getResult())))
        .isEqualTo("w has 42, hello");
  }

  @Test
  void assembling_posts_nothing_and_each_subscription_posts_once() {
    Worker<Integer, Integer> worker = open((n, self) -> self.postMessage(n));

    Mono<Void> post = worker.postMessage(7);
    worker.terminate();
    worker.shutdown();
    get(post);
    get(post);

    assertThat(get(worker.results().take(2).collectList())).containsExactly(7, 7);
  }

  @Test
  void who_posts_waits_while_the_inbox_is_full() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              begun.countDown();
              goOn.await();
              self.postMessage(n);
            },
            PATIENT.inbox(1));

    get(worker.postMessage(1));
    until("the first is handled", () -> begun.getCount() == 0);
    get(worker.postMessage(2));
    assertThat(worker.tryPostMessage(0)).isFalse();
    AtomicBoolean accepted = new AtomicBoolean();
    worker.postMessage(3).subscribe(nothing -> {}, failure -> {}, () -> accepted.set(true));
    Disposable cancelled = worker.postMessage(4).subscribe();
    cancelled.dispose();
    assertThat(accepted).isFalse();

    goOn.countDown();
    assertThat(get(worker.results().take(3).collectList())).containsExactly(1, 2, 3);
    assertThat(accepted).isTrue();
    assertThat(get(worker.shutdown())).isZero();
    assertThat(get(worker.getResult())).isNull();
  }

  @Test
  void the_workers_thread_waits_while_the_outbox_is_full() {
    Recorder metrics = new Recorder();
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              if (n == 2) {
                assertThat(self.tryPostMessage(0)).isFalse();
              }
              self.postMessage(n);
            },
            PATIENT.outbox(1).metrics(metrics));

    get(Flux.range(1, 3).concatMap(worker::postMessage).then());
    until("the second is handled", () -> metrics.of(Event.STARTED) == 2);
    assertThat(metrics.of(Event.SUCCEEDED)).isEqualTo(1);

    assertThat(get(worker.results().take(3).collectList())).containsExactly(1, 2, 3);
  }

  @Test
  void a_strange_thread_may_not_wait_for_room_but_may_try() {
    AtomicReference<WorkerScope<Integer>> scope = new AtomicReference<>();
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              scope.set(self);
              self.postMessage(n);
            });
    get(worker.postMessage(1).then(worker.getResult()));

    assertThatThrownBy(() -> scope.get().postMessage(2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(worker.name());
    assertThat(scope.get().tryPostMessage(3)).isTrue();
    assertThat(get(worker.getResult())).isEqualTo(3);
  }

  @Test
  void results_compete_for_receivers_and_a_cancelled_one_takes_nothing() {
    Worker<Integer, Integer> worker = open((n, self) -> self.postMessage(n));

    Disposable cancelled = worker.getResult().subscribe();
    cancelled.dispose();
    CompletableFuture<Integer> first = worker.getResult().toFuture();
    CompletableFuture<Integer> second = worker.getResult().toFuture();
    get(worker.postMessage(1).then(worker.postMessage(2)));

    assertThat(get(Mono.fromFuture(first))).isEqualTo(1);
    assertThat(get(Mono.fromFuture(second))).isEqualTo(2);
  }

  // ---- context ------------------------------------------------------------------------------

  @Test
  void the_senders_context_is_there_while_its_message_is_handled() {
    Worker<String, String> worker =
        open(
            new WorkerBody<>() {
              @Override
              public void onStart(WorkerScope<String> self) {
                self.tryPostMessage("start " + self.context().isEmpty());
              }

              @Override
              public void onMessage(String message, WorkerScope<String> self) {
                self.postMessage(message + " " + self.context().get("user"));
              }
            });

    get(worker.postMessage("a").contextWrite(context -> context.put("user", "ann")));
    get(worker.postMessage("b").contextWrite(context -> context.put("user", "bob")));

    assertThat(get(worker.results().take(3).collectList()))
        .containsExactly("start true", "a ann", "b bob");
  }

  private static final ThreadLocal<String> TRACE = new ThreadLocal<>();

  @Test
  void thread_locals_that_are_propagated_follow_the_message_and_go_with_it() {
    ContextRegistry.getInstance().registerThreadLocalAccessor("worker.trace", TRACE);
    try {
      Worker<String, String> worker =
          open((message, self) -> self.postMessage(message + " " + TRACE.get()));
      WorkerPool<String, String> pool = WorkerPool.of((task, signal) -> task + " " + TRACE.get());
      opened.add(pool);

      get(worker.postMessage("a").contextWrite(context -> context.put("worker.trace", "t1")));
      get(worker.postMessage("b"));

      assertThat(get(worker.results().take(2).collectList())).containsExactly("a t1", "b null");
      assertThat(get(pool.run("c").contextWrite(context -> context.put("worker.trace", "t2"))))
          .isEqualTo("c t2");
      assertThat(get(pool.run("d"))).isEqualTo("d null");
    } finally {
      ContextRegistry.getInstance().removeThreadLocalAccessor("worker.trace");
    }
  }

  @Test
  void what_is_discarded_goes_to_its_senders_hook_and_to_the_callback_once() {
    List<Object> hook = new ArrayList<>();
    List<Object> dropped = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(1);
    Worker<String, String> worker =
        open(
            (message, self) -> {
              begun.countDown();
              new CountDownLatch(1).await();
            },
            PATIENT.grace(Duration.ZERO).onDrop(dropped::add));
    get(worker.postMessage("handled"));
    until("it is handled", () -> begun.getCount() == 0);
    get(worker.postMessage("a").doOnDiscard(Object.class, hook::add));
    get(worker.postMessage("b").doOnDiscard(Object.class, hook::add));

    assertThat(get(worker.terminate())).isEqualTo(1);

    assertThat(hook).containsExactly("a", "b");
    assertThat(dropped).containsExactly("a", "b");
  }

  // ---- errors -------------------------------------------------------------------------------

  @Test
  void a_handler_that_throws_is_an_error_event_and_the_worker_lives_on() {
    Worker<Integer, Integer> worker = open((n, self) -> self.postMessage(100 / n));
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    get(worker.postMessage(0).then(worker.postMessage(4)));

    assertThat(get(worker.getResult())).isEqualTo(25);
    assertThat(get(Mono.fromFuture(error)).cause()).isInstanceOf(ArithmeticException.class);
    assertThat(get(worker.errors().next()))
        .satisfies(
            replayed -> {
              assertThat(replayed.worker()).isEqualTo(worker.name());
              assertThat(replayed.message()).contains("zero");
              assertThat(replayed.file()).isNull();
              assertThat(replayed.line()).isEqualTo(-1);
            });
  }

  @Test
  void an_error_that_nobody_hears_is_dropped_aloud() {
    List<Throwable> dropped = new CopyOnWriteArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              self.postMessage(n);
              throw new IllegalStateException("number " + n);
            });

    get(worker.postMessage(1));
    assertThat(get(worker.shutdown())).isZero();

    assertThat(dropped).filteredOn(failure -> "number 1".equals(failure.getMessage())).hasSize(1);
  }

  @Test
  void a_recursion_too_deep_fails_its_message_only() {
    Worker<Integer, Integer> worker =
        open(
            new WorkerBody<>() {
              @Override
              public void onMessage(Integer n, WorkerScope<Integer> self) {
                self.postMessage(n < 0 ? endless(n) : n);
              }

              private int endless(int n) {
                return n > 0 ? 0 : 1 + endless(n - 1);
              }
            });
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();

    get(worker.postMessage(-1).then(worker.postMessage(5)));

    assertThat(get(worker.getResult())).isEqualTo(5);
    assertThat(get(Mono.fromFuture(error)).cause()).isInstanceOf(StackOverflowError.class);
  }

  @Test
  void an_error_that_breaks_the_jvm_ends_the_worker() {
    Hooks.onErrorDropped(failure -> {});
    Worker<Integer, Integer> worker =
        open(
            new WorkerBody<>() {
              @Override
              public void onStart(WorkerScope<Integer> self) {
                Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {});
              }

              @Override
              public void onMessage(Integer n, WorkerScope<Integer> self) {
                throw new NoClassDefFoundError("gone");
              }
            });

    get(worker.postMessage(1));

    assertThat(get(worker.exitCode())).isEqualTo(1);
    StepVerifier.create(worker.getResult()).verifyError(NoClassDefFoundError.class);
    StepVerifier.create(worker.postMessage(2))
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerClosedException.class)
                    .hasCauseInstanceOf(NoClassDefFoundError.class));
  }

  @Test
  void a_start_that_fails_is_told_to_everyone() {
    Hooks.onErrorDropped(failure -> {});
    Worker<Integer, Integer> worker =
        open(
            new WorkerBody<>() {
              @Override
              public void onStart(WorkerScope<Integer> self) {
                throw new IllegalStateException("no database");
              }

              @Override
              public void onMessage(Integer n, WorkerScope<Integer> self) {
                self.postMessage(n);
              }

              @Override
              public void onClose() {
                throw new AssertionError("nothing was opened");
              }
            },
            WorkerOptions.named("db"));

    assertThat(get(worker.exitCode())).isEqualTo(1);
    StepVerifier.create(worker.results())
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerStartException.class)
                    .hasMessage("db could not start: no database"));
    StepVerifier.create(worker.postMessage(1))
        .verifyErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(WorkerClosedException.class)
                    .hasCauseInstanceOf(WorkerStartException.class));
    assertThat(get(worker.errors().collectList())).hasSize(1);
    assertThat(worker.tryPostMessage(1)).isFalse();
  }

  @Test
  void an_interrupt_that_a_handler_leaves_behind_does_not_hit_the_next_message() {
    Worker<Integer, Boolean> worker =
        open(
            (n, self) -> {
              self.postMessage(Thread.currentThread().isInterrupted());
              Thread.currentThread().interrupt();
            });

    get(Flux.range(0, 3).concatMap(worker::postMessage).then());

    assertThat(get(worker.results().take(3).collectList())).containsExactly(false, false, false);
  }

  // ---- the end ------------------------------------------------------------------------------

  @Test
  void shutdown_handles_what_was_accepted_and_takes_no_more() {
    CountDownLatch goOn = new CountDownLatch(1);
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              goOn.await();
              self.postMessage(n);
            });
    get(Flux.range(1, 5).concatMap(worker::postMessage).then());

    CompletableFuture<Integer> exit = worker.shutdown().toFuture();
    assertThat(worker.isDisposed()).isTrue();
    StepVerifier.create(worker.postMessage(6)).verifyError(WorkerClosedException.class);
    assertThat(exit).isNotDone();
    goOn.countDown();

    assertThat(get(Mono.fromFuture(exit))).isZero();
    assertThat(get(worker.results().collectList())).containsExactly(1, 2, 3, 4, 5);
    assertThat(get(worker.shutdown())).isZero();
    assertThat(get(worker.terminate())).isZero();
  }

  @Test
  void all_results_precede_the_exit() {
    Worker<Integer, Integer> worker = open((n, self) -> self.postMessage(n));
    List<Object> story = new ArrayList<>();
    worker.results().subscribe(story::add);

    get(Flux.range(1, 100).concatMap(worker::postMessage).then());
    story.add(get(worker.shutdown().map(code -> "exit " + code)));

    assertThat(story).hasSize(101).endsWith(100, "exit 0");
  }

  @Test
  void it_closes_itself_with_a_code_and_what_waits_is_discarded() {
    List<Object> dropped = new ArrayList<>();
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean released = new AtomicBoolean();
    Worker<Integer, Integer> worker =
        open(
            new WorkerBody<>() {
              @Override
              public void onMessage(Integer n, WorkerScope<Integer> self) throws Exception {
                goOn.await();
                self.close(7);
                self.close(8);
                self.postMessage(n);
              }

              @Override
              public void onClose() {
                released.set(true);
              }
            },
            PATIENT.onDrop(dropped::add));
    get(Flux.range(1, 3).concatMap(worker::postMessage).then());

    goOn.countDown();

    assertThat(get(worker.exitCode())).isEqualTo(7);
    assertThat(get(worker.results().collectList())).containsExactly(1);
    assertThat(dropped).containsExactly(2, 3);
    assertThat(released).isTrue();
  }

  @Test
  void terminated_while_idle_its_thread_is_gone() {
    Worker<Integer, Thread> worker =
        open((n, self) -> self.postMessage(Thread.currentThread()), PATIENT);
    Thread thread = get(worker.postMessage(1).then(worker.getResult()));
    assertThat(thread.isAlive()).isTrue();

    assertThat(get(worker.terminate())).isEqualTo(1);

    assertThat(thread.isAlive()).isFalse();
    assertThat(get(worker.exitCode())).isEqualTo(1);
    StepVerifier.create(worker.results()).verifyComplete();
    StepVerifier.create(worker.postMessage(2)).verifyError(WorkerClosedException.class);
  }

  @Test
  void terminated_in_a_loop_that_heeds_the_signal_it_is_never_interrupted() {
    AtomicBoolean told = new AtomicBoolean();
    Worker<Integer, String> worker =
        open(
            (n, self) -> {
              self.onAbort(() -> told.set(true));
              self.postMessage("begun");
              while (!self.isAborted()) {
                Thread.onSpinWait();
              }
              self.postMessage("ended, interrupted: " + Thread.currentThread().isInterrupted());
              self.throwIfAborted();
            },
            PATIENT);
    get(worker.postMessage(1).then(worker.getResult()));

    assertThat(get(worker.terminate())).isEqualTo(1);

    assertThat(told).isTrue();
    assertThat(get(worker.results().collectList())).containsExactly("ended, interrupted: false");
    assertThat(get(worker.errors().collectList())).as("its own abort is no error").isEmpty();
  }

  @Test
  void terminated_in_an_endless_loop_it_is_interrupted_after_the_time_of_grace() {
    Worker<Integer, Thread> worker =
        open(
            (n, self) -> {
              self.postMessage(Thread.currentThread());
              while (!Thread.interrupted()) {
                Thread.onSpinWait();
              }
            },
            PATIENT.grace(Duration.ofSeconds(5)).timer(time));
    Thread thread = get(worker.postMessage(1).then(worker.getResult()));
    CompletableFuture<Integer> exit = worker.terminate().toFuture();

    time.advanceTimeBy(Duration.ofMillis(4_999));
    assertThat(thread.isAlive()).isTrue();
    time.advanceTimeBy(Duration.ofMillis(1));

    assertThat(get(Mono.fromFuture(exit))).isEqualTo(1);
    assertThat(thread.isAlive()).isFalse();
  }

  @Test
  void terminated_in_a_blocking_call_it_is_interrupted() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Worker<Integer, String> worker =
        open(
            (n, self) -> {
              self.postMessage("begun");
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException interrupt) {
                seen.set(interrupt);
                throw interrupt;
              }
            },
            PATIENT.grace(Duration.ZERO));
    get(worker.postMessage(1).then(worker.getResult()));

    assertThat(get(worker.terminate())).isEqualTo(1);

    assertThat(seen.get()).isInstanceOf(InterruptedException.class);
    assertThat(get(worker.errors().collectList())).isEmpty();
  }

  @Test
  void terminated_while_it_waits_for_room_it_does_not_wait_for_grace() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    CountDownLatch full = new CountDownLatch(1);
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              self.postMessage(1);
              full.countDown();
              try {
                self.postMessage(2);
              } catch (CancellationException failure) {
                seen.set(failure);
                throw failure;
              }
            },
            PATIENT.outbox(1));
    get(worker.postMessage(1));
    until("the outbox is full", () -> full.getCount() == 0);

    assertThat(get(worker.terminate())).isEqualTo(1);

    assertThat(get(worker.results().collectList())).containsExactly(1);
    assertThat(seen.get()).isInstanceOf(CancellationException.class);
  }

  @Test
  void a_thread_that_heeds_nothing_is_abandoned_and_that_is_said() {
    Hooks.onErrorDropped(failure -> {});
    Recorder metrics = new Recorder();
    AtomicBoolean heed = new AtomicBoolean();
    Worker<Integer, Thread> worker =
        open(
            (n, self) -> {
              self.postMessage(Thread.currentThread());
              while (!heed.get()) {
                Thread.onSpinWait();
              }
              self.postMessage(Thread.currentThread());
            },
            WorkerOptions.named("deaf")
                .grace(Duration.ofSeconds(1))
                .hardGrace(Duration.ofSeconds(2))
                .timer(time)
                .metrics(metrics));
    Thread thread = get(worker.postMessage(1).then(worker.getResult()));
    CompletableFuture<WorkerError> error = worker.errors().next().toFuture();
    CompletableFuture<Integer> exit = worker.terminate().toFuture();

    time.advanceTimeBy(Duration.ofMillis(2_999));
    assertThat(exit).isNotDone();
    time.advanceTimeBy(Duration.ofMillis(1));

    StepVerifier.create(worker.terminate())
        .verifyErrorSatisfies(
            failure -> {
              assertThat(failure)
                  .isInstanceOf(WorkerAbandonedException.class)
                  .hasMessageContaining("deaf");
              assertThat(failure.getCause().getStackTrace()[0].getMethodName()).isNotBlank();
            });
    StepVerifier.create(worker.exitCode()).verifyError(WorkerAbandonedException.class);
    StepVerifier.create(worker.results()).verifyError(WorkerAbandonedException.class);
    assertThat(exit).isCompletedExceptionally();
    assertThat(get(Mono.fromFuture(error)).cause()).isInstanceOf(WorkerAbandonedException.class);
    assertThat(metrics.of(Event.ABANDONED)).isEqualTo(1);

    heed.set(true);
    until("the thread has ended after all", () -> !thread.isAlive());
    StepVerifier.create(worker.exitCode()).verifyError(WorkerAbandonedException.class);
  }

  @Test
  void terminating_twice_ends_it_once() {
    Worker<Integer, Integer> worker = open((n, self) -> {});

    Mono<Integer> terminate = worker.terminate();

    assertThat(get(Mono.zip(terminate, terminate)).toList()).containsExactly(1, 1);
    assertThat(get(terminate)).isEqualTo(1);
    worker.dispose();
    assertThat(worker.isDisposed()).isTrue();
  }

  @Test
  void terminated_from_inside_it_ends_when_the_handler_returns() {
    AtomicReference<Worker<Integer, Integer>> own = new AtomicReference<>();
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              own.get().terminate().subscribe();
              self.postMessage(n);
            },
            PATIENT);
    own.set(worker);

    get(worker.postMessage(5));

    assertThat(get(worker.exitCode())).isEqualTo(1);
    assertThat(get(worker.results().collectList())).containsExactly(5);
  }

  @Test
  void waiting_inside_for_its_own_end_is_ended_by_the_interrupt() {
    AtomicReference<Worker<Integer, Integer>> own = new AtomicReference<>();
    Worker<Integer, Integer> worker =
        open((n, self) -> own.get().terminate().block(), PATIENT.grace(Duration.ofMillis(10)));
    own.set(worker);

    get(worker.postMessage(5));

    assertThat(get(worker.exitCode())).isEqualTo(1);
  }

  @Test
  void a_worker_that_closed_itself_and_goes_on_can_be_terminated_and_keeps_its_code() {
    Worker<Integer, String> worker =
        open(
            (n, self) -> {
              self.close(3);
              self.postMessage("closed");
              while (!self.isAborted()) {
                Thread.onSpinWait();
              }
            },
            PATIENT);
    get(worker.postMessage(1).then(worker.getResult()));

    assertThat(get(worker.terminate())).isEqualTo(3);
  }

  @Test
  void an_abort_callback_can_be_taken_back_and_one_that_comes_late_is_called_at_once() {
    List<String> called = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(1);
    Worker<Integer, Integer> worker =
        open(
            (n, self) -> {
              self.onAbort(() -> called.add("taken back")).dispose();
              self.onAbort(() -> called.add("kept"));
              begun.countDown();
              while (!self.isAborted()) {
                Thread.onSpinWait();
              }
            },
            PATIENT);
    get(worker.postMessage(1));
    until("it runs", () -> begun.getCount() == 0);

    get(worker.terminate());

    assertThat(called).containsExactly("kept");
  }

  @Test
  void it_waits_in_virtual_time_too() {
    StepVerifier.withVirtualTime(
            () -> {
              Worker<Integer, Integer> worker = open((n, self) -> self.postMessage(n + 1));
              return worker.postMessage(1).then(worker.getResult()).concatWith(worker.shutdown());
            })
        .expectNext(2, 0)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void it_tells_its_listener_of_messages_and_their_time() {
    Hooks.onErrorDropped(failure -> {});
    Recorder metrics = new Recorder();
    Worker<Integer, Integer> worker =
        open((n, self) -> self.postMessage(1 / n), PATIENT.metrics(metrics));

    get(worker.postMessage(0).then(worker.postMessage(1)));
    assertThat(get(worker.shutdown())).isZero();

    assertThat(metrics.of(Event.ACCEPTED)).isEqualTo(2);
    assertThat(metrics.of(Event.STARTED)).isEqualTo(2);
    assertThat(metrics.of(Event.SUCCEEDED)).isEqualTo(1);
    assertThat(metrics.of(Event.FAILED)).isEqualTo(1);
    assertThat(metrics.of(Timing.RUN)).isEqualTo(2);
  }

  @Test
  void it_is_scannable() {
    Worker<Integer, Integer> worker = open((n, self) -> {}, PATIENT.name("s").inbox(5));
    Scannable scannable = Scannable.from(worker);

    assertThat(scannable.name()).isEqualTo("s");
    assertThat(scannable.scan(Scannable.Attr.CAPACITY)).isEqualTo(5);
    assertThat(scannable.scan(Scannable.Attr.TERMINATED)).isFalse();
    get(worker.terminate());
    assertThat(scannable.scan(Scannable.Attr.TERMINATED)).isTrue();
    assertThat(scannable.scan(Scannable.Attr.CANCELLED)).isFalse();
    assertThat(worker).hasToString("worker 's'");
  }
}
