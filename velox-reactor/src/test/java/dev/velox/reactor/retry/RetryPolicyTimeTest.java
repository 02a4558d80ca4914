package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class RetryPolicyTimeTest {

  private VirtualTimeScheduler time;
  private CountingTimer timer;
  private final List<Long> calls = new ArrayList<>();

  @BeforeEach
  void stop_the_clock() {
    time = VirtualTimeScheduler.getOrSet();
    timer = new CountingTimer(time);
  }

  @AfterEach
  void start_the_clock() {
    VirtualTimeScheduler.reset();
  }

  private Mono<String> failing() {
    calls.add(time.now(TimeUnit.MILLISECONDS));
    return Mono.error(new NetworkException("call " + calls.size()));
  }

  private Mono<String> hanging() {
    calls.add(time.now(TimeUnit.MILLISECONDS));
    return Mono.never();
  }

  private static StepVerifier.FirstStep<String> virtual(Supplier<Mono<String>> call) {
    return StepVerifier.withVirtualTime(call);
  }

  @Test
  void delays_follow_the_schedule() {
    RetryPolicy policy =
        new RetryPolicy(4, attempt -> ofSeconds(1L << attempt), NetworkException.class::isInstance);
    virtual(() -> policy.execute(this::failing))
        .thenAwait(ofSeconds(14))
        .verifyErrorMessage("call 4");
    assertThat(calls).containsExactly(0L, 2000L, 6000L, 14000L);
  }

  @Test
  void saturated_delays_are_waited_and_not_looped() {
    RetryPolicy policy =
        RetryPolicy.builder().unlimited().backoff(Backoff.fixed(Duration.ofDays(100_000))).build();
    virtual(() -> policy.execute(this::failing))
        .expectSubscription()
        .expectNoEvent(Duration.ofDays(10_000))
        .thenCancel()
        .verify();
    assertThat(calls).hasSize(1);
  }

  @Test
  void attempt_ten_thousand_of_an_exponential_schedule_waits_its_ceiling() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(10_000)
            .backoff(Backoff.exponential(ofMillis(1)).max(ofSeconds(1)))
            .build();
    virtual(() -> policy.execute(this::failing))
        .thenAwait(ofSeconds(10_000))
        .verifyErrorMessage("call 10000");
    assertThat(calls.get(9_999) - calls.get(9_998)).isEqualTo(1000);
  }

  @Test
  void a_deadline_that_the_next_delay_would_pass_ends_at_once_with_the_last_error() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .unlimited()
            .backoff(Backoff.fixed(ofSeconds(4)))
            .deadline(ofSeconds(10))
            .build();
    virtual(() -> policy.execute(this::failing))
        .thenAwait(ofSeconds(8))
        .verifyErrorMessage("call 3");
    assertThat(calls).containsExactly(0L, 4000L, 8000L);
    assertThat(time.now(TimeUnit.MILLISECONDS)).isEqualTo(8000);
  }

  @Test
  void a_delay_that_ends_exactly_at_the_deadline_is_not_begun() {
    RetryPolicy policy =
        RetryPolicy.builder().backoff(Backoff.fixed(ofSeconds(5))).deadline(ofSeconds(5)).build();
    virtual(() -> policy.execute(this::failing)).expectSubscription().verifyErrorMessage("call 1");
  }

  @Test
  void a_hanging_attempt_is_cancelled_by_the_deadline_and_earlier_errors_are_kept() {
    AtomicInteger cancelled = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder()
            .name("slow")
            .backoff(Backoff.fixed(ofSeconds(1)))
            .deadline(ofSeconds(10))
            .build();
    virtual(
            () ->
                policy.execute(
                    () ->
                        calls.isEmpty()
                            ? failing()
                            : hanging().doOnCancel(cancelled::incrementAndGet)))
        .expectSubscription()
        .expectNoEvent(ofMillis(9_999))
        .thenAwait(ofMillis(1))
        .verifyErrorSatisfies(
            error -> {
              assertThat(error)
                  .isInstanceOf(TimeoutException.class)
                  .hasMessage("RetryPolicy(slow): the deadline of PT10S passed during attempt 2");
              assertThat(error.getSuppressed()).extracting("message").containsExactly("call 1");
            });
    assertThat(cancelled).hasValue(1);
  }

  @Test
  void an_attempt_that_hangs_is_cut_by_its_time_out_and_retried() {
    AtomicInteger cancelled = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(3)
            .backoff(Backoff.fixed(ofSeconds(1)))
            .attemptTimeout(ofSeconds(2))
            .build();
    virtual(() -> policy.execute(() -> hanging().doOnCancel(cancelled::incrementAndGet)))
        .thenAwait(ofSeconds(8))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("time-out of PT2S passed during attempt 3"));
    assertThat(calls).containsExactly(0L, 3000L, 6000L);
    assertThat(cancelled).hasValue(3);
  }

  @Test
  void the_filter_is_asked_about_a_time_out_too() {
    RetryPolicy policy =
        RetryPolicy.builder().attemptTimeout(ofSeconds(2)).retryOn(NetworkException.class).build();
    virtual(() -> policy.execute(this::hanging))
        .thenAwait(ofSeconds(2))
        .verifyError(TimeoutException.class);
    assertThat(calls).hasSize(1);
  }

  @Test
  void an_attempt_within_its_time_leaves_no_timer() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .attemptTimeout(ofSeconds(2))
            .deadline(ofSeconds(5))
            .timer(timer)
            .build();
    List<Integer> pending = new ArrayList<>();
    virtual(
            () ->
                policy.execute(
                    () -> {
                      pending.add(timer.pending());
                      return Mono.just("ok");
                    }))
        .expectNext("ok")
        .verifyComplete();
    assertThat(pending).containsExactly(1);
    assertThat(timer.pending()).isZero();
  }

  @Test
  void an_attempt_s_time_out_counts_the_whole_of_a_stream() {
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(1).attemptTimeout(ofMillis(2500)).build();
    StepVerifier.withVirtualTime(
            () -> Flux.interval(ofSeconds(1)).transform(policy.<Long>operator()))
        .thenAwait(ofSeconds(3))
        .expectNext(0L, 1L)
        .verifyError(TimeoutException.class);
  }

  @Test
  void a_delay_asked_for_by_the_error_is_honoured_if_longer() {
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(3).backoff(Backoff.fixed(ofSeconds(2))).build();
    List<Duration> asked = List.of(ofSeconds(7), ofSeconds(1));
    virtual(
            () ->
                policy.executeAttempts(
                    attempt -> {
                      calls.add(time.now(TimeUnit.MILLISECONDS));
                      return attempt.number() > 2
                          ? Mono.just("ok")
                          : Mono.error(
                              new IllegalStateException(
                                  new RetryableException(
                                      "busy", null, asked.get(attempt.number() - 1))));
                    }))
        .thenAwait(ofSeconds(9))
        .expectNext("ok")
        .verifyComplete();
    assertThat(calls).containsExactly(0L, 7000L, 9000L);
  }

  @Test
  void a_delay_asked_for_counts_against_the_deadline() {
    RetryPolicy policy =
        RetryPolicy.builder().backoff(Backoff.none()).deadline(ofSeconds(5)).build();
    virtual(
            () ->
                policy.execute(
                    () -> Mono.error(new RetryableException("busy", null, ofSeconds(60)))))
        .expectSubscription()
        .verifyErrorMessage("busy");
  }

  @Test
  void a_delay_longer_than_the_policy_bears_ends_the_operation() {
    RetryPolicy policy = RetryPolicy.builder().maxRetryAfter(ofSeconds(30)).build();
    virtual(
            () ->
                policy.execute(
                    () -> Mono.error(new RetryableException("busy", null, ofSeconds(31)))))
        .expectSubscription()
        .verifyErrorMessage("busy");
  }

  @Test
  void a_delay_can_be_read_from_any_error() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(2)
            .backoff(Backoff.none())
            .delayFrom(error -> Optional.of(ofSeconds(error.getMessage().length())))
            .build();
    virtual(() -> policy.execute(this::failing))
        .expectSubscription()
        .expectNoEvent(ofMillis(5999))
        .thenAwait(ofMillis(1))
        .verifyErrorMessage("call 2");
  }

  @Test
  void cancelling_in_back_off_disposes_the_timer() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .backoff(Backoff.fixed(ofSeconds(5)))
            .deadline(ofSeconds(60))
            .timer(timer)
            .build();
    Disposable operation = policy.execute(this::failing).subscribe();
    assertThat(timer.pending()).isEqualTo(1);
    operation.dispose();
    assertThat(timer.pending()).isZero();
    time.advanceTimeBy(ofSeconds(60));
    assertThat(calls).hasSize(1);
  }

  @Test
  void cancelling_a_running_attempt_cancels_it_and_its_timers() {
    AtomicInteger cancelled = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder()
            .attemptTimeout(ofSeconds(5))
            .deadline(ofSeconds(60))
            .timer(timer)
            .build();
    Disposable operation =
        policy.execute(() -> hanging().doOnCancel(cancelled::incrementAndGet)).subscribe();
    assertThat(timer.pending()).isEqualTo(1);
    operation.dispose();
    assertThat(cancelled).hasValue(1);
    assertThat(timer.pending()).isZero();
  }

  @Test
  void jitter_is_repeatable_with_a_seed_and_different_without() {
    assertThat(jittered(RetryPolicy.builder().seed(7)))
        .isEqualTo(jittered(RetryPolicy.builder().seed(7)))
        .isNotEqualTo(jittered(RetryPolicy.builder().seed(8)));
    assertThat(jittered(RetryPolicy.builder())).isNotEqualTo(jittered(RetryPolicy.builder()));
  }

  private List<Duration> jittered(RetryPolicyBuilder builder) {
    List<Duration> delays = new ArrayList<>();
    RetryListener listener =
        new RetryListener() {
          @Override
          public void onRetry(FailedAttempt failed, Duration delay) {
            delays.add(delay);
          }
        };
    RetryPolicy policy =
        builder
            .maxAttempts(20)
            .backoff(Backoff.fixed(ofSeconds(1)).jitter(Jitter.FULL))
            .listener(listener)
            .build();
    Disposable operation = policy.execute(this::failing).onErrorComplete().subscribe();
    time.advanceTimeBy(ofSeconds(20));
    assertThat(operation.isDisposed()).isTrue();
    assertThat(delays).hasSize(19).allMatch(delay -> delay.compareTo(ofSeconds(1)) <= 0);
    return delays;
  }

  @Test
  void elapsed_time_and_previous_delay_reach_the_listener() {
    List<FailedAttempt> heard = new ArrayList<>();
    RetryListener listener =
        new RetryListener() {
          @Override
          public void onRetry(FailedAttempt failed, Duration delay) {
            heard.add(failed);
          }
        };
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(3)
            .backoff(Backoff.linear(ofSeconds(1)))
            .listener(listener)
            .build();
    virtual(() -> policy.execute(this::failing)).thenAwait(ofSeconds(3)).verifyError();
    assertThat(heard).extracting(FailedAttempt::attempt).containsExactly(1, 2);
    assertThat(heard)
        .extracting(FailedAttempt::elapsed)
        .containsExactly(Duration.ZERO, ofSeconds(1));
    assertThat(heard)
        .extracting(FailedAttempt::previousDelay)
        .containsExactly(Duration.ZERO, ofSeconds(1));
  }

  @Test
  void another_timer_keeps_the_delays() {
    VirtualTimeScheduler other = VirtualTimeScheduler.create();
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(2)
            .backoff(Backoff.fixed(ofSeconds(1)))
            .timer(other)
            .build();
    List<String> ended = new ArrayList<>();
    policy.execute(this::failing).subscribe(ended::add, error -> ended.add(error.getMessage()));
    time.advanceTimeBy(ofSeconds(10));
    assertThat(ended).isEmpty();
    other.advanceTimeBy(ofSeconds(1));
    // The hop from the timer to a thread of the first attempt's kind is the clock's to run.
    time.advanceTime();
    assertThat(ended).containsExactly("call 2");
  }

  @Test
  void a_timer_that_refuses_ends_the_operation_with_the_failure() {
    Scheduler rejecting =
        Schedulers.fromExecutor(
            task -> {
              throw new RejectedExecutionException("full");
            });
    RetryPolicy policy = RetryPolicy.builder().backoff(Backoff.none()).runOn(rejecting).build();
    StepVerifier.create(policy.execute(this::failing))
        .verifyError(RejectedExecutionException.class);
    assertThat(calls).isEmpty();
  }
}
