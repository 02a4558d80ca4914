package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;
import static dev.velox.reactor.async.Async.shielded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.util.context.Context;

class AsyncCancelTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  /** A body of three awaits with a place to stop before, in, and after each of them. */
  private static final class ThreeAwaits {
    final List<Sinks.One<Integer>> sinks = List.of(Sinks.one(), Sinks.one(), Sinks.one());
    final List<PublisherProbe<Integer>> probes =
        sinks.stream().map(sink -> PublisherProbe.of(sink.asMono())).toList();
    final Gate[] gates = IntStream.range(0, 4).mapToObj(i -> new Gate()).toArray(Gate[]::new);
    final CountDownLatch ended = new CountDownLatch(1);
    final AtomicBoolean began = new AtomicBoolean();
    volatile Throwable thrown;

    int run() {
      began.set(true);
      try {
        int sum = 0;
        for (int i = 0; i < 3; i++) {
          gates[i].pass();
          sum += await(probes.get(i).mono());
        }
        gates[3].pass();
        return sum;
      } catch (Throwable t) {
        thrown = t;
        throw t;
      } finally {
        ended.countDown();
      }
    }

    void waitForAwait(int index) throws InterruptedException {
      AsyncFluxTest.until(() -> sinks.get(index).currentSubscriberCount() == 1);
    }

    void assertNothingIsLeft() {
      for (int i = 0; i < 3; i++) {
        assertThat(sinks.get(i).currentSubscriberCount()).as("subscribers of " + i).isZero();
      }
    }
  }

  /** Where a body reports that it has come, and waits without looking at interrupts. */
  private static final class Gate {
    final CountDownLatch reached = new CountDownLatch(1);
    final AtomicBoolean open = new AtomicBoolean(true);

    void pass() {
      reached.countDown();
      while (!open.get()) {
        Thread.onSpinWait();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void cancel_at_every_point_of_a_body_leaves_nothing_subscribed_and_runs_finally(int point)
      throws Exception {
    // Points 0, 2, 4, 6 lie in the body's own code, 1, 3, 5 in an await.
    ThreeAwaits body = new ThreeAwaits();
    Gate gate = body.gates[point / 2];
    boolean inAwait = point % 2 == 1;
    gate.open.set(inAwait);
    Disposable run = async(body::run).subscribe();
    for (int i = 0; i < point / 2; i++) {
      body.waitForAwait(i);
      body.sinks.get(i).tryEmitValue(i);
    }
    assertThat(gate.reached.await(10, TimeUnit.SECONDS)).isTrue();
    if (inAwait) {
      body.waitForAwait(point / 2);
    }

    run.dispose();
    // At once, on the canceller's thread: no waiting for the body's.
    body.assertNothingIsLeft();
    gate.open.set(true);

    assertThat(body.ended.await(10, TimeUnit.SECONDS)).isTrue();
    body.assertNothingIsLeft();
    for (int i = (point + 1) / 2; i < 3; i++) {
      body.probes.get(i).assertWasNotSubscribed();
    }
    if (point < 6) {
      assertThat(body.thrown).isInstanceOf(CancellationException.class);
    }
  }

  @Test
  void a_body_cancelled_before_it_began_never_runs() {
    List<Runnable> queued = new ArrayList<>();
    AtomicInteger runs = new AtomicInteger();

    Disposable run = async(runs::incrementAndGet, queued::add).subscribe();
    run.dispose();
    queued.forEach(Runnable::run);

    assertThat(queued).hasSize(1);
    assertThat(runs).hasValue(0);
  }

  @Test
  void a_body_that_has_completed_is_not_interrupted_by_its_subscriber_leaving() {
    AtomicBoolean interrupted = new AtomicBoolean(true);
    AtomicReference<org.reactivestreams.Subscription> subscription = new AtomicReference<>();

    async(() -> 1)
        .doOnSubscribe(subscription::set)
        .doOnNext(
            x -> {
              subscription.get().cancel();
              interrupted.set(Thread.currentThread().isInterrupted());
            })
        .block(SOON);

    assertThat(interrupted).isFalse();
  }

  @Test
  void cancelling_interrupts_blocking_code() throws InterruptedException {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();

    Disposable run =
        async(
                () -> {
                  began.countDown();
                  try {
                    Thread.sleep(60_000);
                    return 1;
                  } catch (InterruptedException e) {
                    thrown.set(e);
                    throw e;
                  } finally {
                    ended.countDown();
                  }
                })
            .subscribe();
    began.await();
    run.dispose();

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void a_timeout_is_a_cancellation_and_works_in_virtual_time() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);

    StepVerifier.withVirtualTime(
            () ->
                async(
                        () -> {
                          try {
                            return await(Mono.never().doOnSubscribe(s -> entered.countDown()));
                          } finally {
                            ended.countDown();
                          }
                        })
                    .timeout(Duration.ofHours(1)))
        .expectSubscription()
        .then(() -> awaitLatch(entered))
        .thenAwait(Duration.ofHours(1))
        .expectError(TimeoutException.class)
        .verify(SOON);

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void after_a_cancellation_finally_has_a_clean_thread_and_further_awaits_throw_at_once()
      throws InterruptedException {
    Sinks.Empty<Void> entered = Sinks.empty();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean(true);
    AtomicReference<Throwable> second = new AtomicReference<>();
    PublisherProbe<Object> untouched = PublisherProbe.of(Mono.never());

    Disposable run =
        async(
                () -> {
                  try {
                    return await(Mono.never().doOnSubscribe(s -> entered.tryEmitEmpty()));
                  } finally {
                    interrupted.set(Thread.currentThread().isInterrupted());
                    second.set(catchThrowable(() -> await(untouched.mono())));
                    ended.countDown();
                  }
                })
            .subscribe();
    entered.asMono().block(SOON);
    run.dispose();

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(interrupted).isFalse();
    assertThat(second.get()).isInstanceOf(CancellationException.class);
    untouched.assertWasNotSubscribed();
  }

  @Test
  void a_shield_in_finally_lets_the_clean_up_await() throws InterruptedException {
    Sinks.Empty<Void> entered = Sinks.empty();
    CompletableFuture<Object> cleaned = new CompletableFuture<>();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<Throwable> afterwards = new AtomicReference<>();

    Disposable run =
        async(
                () -> {
                  try {
                    return await(Mono.never().doOnSubscribe(s -> entered.tryEmitEmpty()));
                  } finally {
                    cleaned.complete(
                        shielded(
                            () -> await(Mono.delay(Duration.ofMillis(20)).thenReturn("clean"))));
                    afterwards.set(catchThrowable(() -> await(Mono.just(1))));
                    ended.countDown();
                  }
                })
            .subscribe();
    entered.asMono().block(SOON);
    run.dispose();

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(cleaned.join()).isEqualTo("clean");
    assertThat(afterwards.get()).isInstanceOf(CancellationException.class);
  }

  @Test
  void a_cancellation_during_a_shield_takes_effect_at_its_end() throws InterruptedException {
    Sinks.One<String> inside = Sinks.one();
    PublisherProbe<String> probe = PublisherProbe.of(inside.asMono());
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<Object> result = new AtomicReference<>();
    AtomicBoolean interruptedInside = new AtomicBoolean(true);
    AtomicBoolean interruptedAfter = new AtomicBoolean(false);
    AtomicReference<Throwable> next = new AtomicReference<>();

    Disposable run =
        async(
                () -> {
                  result.set(
                      shielded(
                          () -> {
                            String value =
                                await(probe.mono().doOnSubscribe(s -> entered.countDown()));
                            interruptedInside.set(Thread.currentThread().isInterrupted());
                            return value;
                          }));
                  interruptedAfter.set(Thread.currentThread().isInterrupted());
                  next.set(catchThrowable(() -> await(Mono.just(1))));
                  ended.countDown();
                  return 1;
                })
            .subscribe();
    assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
    run.dispose();
    probe.assertWasNotCancelled();
    inside.tryEmitValue("undisturbed");

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(result.get()).isEqualTo("undisturbed");
    assertThat(interruptedInside).isFalse();
    assertThat(interruptedAfter).isTrue();
    assertThat(next.get()).isInstanceOf(CancellationException.class);
  }

  @Test
  void a_body_that_cancels_itself_is_told_like_any_other() throws InterruptedException {
    AtomicReference<Disposable> self = new AtomicReference<>();
    CountDownLatch handed = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();

    self.set(
        async(
                () -> {
                  handed.await();
                  self.get().dispose();
                  thrown.set(catchThrowable(() -> await(Mono.just(1).hide())));
                  ended.countDown();
                  return 1;
                })
            .subscribe());
    handed.countDown();

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(thrown.get()).isInstanceOf(CancellationException.class);
  }

  @Test
  void a_value_that_nobody_gets_is_discarded_and_a_late_error_is_dropped_once() throws Exception {
    List<Object> discarded = Collections.synchronizedList(new ArrayList<>());
    List<Throwable> dropped = Collections.synchronizedList(new ArrayList<>());
    Context hooks =
        Context.of(
            "reactor.onErrorDropped.local", (java.util.function.Consumer<Throwable>) dropped::add);
    IOException unrelated = new IOException("unrelated");
    for (Object outcome : List.of("value", unrelated, new CancellationException("noise"))) {
      CountDownLatch began = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      CompletableFuture<Void> over = new CompletableFuture<>();
      Executor executor =
          task ->
              new Thread(
                      () -> {
                        task.run();
                        over.complete(null);
                      })
                  .start();
      Disposable run =
          async(
                  () -> {
                    began.countDown();
                    awaitIgnoringInterrupts(goOn);
                    if (outcome instanceof Exception e) {
                      throw e;
                    }
                    return outcome;
                  },
                  executor)
              .doOnDiscard(Object.class, discarded::add)
              .contextWrite(hooks)
              .subscribe();
      assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
      run.dispose();
      goOn.countDown();
      over.get(10, TimeUnit.SECONDS);
    }

    assertThat(discarded).containsExactly("value");
    assertThat(dropped).containsExactly(unrelated);
  }

  private static void awaitIgnoringInterrupts(CountDownLatch latch) {
    boolean interrupted = true;
    while (interrupted) {
      try {
        latch.await();
        interrupted = false;
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
  }

  @Test
  void an_interrupted_body_makes_no_noise() throws Exception {
    List<Throwable> dropped = Collections.synchronizedList(new ArrayList<>());
    Hooks.onErrorDropped(dropped::add);
    try {
      for (int i = 0; i < 3; i++) {
        int kind = i;
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Mono<Object> child =
            async(
                () -> {
                  began.countDown();
                  try {
                    if (kind == 0) {
                      Thread.sleep(60_000);
                    } else if (kind == 1) {
                      Mono.never().block();
                    }
                    return await(Mono.never());
                  } finally {
                    ended.countDown();
                  }
                });
        AtomicBoolean parentEnded = new AtomicBoolean();
        CountDownLatch over = new CountDownLatch(1);
        Disposable run =
            async(
                    () -> await(child),
                    task ->
                        new Thread(
                                () -> {
                                  task.run();
                                  parentEnded.set(ended.getCount() == 0);
                                  over.countDown();
                                })
                            .start())
                .subscribe();
        assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
        run.dispose();
        assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(parentEnded).as("the child ended first").isTrue();
      }
    } finally {
      Hooks.resetOnErrorDropped();
    }
    assertThat(dropped).isEmpty();
  }

  @Test
  void cancelling_a_body_ends_its_whole_family_inside_out() throws Exception {
    List<Integer> ended = Collections.synchronizedList(new ArrayList<>());
    Sinks.Empty<Void> deepest = Sinks.empty();
    CountDownLatch over = new CountDownLatch(1);

    Disposable run = family(0, 20, deepest, ended, over).subscribe();
    deepest.asMono().block(SOON);
    run.dispose();

    assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(ended)
        .containsExactlyElementsOf(IntStream.iterate(20, i -> i >= 0, i -> i - 1).boxed().toList());
  }

  @Test
  void a_body_that_wakes_in_the_middle_of_its_cancellation_still_waits_for_its_children()
      throws InterruptedException {
    AtomicReference<Thread> parentThread = new AtomicReference<>();
    AtomicBoolean childCleaned = new AtomicBoolean();
    AtomicBoolean childCleanedFirst = new AtomicBoolean();
    CountDownLatch childRuns = new CountDownLatch(1);
    CountDownLatch cancelling = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Mono<Object> child =
        async(
            () -> {
              try {
                childRuns.countDown();
                return await(Mono.never());
              } finally {
                shielded(() -> await(Mono.delay(Duration.ofMillis(30))));
                childCleaned.set(true);
              }
            });
    Disposable run =
        async(
                () -> {
                  parentThread.set(Thread.currentThread());
                  try {
                    return await(
                        child.doOnCancel(
                            () -> {
                              cancelling.countDown();
                              awaitIgnoringInterrupts(goOn);
                            }));
                  } finally {
                    childCleanedFirst.set(childCleaned.get());
                    ended.countDown();
                  }
                })
            .subscribe();
    assertThat(childRuns.await(10, TimeUnit.SECONDS)).isTrue();
    AsyncFluxTest.until(() -> LockSupport.getBlocker(parentThread.get()) instanceof Await);
    Thread canceller = new Thread(run::dispose);
    canceller.start();
    assertThat(cancelling.await(10, TimeUnit.SECONDS)).isTrue();

    // As a spurious wake-up would, while the child has not heard of it yet.
    LockSupport.unpark(parentThread.get());
    AsyncFluxTest.until(() -> LockSupport.getBlocker(parentThread.get()) instanceof Body);
    goOn.countDown();

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(childCleanedFirst).isTrue();
    canceller.join();
  }

  @Test
  void a_chain_of_ten_thousand_bodies_is_cancelled_in_bounded_stack() throws Exception {
    assumeTrue(BodyExecutor.virtualThreads() != null, "needs virtual threads");
    List<Integer> ended = Collections.synchronizedList(new ArrayList<>());
    Sinks.Empty<Void> deepest = Sinks.empty();
    CountDownLatch over = new CountDownLatch(1);

    Disposable run = family(0, 10_000, deepest, ended, over).subscribe();
    deepest.asMono().block(Duration.ofSeconds(60));
    run.dispose();

    assertThat(over.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(ended)
        .containsExactlyElementsOf(
            IntStream.iterate(10_000, i -> i >= 0, i -> i - 1).boxed().toList());
  }

  private static Mono<Object> family(
      int level, int depth, Sinks.Empty<Void> deepest, List<Integer> ended, CountDownLatch over) {
    return async(
        () -> {
          try {
            if (level == depth) {
              return await(Mono.never().doOnSubscribe(s -> deepest.tryEmitEmpty()));
            }
            return await(family(level + 1, depth, deepest, ended, over));
          } finally {
            ended.add(level);
            if (level == 0) {
              over.countDown();
            }
          }
        });
  }

  @Test
  void a_completable_future_is_cancelled_with_the_body() throws InterruptedException {
    CompletableFuture<String> future = new CompletableFuture<>();

    Disposable run = async(() -> await(future)).subscribe();
    AsyncFluxTest.until(() -> future.getNumberOfDependents() > 0);
    run.dispose();

    AsyncFluxTest.until(future::isCancelled);
  }
}
