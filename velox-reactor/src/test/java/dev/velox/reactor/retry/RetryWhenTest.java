package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class RetryWhenTest {

  private VirtualTimeScheduler time;
  private CountingTimer timer;

  @BeforeEach
  void stop_the_clock() {
    time = VirtualTimeScheduler.getOrSet();
    timer = new CountingTimer(time);
  }

  @AfterEach
  void start_the_clock() {
    VirtualTimeScheduler.reset();
  }

  /** What an operation did: when it called, and how it ended. */
  private record Trace(List<Long> calls, List<String> ended, int suppressed) {}

  private Trace trace(boolean retryWhen, RetryPolicy policy, int goodFrom, Throwable error) {
    long start = time.now(TimeUnit.MILLISECONDS);
    List<Long> calls = new ArrayList<>();
    List<String> ended = new ArrayList<>();
    AtomicInteger suppressed = new AtomicInteger();
    Mono<String> call =
        Mono.defer(
            () -> {
              calls.add(time.now(TimeUnit.MILLISECONDS) - start);
              if (calls.size() >= goodFrom) {
                return Mono.just("good");
              }
              return Mono.error(
                  error == null ? new NetworkException("call " + calls.size()) : error);
            });
    (retryWhen ? call.retryWhen(policy) : policy.execute(() -> call))
        .subscribe(
            ended::add,
            failure -> {
              ended.add(failure.toString());
              suppressed.set(failure.getSuppressed().length);
            },
            () -> ended.add("complete"));
    time.advanceTimeBy(Duration.ofHours(1));
    return new Trace(calls, ended, suppressed.get());
  }

  @Test
  void it_agrees_with_execute() {
    List<RetryPolicyBuilder> policies =
        List.of(
            RetryPolicy.builder().backoff(Backoff.none()),
            RetryPolicy.builder().maxAttempts(1),
            RetryPolicy.builder().maxAttempts(20).seed(3),
            RetryPolicy.builder().maxAttempts(5).backoff(Backoff.fibonacci(ofMillis(10))),
            RetryPolicy.builder()
                .unlimited()
                .backoff(Backoff.fixed(ofSeconds(4)))
                .deadline(ofSeconds(10)),
            RetryPolicy.builder().retryOn(IOException.class),
            RetryPolicy.builder().backoff(Backoff.delays(ofMillis(1))),
            RetryPolicy.builder().backoff(attempt -> ofMillis(-1)));
    for (RetryPolicyBuilder each : policies) {
      for (int goodFrom : new int[] {1, 2, 3, 100}) {
        RetryPolicy policy = each.build();
        Trace expected = trace(false, policy, goodFrom, null);
        assertThat(trace(true, policy, goodFrom, null)).isEqualTo(expected);
        assertThat(expected.ended).isNotEmpty();
      }
    }
  }

  @Test
  void fatal_errors_and_cancellation_are_not_retried_here_either() {
    RetryPolicy policy = RetryPolicy.builder().retryIf(error -> true).build();
    assertThat(trace(true, policy, 9, new CancellationException("x")).calls).hasSize(1);
    assertThat(trace(true, policy, 9, new InterruptedException("x")).calls).hasSize(1);
  }

  @Test
  void budgets_are_kept() {
    RetryBudget budget = RetryBudget.of(0, 0, 3);
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(3).backoff(Backoff.none()).budget(budget).build();
    assertThat(trace(true, policy, 9, null).calls).hasSize(3);
    assertThat(trace(true, policy, 9, null).calls).hasSize(2);
  }

  @Test
  void a_hanging_attempt_is_cancelled_by_the_deadline() {
    AtomicInteger cancelled = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    List<RetryListener.Reason> reasons = new ArrayList<>();
    RetryPolicy policy =
        RetryPolicy.builder()
            .backoff(Backoff.none())
            .deadline(ofSeconds(10))
            .listener(
                new RetryListener() {
                  @Override
                  public void onGiveUp(FailedAttempt failed, Reason reason) {
                    reasons.add(reason);
                  }
                })
            .build();
    StepVerifier.withVirtualTime(
            () ->
                Mono.defer(
                        () ->
                            calls.incrementAndGet() == 1
                                ? Mono.error(new NetworkException("first"))
                                : Mono.never().doOnCancel(cancelled::incrementAndGet))
                    .retryWhen(policy))
        .expectSubscription()
        .expectNoEvent(ofMillis(9_999))
        .thenAwait(ofMillis(1))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("during attempt 2")
                    .satisfies(
                        late ->
                            assertThat(late.getSuppressed())
                                .extracting("message")
                                .containsExactly("first")));
    assertThat(cancelled).hasValue(1);
    assertThat(reasons).containsExactly(RetryListener.Reason.DEADLINE);
  }

  @Test
  void success_leaves_no_timer_of_the_deadline() {
    RetryPolicy policy = RetryPolicy.builder().deadline(ofSeconds(10)).timer(timer).build();
    StepVerifier.create(Mono.just(1).hide().retryWhen(policy)).expectNext(1).verifyComplete();
    assertThat(timer.pending()).isZero();
  }

  @Test
  void cancelling_in_back_off_disposes_the_timer() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .backoff(Backoff.fixed(ofSeconds(5)))
            .deadline(ofSeconds(60))
            .timer(timer)
            .build();
    Disposable operation = Mono.error(new NetworkException("x")).retryWhen(policy).subscribe();
    assertThat(timer.pending()).isEqualTo(2);
    operation.dispose();
    assertThat(timer.pending()).isZero();
  }

  @Test
  void progress_resets_the_count_of_a_stream() {
    AtomicInteger starts = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(3).backoff(Backoff.none()).resetOnProgress().build();
    Flux<Integer> stream =
        Flux.defer(
                () ->
                    starts.incrementAndGet() <= 50
                        ? Flux.concat(Mono.just(1), Mono.error(new NetworkException("cut")))
                        : Flux.<Integer>error(new NetworkException("end")))
            .retryWhen(policy);
    StepVerifier.create(stream).expectNextCount(50).verifyErrorMessage("end");
    assertThat(starts).hasValue(52);
  }

  @Test
  void a_policy_that_needs_more_than_errors_is_refused() {
    for (RetryPolicyBuilder builder :
        List.of(
            RetryPolicy.builder().attemptTimeout(ofSeconds(1)),
            RetryPolicy.builder().retryOnEmpty(),
            RetryPolicy.builder().retryOnResult(Object.class, result -> true))) {
      StepVerifier.create(Mono.just(1).hide().retryWhen(builder.build()))
          .verifyErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(IllegalStateException.class)
                      .hasMessageContaining("retryWhen"));
    }
  }

  @Test
  void one_policy_serves_two_subscribers_at_once() {
    RetryPolicy policy =
        RetryPolicy.builder().maxAttempts(3).backoff(Backoff.fixed(ofSeconds(1))).build();
    AtomicInteger calls = new AtomicInteger();
    Mono<Object> call =
        Mono.defer(
                () -> {
                  calls.incrementAndGet();
                  return Mono.error(new NetworkException("x"));
                })
            .retryWhen(policy);
    List<Throwable> errors = new ArrayList<>();
    call.subscribe(value -> {}, errors::add);
    call.subscribe(value -> {}, errors::add);
    time.advanceTimeBy(ofSeconds(2));
    assertThat(calls).hasValue(6);
    assertThat(errors).hasSize(2);
  }
}
