package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.allSettled;
import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.await;
import static dev.velox.reactor.async.Async.awaitAll;
import static dev.velox.reactor.async.Async.race;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;

class AsyncTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  static final class NetworkProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NetworkProblem(String message) {
      super(message);
    }
  }

  static final class TryAgain extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TryAgain(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private record Response(String body) {
    Mono<String> json() {
      return Mono.just(body).delayElement(Duration.ofMillis(1));
    }
  }

  private static Mono<String> fetchData(Mono<Response> get) {
    return async(
        () -> {
          try {
            Response response = await(get);
            return await(response.json());
          } catch (NetworkProblem e) {
            throw new TryAgain("Network error", e);
          }
        });
  }

  @Test
  void fetch_data_as_the_specification_writes_it() {
    Mono<Response> working = Mono.just(new Response("data")).delayElement(Duration.ofMillis(1));
    NetworkProblem problem = new NetworkProblem("unplugged");
    Mono<Response> failing = Mono.delay(Duration.ofMillis(1)).then(Mono.error(problem));
    Mono<Response> otherwise = Mono.error(new IllegalArgumentException("not mapped"));

    StepVerifier.create(fetchData(working)).expectNext("data").expectComplete().verify(SOON);
    StepVerifier.create(fetchData(failing))
        .expectErrorSatisfies(e -> assertThat(e).isInstanceOf(TryAgain.class).hasCause(problem))
        .verify(SOON);
    StepVerifier.create(fetchData(otherwise)).expectErrorMessage("not mapped").verify(SOON);
  }

  @Test
  void a_null_result_completes_empty() {
    StepVerifier.create(async(() -> null)).expectComplete().verify(SOON);
  }

  @Test
  void an_empty_source_is_awaited_as_null() {
    Mono<String> body =
        async(
            () ->
                await(Mono.empty()) == null && await(Mono.<String>empty().hide()) == null
                    ? "both null"
                    : "a value");

    StepVerifier.create(body).expectNext("both null").expectComplete().verify(SOON);
  }

  @Test
  void each_subscription_runs_the_body_anew_and_assembly_runs_nothing() {
    AtomicInteger runs = new AtomicInteger();

    Mono<Integer> body = async(runs::incrementAndGet);

    assertThat(runs).hasValue(0);
    assertThat(body.block(SOON)).isEqualTo(1);
    assertThat(body.block(SOON)).isEqualTo(2);
  }

  @Test
  void the_body_waits_for_the_first_request() {
    AtomicInteger runs = new AtomicInteger();

    StepVerifier.create(async(runs::incrementAndGet), 0)
        .expectSubscription()
        .then(() -> assertThat(runs).hasValue(0))
        .thenRequest(1)
        .expectNext(1)
        .expectComplete()
        .verify(SOON);
  }

  @Test
  void a_bad_request_is_an_error_whether_the_body_has_begun_or_not() {
    for (boolean begun : new boolean[] {false, true}) {
      Recorder<Object> recorder = new Recorder<>();
      async(() -> await(Mono.never())).subscribe(recorder);
      if (begun) {
        recorder.subscription().request(1);
      }
      recorder.subscription().request(0);

      assertThat(recorder.awaitEnd()).isInstanceOf(IllegalArgumentException.class);
      assertThat(recorder.error()).hasMessageContaining("3.9").hasMessageContaining("0");
    }
  }

  @Test
  void checked_exceptions_come_out_as_themselves() {
    IOException thrown = new IOException("disk");
    IOException awaited = new IOException("net");

    assertThat(
            errorOf(
                async(
                    () -> {
                      throw thrown;
                    })))
        .isSameAs(thrown);
    assertThat(errorOf(async(() -> await(Mono.error(awaited))))).isSameAs(awaited);
    assertThat(errorOf(async(() -> await(Mono.error(awaited).hide())))).isSameAs(awaited);
    assertThat(errorOf(async(() -> await(async(() -> await(Mono.error(awaited)))))))
        .isSameAs(awaited);
  }

  @Test
  void a_checked_exception_can_be_caught_where_it_is_declared() {
    Mono<String> body =
        async(
            () -> {
              try {
                return await(
                    Mono.<String>never().timeout(Duration.ofMillis(1)), TimeoutException.class);
              } catch (TimeoutException late) {
                return "late";
              }
            });

    StepVerifier.create(body).expectNext("late").expectComplete().verify(SOON);
  }

  @Test
  void an_awaited_error_shows_the_lines_that_awaited_it() {
    RuntimeException failure = new RuntimeException("far away");

    Throwable seen = errorOf(async(() -> outerLine(Mono.error(failure).hide())));

    assertThat(seen).isSameAs(failure);
    assertThat(seen.getSuppressed()).hasSize(1);
    assertThat(seen.getSuppressed()[0].getStackTrace())
        .extracting(StackTraceElement::getMethodName)
        .startsWith("innerLine", "outerLine");
    assertThat(seen.getSuppressed()[0].getStackTrace())
        .extracting(StackTraceElement::getClassName)
        .doesNotContain(Async.class.getName(), Await.class.getName(), Body.class.getName());
  }

  @Test
  void an_exception_kept_in_a_constant_does_not_grow_for_ever() {
    RuntimeException constant = new RuntimeException("constant");

    async(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                assertThat(catchThrowable(() -> await(Mono.error(constant)))).isSameAs(constant);
              }
              return 1;
            })
        .block(SOON);

    assertThat(constant.getSuppressed()).hasSize(32);
  }

  private static Object outerLine(Mono<?> source) {
    return innerLine(source);
  }

  private static Object innerLine(Mono<?> source) {
    return await(source);
  }

  @Test
  void finally_runs_and_a_caught_error_is_over() {
    List<String> steps = Collections.synchronizedList(new ArrayList<>());
    Mono<String> body =
        async(
            () -> {
              try {
                await(Mono.error(new IOException("first")));
              } catch (Exception e) {
                steps.add("caught " + e.getMessage());
              } finally {
                steps.add("finally");
              }
              return await(Mono.just("second").delayElement(Duration.ofMillis(1)));
            });

    StepVerifier.create(body).expectNext("second").expectComplete().verify(SOON);
    assertThat(steps).containsExactly("caught first", "finally");
  }

  @Test
  void a_completion_stage_is_awaited_with_its_own_error() {
    CompletableFuture<String> later = new CompletableFuture<>();
    IOException failure = new IOException("stage");

    StepVerifier.create(async(() -> await(later)))
        .then(() -> later.complete("value"))
        .expectNext("value")
        .expectComplete()
        .verify(SOON);
    assertThat(errorOf(async(() -> await(CompletableFuture.failedFuture(failure)))))
        .isSameAs(failure);
    assertThat(
            errorOf(
                async(
                    () -> await(CompletableFuture.failedFuture(new CompletionException(failure))))))
        .isSameAs(failure);
    assertThat(
            async(() -> await(CompletableFuture.<String>completedFuture(null)) == null).block(SOON))
        .isTrue();
  }

  @Test
  void awaiting_a_completed_source_never_parks() throws InterruptedException {
    AtomicInteger sum = new AtomicInteger();
    AtomicBoolean stillInterrupted = new AtomicBoolean();
    Mono<Integer> body =
        async(
            () -> {
              // An await that parked would notice the interrupt, and throw.
              Thread.currentThread().interrupt();
              int ones = 0;
              for (int i = 0; i < 1_000; i++) {
                ones += await(Mono.just(1));
                ones += await(Mono.just(1).hide());
                ones += await(Mono.fromSupplier(() -> 1));
                ones += await(CompletableFuture.completedFuture(1));
                ones += awaitAll(Mono.just(1), Mono.just(1)).size();
              }
              stillInterrupted.set(Thread.interrupted());
              return ones;
            });

    StepVerifier.create(body).consumeNextWith(sum::set).expectComplete().verify(SOON);
    assertThat(sum).hasValue(6_000);
    assertThat(stillInterrupted).isTrue();
  }

  @Test
  void an_interrupt_by_a_stranger_ends_an_await_that_waits() {
    PublisherProbe<String> never = PublisherProbe.of(Mono.never());
    AtomicBoolean stillInterrupted = new AtomicBoolean();

    Throwable seen =
        errorOf(
            async(
                () -> {
                  Thread.currentThread().interrupt();
                  try {
                    return await(never.mono());
                  } finally {
                    stillInterrupted.set(Thread.interrupted());
                  }
                }));

    assertThat(seen).isInstanceOf(CancellationException.class).hasMessageContaining("Interrupted");
    never.assertWasCancelled();
    assertThat(stillInterrupted).isTrue();
  }

  @Test
  void await_outside_a_body_is_refused_before_anything_is_subscribed() {
    PublisherProbe<String> probe = PublisherProbe.of(Mono.just("x"));

    assertThatIllegalStateException()
        .isThrownBy(() -> await(probe.mono()))
        .withMessageContaining("await was called outside an async body")
        .withMessageContaining(Thread.currentThread().getName())
        .withMessageContaining("Async.async");
    assertThatIllegalStateException().isThrownBy(() -> awaitAll(probe.mono()));
    assertThatIllegalStateException().isThrownBy(() -> allSettled(probe.mono()));
    assertThatIllegalStateException().isThrownBy(() -> race(probe.mono()));
    assertThatIllegalStateException().isThrownBy(() -> await(new CompletableFuture<>()));
    assertThatIllegalStateException().isThrownBy(Async::context);
    assertThatIllegalStateException().isThrownBy(() -> Async.shielded(() -> "x"));
    probe.assertWasNotSubscribed();
  }

  @Test
  void await_on_a_thread_that_must_not_block_is_refused_before_anything_is_subscribed() {
    PublisherProbe<String> probe = PublisherProbe.of(Mono.just("x"));

    Mono<String> inTheOpen =
        Mono.fromCallable(() -> await(probe.mono())).subscribeOn(Schedulers.parallel());
    Mono<String> inABody =
        async(() -> await(probe.mono()), Runnable::run).subscribeOn(Schedulers.parallel());

    for (Mono<String> each : List.of(inTheOpen, inABody)) {
      StepVerifier.create(each)
          .expectErrorSatisfies(
              e ->
                  assertThat(e)
                      .isInstanceOf(IllegalStateException.class)
                      .hasMessageContaining("await would block thread parallel-"))
          .verify(SOON);
    }
    probe.assertWasNotSubscribed();
  }

  @Test
  void a_stranger_thread_inside_a_body_is_outside() {
    Mono<Boolean> body =
        async(
            () ->
                await(
                    Mono.fromCallable(() -> catchThrowable(() -> await(Mono.just(1))))
                        .subscribeOn(Schedulers.boundedElastic())
                        .map(IllegalStateException.class::isInstance)));

    StepVerifier.create(body).expectNext(true).expectComplete().verify(SOON);
  }

  @Test
  void the_subscriber_of_a_body_is_outside_it() {
    AtomicReference<Throwable> seen = new AtomicReference<>();

    async(() -> 1).doOnNext(x -> seen.set(catchThrowable(() -> await(Mono.just(2))))).block(SOON);

    assertThat(seen.get()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_body_on_its_callers_thread_leaves_the_body_around_it_in_place() {
    Mono<Integer> body =
        async(
            () -> {
              int inner = await(async(() -> await(Mono.just(1).hide()), Runnable::run));
              return inner + await(Mono.just(1).delayElement(Duration.ofMillis(1)));
            });

    StepVerifier.create(body).expectNext(2).expectComplete().verify(SOON);
  }

  @Test
  void bodies_nest_and_run_beside_each_other() {
    CountDownLatch both = new CountDownLatch(2);
    Mono<Integer> meeting =
        async(
            () -> {
              both.countDown();
              assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
              return 21;
            });

    Mono<Integer> body =
        async(() -> awaitAll(meeting, meeting).stream().mapToInt(Integer::intValue).sum());

    StepVerifier.create(body).expectNext(42).expectComplete().verify(SOON);
  }

  @Test
  void await_all_keeps_the_order_and_shows_what_was_empty() {
    Mono<List<String>> body =
        async(
            () ->
                awaitAll(
                    Mono.just("slow").delayElement(Duration.ofMillis(20)),
                    Mono.empty(),
                    Mono.just("quick")));

    assertThat(body.block(SOON)).isEqualTo(Arrays.asList("slow", null, "quick"));
    assertThat(async(() -> awaitAll(List.<Mono<String>>of())).block(SOON)).isEmpty();
  }

  @Test
  void await_all_cancels_the_rest_at_the_first_error() {
    PublisherProbe<String> never = PublisherProbe.of(Mono.never());
    IOException failure = new IOException("one of them");

    Throwable seen =
        errorOf(
            async(
                () ->
                    awaitAll(
                        never.mono(),
                        Mono.delay(Duration.ofMillis(5)).then(Mono.<String>error(failure)))));

    assertThat(seen).isSameAs(failure);
    never.assertWasCancelled();
  }

  @Test
  void all_settled_lets_each_end_its_way() {
    IOException failure = new IOException("second");
    List<Signal<String>> settled =
        async(
                () ->
                    allSettled(
                        Mono.just("first").delayElement(Duration.ofMillis(5)),
                        Mono.<String>error(failure),
                        Mono.<String>empty()))
            .block(SOON);

    assertThat(settled).hasSize(3);
    assertThat(settled.get(0).get()).isEqualTo("first");
    assertThat(settled.get(1).getThrowable()).isSameAs(failure);
    assertThat(settled.get(2).isOnComplete()).isTrue();
    assertThat(async(() -> allSettled(List.<Mono<String>>of())).block(SOON)).isEmpty();
  }

  @Test
  void race_takes_the_first_to_end_and_cancels_the_others() {
    PublisherProbe<String> never = PublisherProbe.of(Mono.never());

    assertThat(
            async(() -> race(never.mono(), Mono.just("a").delayElement(Duration.ofMillis(5))))
                .block(SOON))
        .isEqualTo("a");
    never.assertWasCancelled();
    assertThat(errorOf(async(() -> race(List.<Mono<String>>of()))))
        .isInstanceOf(IllegalArgumentException.class);
    IOException failure = new IOException("first");
    assertThat(errorOf(async(() -> race(Mono.<String>never(), Mono.<String>error(failure)))))
        .isSameAs(failure);
  }

  @Test
  void losers_of_a_race_have_ended_when_it_returns() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Sinks.Empty<Void> started = Sinks.empty();
    Mono<String> loser =
        async(
            () -> {
              try {
                started.tryEmitEmpty();
                return await(Mono.<String>never());
              } finally {
                Async.shielded(() -> await(Mono.delay(Duration.ofMillis(30))));
                cleaned.set(true);
              }
            });

    Mono<Boolean> body =
        async(
            () -> {
              race(loser, started.asMono().thenReturn("winner"));
              return cleaned.get();
            });

    StepVerifier.create(body).expectNext(true).expectComplete().verify(SOON);
  }

  @Test
  void a_failing_sibling_is_reported_after_the_others_have_ended() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Sinks.Empty<Void> started = Sinks.empty();
    Mono<String> sibling =
        async(
            () -> {
              try {
                started.tryEmitEmpty();
                Thread.sleep(60_000);
                return "not reached";
              } finally {
                Async.shielded(() -> await(Mono.delay(Duration.ofMillis(30))));
                cleaned.set(true);
              }
            });

    Mono<Boolean> body =
        async(
            () -> {
              try {
                awaitAll(
                    sibling, started.asMono().then(Mono.<String>error(new IOException("fails"))));
                return false;
              } catch (Exception fails) {
                return cleaned.get();
              }
            });

    StepVerifier.create(body).expectNext(true).expectComplete().verify(SOON);
  }

  @Test
  void a_child_that_somebody_else_keeps_is_not_waited_for() {
    Sinks.One<String> release = Sinks.one();
    Mono<String> shared = async(() -> await(release.asMono())).cache();

    Mono<String> body =
        async(
            () -> {
              try {
                return await(shared.timeout(Duration.ofMillis(5)), TimeoutException.class);
              } catch (TimeoutException late) {
                return "gave up";
              }
            });

    StepVerifier.create(body).expectNext("gave up").expectComplete().verify(SOON);
    release.tryEmitValue("kept");
    assertThat(shared.block(SOON)).isEqualTo("kept");
  }

  @Test
  void an_executor_that_refuses_is_an_error() {
    Mono<Integer> rejected =
        async(
            () -> 1,
            task -> {
              throw new RejectedExecutionException("full");
            });
    Mono<Integer> noThread =
        async(
            () -> 1,
            task -> {
              throw new OutOfMemoryError("unable to create native thread");
            });

    assertThat(errorOf(rejected)).isInstanceOf(RejectedExecutionException.class);
    assertThat(errorOf(noThread))
        .isInstanceOf(RejectedExecutionException.class)
        .hasRootCauseInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void a_fatal_error_reaches_the_subscriber_and_the_thread() throws InterruptedException {
    AtomicReference<Throwable> uncaught = new AtomicReference<>();
    AtomicReference<Throwable> signalled = new AtomicReference<>();
    StackOverflowError fatal = new StackOverflowError("made up");
    List<Thread> threads = new ArrayList<>();

    async(
            () -> {
              throw fatal;
            },
            task -> {
              Thread thread = new Thread(task);
              thread.setUncaughtExceptionHandler((t, e) -> uncaught.set(e));
              threads.add(thread);
              thread.start();
            })
        .subscribe(x -> {}, signalled::set);
    threads.get(0).join();

    assertThat(signalled.get()).isSameAs(fatal);
    assertThat(uncaught.get()).isSameAs(fatal);
  }

  @Test
  void bad_arguments_fail_at_the_call() {
    assertThatNullPointerException().isThrownBy(() -> async(null)).withMessageContaining("body");
    assertThatNullPointerException()
        .isThrownBy(() -> async(() -> 1, null))
        .withMessageContaining("executor");
    assertThatNullPointerException()
        .isThrownBy(() -> Async.asyncFlux(null))
        .withMessageContaining("generator");
    assertThat(errorOf(async(() -> await((Mono<Object>) null))))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("source");
    assertThat(errorOf(async(() -> awaitAll(Mono.just(1), null))))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("sources[1]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> async(() -> race(List.<Mono<String>>of())).block(SOON))
        .withMessageContaining("sources");
  }

  @Test
  void a_source_that_throws_instead_of_signalling_is_an_error_like_any_other() {
    Mono<String> broken =
        new Mono<>() {
          @Override
          public void subscribe(reactor.core.CoreSubscriber<? super String> actual) {
            throw new IllegalArgumentException("broken");
          }
        };

    assertThat(errorOf(async(() -> await(broken)))).hasMessage("broken");
  }

  @Test
  void bodies_and_awaits_can_be_scanned() {
    AtomicReference<Scannable> awaited = new AtomicReference<>();
    Sinks.Empty<Void> entered = Sinks.empty();
    Mono<Object> source =
        Mono.delay(Duration.ofHours(1))
            .cast(Object.class)
            .doOnSubscribe(
                s -> {
                  awaited.set(Scannable.from(s));
                  entered.tryEmitEmpty();
                });
    Mono<Object> mono = async(() -> await(source));
    Recorder<Object> recorder = new Recorder<>();
    mono.subscribe(recorder);
    Scannable body = Scannable.from(recorder.subscription());

    assertThat(Scannable.from(mono).scan(Scannable.Attr.RUN_STYLE))
        .isEqualTo(Scannable.Attr.RunStyle.ASYNC);
    assertThat(body.isScanAvailable()).isTrue();
    assertThat(body.scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.ASYNC);
    assertThat(body.scan(Scannable.Attr.CANCELLED)).isFalse();
    assertThat(body.scan(Scannable.Attr.TERMINATED)).isFalse();

    recorder.subscription().request(1);
    entered.asMono().block(SOON);
    // From the source, through the await, to the subscriber of the body.
    assertThat(awaited.get().actuals().anyMatch(each -> each == body)).isTrue();

    recorder.subscription().cancel();
    assertThat(body.scan(Scannable.Attr.CANCELLED)).isTrue();
    assertThat(body.scan(Scannable.Attr.TERMINATED)).isFalse();
  }

  @Test
  void reactors_assembly_hook_sees_bodies() {
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    reactor.core.publisher.Hooks.onEachOperator(
        "test",
        p -> {
          seen.add(p.getClass().getSimpleName());
          return p;
        });
    try {
      async(() -> 1);
      Async.asyncFlux(e -> {});
    } finally {
      reactor.core.publisher.Hooks.resetOnEachOperator("test");
    }

    assertThat(seen).contains("AsyncMono", "AsyncFlux");
  }

  static Throwable errorOf(Mono<?> mono) {
    Signal<?> signal = mono.materialize().block(SOON);
    assertThat(signal).isNotNull();
    assertThat(signal.isOnError()).as("ended with an error: " + signal).isTrue();
    return signal.getThrowable();
  }
}
