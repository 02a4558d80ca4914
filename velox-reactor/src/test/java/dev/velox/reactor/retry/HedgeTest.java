package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class HedgeTest {

  private VirtualTimeScheduler time;
  private CountingTimer timer;
  private final List<String> log = new ArrayList<>();
  private int calls;

  @BeforeEach
  void stop_the_clock() {
    time = VirtualTimeScheduler.getOrSet();
    timer = new CountingTimer(time);
  }

  @AfterEach
  void start_the_clock() {
    VirtualTimeScheduler.reset();
  }

  private Hedge hedge() {
    return Hedge.after(ofMillis(50)).timer(timer);
  }

  /** Answers its own number after the delay given for it. */
  private Mono<Integer> call(long... delays) {
    int number = ++calls;
    log.add("call " + number + " at " + time.now(TimeUnit.MILLISECONDS));
    return Mono.delay(ofMillis(delays[number - 1]))
        .map(tick -> number)
        .doOnCancel(() -> log.add("cancel " + number));
  }

  private Mono<Integer> failing(int number, long delay) {
    return Mono.delay(ofMillis(delay))
        .flatMap(tick -> Mono.error(new NetworkException("" + number)));
  }

  @Test
  void a_quick_answer_needs_no_second_call() {
    StepVerifier.withVirtualTime(() -> hedge().execute(() -> call(49)))
        .thenAwait(ofMillis(49))
        .expectNext(1)
        .verifyComplete();
    assertThat(log).containsExactly("call 1 at 0");
    assertThat(timer.pending()).isZero();
  }

  @Test
  void a_late_answer_gets_a_second_call_and_the_first_to_answer_wins() {
    StepVerifier.withVirtualTime(() -> hedge().execute(() -> call(1000, 20)))
        .thenAwait(ofMillis(70))
        .expectNext(2)
        .verifyComplete();
    assertThat(log).containsExactly("call 1 at 0", "call 2 at 50", "cancel 1");
  }

  @Test
  void the_first_call_may_still_win() {
    StepVerifier.withVirtualTime(() -> hedge().execute(() -> call(60, 20)))
        .thenAwait(ofMillis(60))
        .expectNext(1)
        .verifyComplete();
    assertThat(log).containsExactly("call 1 at 0", "call 2 at 50", "cancel 2");
  }

  @Test
  void more_calls_follow_one_by_one_up_to_the_limit() {
    StepVerifier.withVirtualTime(
            () -> hedge().extraCalls(2).execute(() -> call(1000, 1000, 1000, 1000)))
        .thenAwait(ofSeconds(1))
        .expectNext(1)
        .verifyComplete();
    assertThat(log)
        .containsExactly("call 1 at 0", "call 2 at 50", "call 3 at 100", "cancel 2", "cancel 3");
  }

  @Test
  void an_empty_completion_is_an_answer() {
    StepVerifier.withVirtualTime(
            () -> hedge().execute(() -> call(1000, 20).filter(number -> number == 1)))
        .thenAwait(ofMillis(70))
        .verifyComplete();
    assertThat(log).containsExactly("call 1 at 0", "call 2 at 50", "cancel 1");
  }

  @Test
  void a_failure_is_forgotten_while_another_call_runs() {
    StepVerifier.withVirtualTime(
            () -> hedge().execute(() -> ++calls == 1 ? failing(1, 60) : Mono.delay(ofMillis(30))))
        .thenAwait(ofMillis(80))
        .expectNext(0L)
        .verifyComplete();
  }

  @Test
  void the_last_failure_ends_it_with_the_others_suppressed() {
    StepVerifier.withVirtualTime(
            () -> hedge().execute(() -> ++calls == 1 ? failing(1, 90) : failing(2, 10)))
        .thenAwait(ofMillis(90))
        .verifyErrorSatisfies(
            error -> {
              assertThat(error).hasMessage("1");
              assertThat(error.getSuppressed()).extracting("message").containsExactly("2");
            });
  }

  @Test
  void a_failure_before_another_call_was_begun_ends_it_at_once() {
    StepVerifier.withVirtualTime(() -> hedge().execute(() -> failing(1, 10)))
        .thenAwait(ofMillis(10))
        .verifyErrorMessage("1");
    assertThat(timer.pending()).isZero();
  }

  @Test
  void a_call_that_throws_or_is_null_is_a_failed_call() {
    NetworkException thrown = new NetworkException("thrown");
    StepVerifier.create(
            hedge()
                .execute(
                    () -> {
                      throw thrown;
                    }))
        .verifyErrorSatisfies(error -> assertThat(error).isSameAs(thrown));
    StepVerifier.create(hedge().execute(() -> null)).verifyError(NullPointerException.class);
  }

  @Test
  void an_empty_budget_means_no_second_call() {
    RetryBudget budget = RetryBudget.of(0, 0, 1);
    Hedge hedge = hedge().budget(budget);
    StepVerifier.withVirtualTime(() -> hedge.execute(() -> call(1000, 20)))
        .thenAwait(ofMillis(70))
        .expectNext(2)
        .verifyComplete();
    calls = 0;
    log.clear();
    StepVerifier.withVirtualTime(() -> hedge.execute(() -> call(1000, 20)))
        .thenAwait(ofSeconds(1))
        .expectNext(1)
        .verifyComplete();
    assertThat(log).hasSize(1);
  }

  @Test
  void cancelling_cancels_all_calls_and_the_timer() {
    Disposable operation = hedge().extraCalls(5).execute(() -> call(1000, 1000, 1000)).subscribe();
    time.advanceTimeBy(ofMillis(60));
    assertThat(timer.pending()).isEqualTo(1);
    operation.dispose();
    assertThat(log).containsExactly("call 1 at 0", "call 2 at 50", "cancel 1", "cancel 2");
    assertThat(timer.pending()).isZero();
    time.advanceTimeBy(ofSeconds(10));
    assertThat(calls).isEqualTo(2);
  }

  @Test
  void nothing_is_called_before_someone_asks_and_each_subscription_is_its_own() {
    Mono<Integer> hedged = hedge().execute(() -> Mono.just(++calls));
    StepVerifier.create(hedged, 0)
        .expectSubscription()
        .then(() -> assertThat(calls).isZero())
        .thenRequest(1)
        .expectNext(1)
        .verifyComplete();
    StepVerifier.create(hedged).expectNext(2).verifyComplete();
  }

  @Test
  void the_context_reaches_all_calls() {
    Mono<String> hedged =
        hedge()
            .execute(
                () ->
                    ++calls == 1
                        ? Mono.<String>never()
                        : Mono.deferContextual(context -> Mono.just(context.get("key"))))
            .contextWrite(context -> context.put("key", "value"));
    StepVerifier.withVirtualTime(() -> hedged)
        .thenAwait(ofMillis(50))
        .expectNext("value")
        .verifyComplete();
  }

  @Test
  void a_retry_around_a_hedge_has_both() {
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(2).backoff(Backoff.fixed(ofMillis(5))).build();
    AtomicInteger all = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                policy.execute(
                    () ->
                        hedge()
                            .execute(
                                () ->
                                    all.incrementAndGet() <= 2
                                        ? failing(all.get(), 100)
                                        : Mono.just("ok"))))
        .thenAwait(ofSeconds(1))
        .expectNext("ok")
        .verifyComplete();
    assertThat(all).hasValue(3);
  }

  @Test
  void further_calls_run_on_the_first_one_s_kind_of_thread() {
    VirtualTimeScheduler.reset();
    Queue<String> threads = new ConcurrentLinkedQueue<>();
    AtomicInteger calls = new AtomicInteger();
    Hedge real = Hedge.after(ofMillis(1));
    // The second may come before the first, if that is held up between the timer and its call.
    assertThat(
            Mono.defer(
                    () ->
                        real.execute(
                            () -> {
                              threads.add(Thread.currentThread().getName());
                              return calls.incrementAndGet() == 1
                                  ? Mono.<String>never()
                                  : Mono.just("ok");
                            }))
                .subscribeOn(Schedulers.newParallel("first", 1))
                .block(ofSeconds(40)))
        .isEqualTo("ok");
    assertThat(threads).hasSize(2).allMatch(name -> name.matches("(velox-hand-over|first).*"));
  }

  @Test
  void bad_arguments_are_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Hedge.after(ofMillis(-1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hedge().extraCalls(0))
        .withMessageContaining("0");
  }
}
