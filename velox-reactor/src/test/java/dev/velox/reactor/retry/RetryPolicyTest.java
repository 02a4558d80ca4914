package dev.velox.reactor.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.MetricsListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class RetryPolicyTest {

  /** Fails with numbered errors until the given call. */
  private static final class Service implements Supplier<Mono<String>> {
    final int goodFrom;
    final AtomicInteger calls = new AtomicInteger();
    final List<Throwable> errors = new ArrayList<>();

    Service(int goodFrom) {
      this.goodFrom = goodFrom;
    }

    @Override
    public Mono<String> get() {
      int call = calls.incrementAndGet();
      if (call >= goodFrom) {
        return Mono.just("call " + call);
      }
      Throwable error = new NetworkException("call " + call);
      errors.add(error);
      return Mono.error(error);
    }
  }

  private static RetryPolicyBuilder at_once() {
    return RetryPolicy.builder().backoff(Backoff.none());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void max_attempts_counts_calls_the_first_included(int maxAttempts) {
    Service service = new Service(Integer.MAX_VALUE);
    RetryPolicy policy =
        new RetryPolicy(maxAttempts, attempt -> Duration.ZERO, NetworkException.class::isInstance);

    StepVerifier.create(policy.execute(service))
        .verifyErrorSatisfies(
            error -> assertThat(error).isSameAs(service.errors.get(maxAttempts - 1)));
    assertThat(service.calls).hasValue(maxAttempts);
  }

  @Test
  void max_retries_is_the_other_word() {
    Service service = new Service(Integer.MAX_VALUE);
    StepVerifier.create(at_once().maxRetries(3).build().execute(service)).verifyError();
    assertThat(service.calls).hasValue(4);
  }

  @Test
  void the_first_success_ends_the_operation() {
    Service service = new Service(3);
    StepVerifier.create(at_once().maxAttempts(5).build().execute(service))
        .expectNext("call 3")
        .verifyComplete();
    assertThat(service.calls).hasValue(3);
  }

  @Test
  void the_last_error_is_itself_with_the_earlier_ones_suppressed() {
    Service service = new Service(Integer.MAX_VALUE);
    StepVerifier.create(at_once().maxAttempts(3).build().execute(service))
        .verifyErrorSatisfies(
            error -> {
              assertThat(error).isSameAs(service.errors.get(2));
              assertThat(error.getSuppressed())
                  .containsExactly(service.errors.get(0), service.errors.get(1));
            });
  }

  @Test
  void suppressed_errors_are_bounded_and_keep_the_first_and_the_latest() {
    Service service = new Service(Integer.MAX_VALUE);
    StepVerifier.create(at_once().maxAttempts(1000).build().execute(service))
        .verifyErrorSatisfies(
            error ->
                assertThat(error.getSuppressed())
                    .hasSize(8)
                    .startsWith(service.errors.get(0))
                    .endsWith(service.errors.get(998)));
  }

  @Test
  void an_error_that_comes_again_suppresses_neither_itself_nor_others_twice() {
    Exception one = new IOException("one");
    Exception two = new IOException("two");
    RetryPolicy policy = at_once().maxAttempts(6).build();
    Mono<Object> call =
        policy.executeAttempts(attempt -> Mono.error(attempt.number() % 2 == 0 ? two : one));
    for (int i = 0; i < 20; i++) {
      StepVerifier.create(call).verifyErrorSatisfies(error -> assertThat(error).isSameAs(two));
    }
    assertThat(two.getSuppressed()).containsExactly(one);
    assertThat(one.getSuppressed()).isEmpty();
  }

  @Test
  void what_the_filter_refuses_is_not_retried_and_comes_raw() {
    AtomicInteger calls = new AtomicInteger();
    IllegalStateException error = new IllegalStateException("bug");
    RetryPolicy policy =
        new RetryPolicy(3, attempt -> Duration.ZERO, NetworkException.class::isInstance);
    StepVerifier.create(
            policy.execute(
                () -> {
                  calls.incrementAndGet();
                  return Mono.error(error);
                }))
        .verifyErrorSatisfies(
            raised -> assertThat(raised).isSameAs(error).hasNoSuppressedExceptions());
    assertThat(calls).hasValue(1);
  }

  @Test
  void a_supplier_that_throws_is_a_failed_attempt() {
    AtomicInteger calls = new AtomicInteger();
    Mono<String> call =
        at_once()
            .build()
            .execute(
                () -> {
                  if (calls.incrementAndGet() < 3) {
                    throw new NetworkException("at once");
                  }
                  return Mono.just("good");
                });
    StepVerifier.create(call).expectNext("good").verifyComplete();
  }

  @Test
  void a_supplier_that_returns_null_is_a_failed_attempt() {
    AtomicInteger calls = new AtomicInteger();
    Mono<Object> call =
        at_once()
            .maxAttempts(2)
            .build()
            .execute(
                () -> {
                  calls.incrementAndGet();
                  return null;
                });
    StepVerifier.create(call).verifyError(NullPointerException.class);
    assertThat(calls).hasValue(2);
  }

  @Test
  void fatal_errors_and_cancellation_are_never_retried() {
    for (Throwable error :
        List.of(
            new OutOfMemoryError("test"),
            new LinkageError("test"),
            new CancellationException("test"),
            new InterruptedException("test"),
            Exceptions.failWithCancel())) {
      AtomicInteger calls = new AtomicInteger();
      Flux<Object> source =
          Flux.from(
              subscriber -> {
                calls.incrementAndGet();
                Operators.error(subscriber, error);
              });
      RetryPolicy all = at_once().retryIf(any -> true).build();
      StepVerifier.create(source.transform(all.operator()))
          .verifyErrorSatisfies(raised -> assertThat(raised).isSameAs(error));
      assertThat(calls).as(error.toString()).hasValue(1);
    }
  }

  @Test
  void errors_that_are_no_exceptions_are_not_retried_by_default() {
    AtomicInteger calls = new AtomicInteger();
    StepVerifier.create(
            at_once()
                .build()
                .execute(
                    () -> {
                      calls.incrementAndGet();
                      return Mono.error(new AssertionError());
                    }))
        .verifyError(AssertionError.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  void a_filter_or_backoff_that_throws_ends_the_operation_with_its_error_and_the_failure() {
    Service service = new Service(Integer.MAX_VALUE);
    IllegalStateException bug = new IllegalStateException("in the policy");
    RetryPolicy filter =
        at_once()
            .retryIf(
                error -> {
                  throw bug;
                })
            .build();
    StepVerifier.create(filter.execute(service))
        .verifyErrorSatisfies(
            error -> assertThat(error).isSameAs(bug).hasSuppressedException(service.errors.get(0)));

    RetryPolicy negative = new RetryPolicy(3, attempt -> Duration.ofMillis(-1), error -> true);
    StepVerifier.create(negative.execute(new Service(2)))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("negative"));
    RetryPolicy nothing = new RetryPolicy(3, attempt -> null, error -> true);
    StepVerifier.create(nothing.execute(new Service(2))).verifyError(NullPointerException.class);
  }

  @Test
  void nothing_happens_before_subscription_and_each_subscription_starts_fresh() {
    Service service = new Service(Integer.MAX_VALUE);
    RetryPolicy policy = at_once().maxAttempts(2).build();
    Mono<String> call = policy.execute(service);
    assertThat(service.calls).hasValue(0);
    StepVerifier.create(call).verifyError();
    StepVerifier.create(call).verifyError();
    assertThat(service.calls).hasValue(4);
  }

  @Test
  void under_transform_and_transform_deferred_each_subscription_starts_fresh() {
    RetryPolicy policy = at_once().maxAttempts(3).build();
    Service service = new Service(Integer.MAX_VALUE);
    Mono<String> transformed = Mono.defer(service).transform(policy.operator());
    Mono<String> deferred = Mono.defer(service).transformDeferred(policy.operator());
    for (int i = 0; i < 2; i++) {
      StepVerifier.create(transformed).verifyError(NetworkException.class);
      StepVerifier.create(deferred).verifyError(NetworkException.class);
    }
    assertThat(service.calls).hasValue(12);
  }

  @Test
  void a_shared_policy_keeps_two_operations_at_once_apart() {
    RetryPolicy policy = at_once().maxAttempts(3).build();
    TestPublisher<String> one = TestPublisher.createCold();
    List<TestPublisher<String>> attempts = new ArrayList<>();
    Supplier<Mono<String>> call =
        () -> {
          TestPublisher<String> attempt = TestPublisher.create();
          attempts.add(attempt);
          return attempt.mono();
        };
    List<String> ended = new ArrayList<>();
    Consumer<String> subscribe =
        name ->
            policy
                .execute(call)
                .subscribe(value -> ended.add(name + value), error -> ended.add(name + "failed"));
    subscribe.accept("a");
    subscribe.accept("b");
    assertThat(attempts).hasSize(2);
    attempts.get(0).error(new NetworkException("a1"));
    attempts.get(1).error(new NetworkException("b1"));
    attempts.get(2).error(new NetworkException("a2"));
    attempts.get(3).error(new NetworkException("b2"));
    attempts.get(4).error(new NetworkException("a3"));
    assertThat(ended).containsExactly("afailed");
    attempts.get(5).emit("good");
    assertThat(ended).containsExactly("afailed", "bgood");
    one.complete();
  }

  @Test
  void the_call_may_know_its_number_and_the_last_failure() {
    List<Attempt> seen = new ArrayList<>();
    NetworkException failure = new NetworkException("first");
    Mono<String> call =
        at_once()
            .build()
            .executeAttempts(
                attempt -> {
                  seen.add(attempt);
                  return attempt.number() == 1 ? Mono.error(failure) : Mono.just("good");
                });
    StepVerifier.create(call).expectNext("good").verifyComplete();
    assertThat(seen).containsExactly(new Attempt(1, null), new Attempt(2, failure));
  }

  @Test
  void refused_results_are_retried_and_discarded_and_the_last_one_is_delivered() {
    AtomicInteger calls = new AtomicInteger();
    List<Object> discarded = new ArrayList<>();
    RetryPolicy policy =
        at_once().maxAttempts(3).retryOnResult(Integer.class, result -> result < 10).build();
    StepVerifier.create(
            policy
                .execute(() -> Mono.just(calls.incrementAndGet()))
                .doOnDiscard(Integer.class, discarded::add))
        .expectNext(3)
        .verifyComplete();
    assertThat(discarded).containsExactly(1, 2);

    calls.set(8);
    StepVerifier.create(policy.execute(() -> Mono.just(calls.incrementAndGet())))
        .expectNext(10)
        .verifyComplete();
    StepVerifier.create(policy.execute(() -> Mono.just("no number")))
        .expectNext("no number")
        .verifyComplete();
  }

  @Test
  void a_filter_of_results_that_throws_ends_the_operation() {
    IllegalStateException bug = new IllegalStateException();
    RetryPolicy policy =
        at_once()
            .retryOnResult(
                Object.class,
                result -> {
                  throw bug;
                })
            .build();
    StepVerifier.create(policy.execute(() -> Mono.just(1)))
        .verifyErrorSatisfies(error -> assertThat(error).isSameAs(bug));
  }

  @Test
  void empty_is_retried_on_request_and_passed_on_in_the_end() {
    AtomicInteger calls = new AtomicInteger();
    RetryPolicy policy = at_once().maxAttempts(3).retryOnEmpty().build();
    StepVerifier.create(
            policy.execute(() -> calls.incrementAndGet() < 3 ? Mono.empty() : Mono.just("late")))
        .expectNext("late")
        .verifyComplete();
    calls.set(-10);
    StepVerifier.create(
            policy.execute(() -> Mono.<String>empty().doOnTerminate(calls::getAndIncrement)))
        .verifyComplete();
    assertThat(calls).hasValue(-7);
  }

  @Test
  void empty_is_an_answer_without_that_request() {
    AtomicInteger calls = new AtomicInteger();
    StepVerifier.create(
            at_once()
                .build()
                .execute(
                    () -> {
                      calls.incrementAndGet();
                      return Mono.empty();
                    }))
        .verifyComplete();
    assertThat(calls).hasValue(1);
  }

  @Test
  void listeners_hear_attempts_retries_and_the_end_and_what_they_throw_changes_nothing() {
    List<String> heard = new ArrayList<>();
    RetryListener listener =
        new RetryListener() {
          @Override
          public void beforeAttempt(int attempt) {
            heard.add("before " + attempt);
          }

          @Override
          public void onRetry(FailedAttempt failed, Duration delay) {
            heard.add("retry " + failed.attempt() + " " + failed.error().getMessage());
            throw new IllegalStateException("listener");
          }

          @Override
          public void onGiveUp(FailedAttempt failed, Reason reason) {
            heard.add("give up " + failed.attempt() + " " + reason);
          }

          @Override
          public void onSuccess(int attempt) {
            heard.add("success " + attempt);
          }
        };
    RetryPolicy policy = at_once().maxAttempts(2).listener(listener).build();
    StepVerifier.create(policy.execute(new Service(2)))
        .expectNext("call 2")
        .expectComplete()
        .verifyThenAssertThat()
        .hasDroppedErrorWithMessage("listener");
    assertThat(heard).containsExactly("before 1", "retry 1 call 1", "before 2", "success 2");

    heard.clear();
    StepVerifier.create(policy.execute(new Service(3))).verifyError(NetworkException.class);
    assertThat(heard)
        .containsExactly("before 1", "retry 1 call 1", "before 2", "give up 2 ATTEMPTS");
  }

  @Test
  void metrics_count_what_happened() {
    List<Object> counted = new ArrayList<>();
    MetricsListener metrics =
        new MetricsListener() {
          @Override
          public void count(Event event) {
            counted.add(event);
          }

          @Override
          public void time(Timing timing, long amount, TimeUnit unit) {
            counted.add(timing);
          }
        };
    StepVerifier.create(at_once().metrics(metrics).build().execute(new Service(2)))
        .expectNextCount(1)
        .verifyComplete();
    StepVerifier.create(at_once().maxAttempts(1).metrics(metrics).build().execute(new Service(2)))
        .verifyError();
    assertThat(counted)
        .containsExactly(
            MetricsListener.Event.STARTED,
            MetricsListener.Event.RETRIED,
            MetricsListener.Timing.WAIT,
            MetricsListener.Event.STARTED,
            MetricsListener.Event.SUCCEEDED,
            MetricsListener.Event.STARTED,
            MetricsListener.Event.FAILED);
  }

  @Test
  void listeners_hear_why_it_was_given_up() {
    AtomicReference<RetryListener.Reason> reason = new AtomicReference<>();
    RetryListener listener =
        new RetryListener() {
          @Override
          public void onGiveUp(FailedAttempt failed, Reason why) {
            reason.set(why);
          }
        };
    Supplier<RetryPolicyBuilder> policy = () -> at_once().listener(listener);
    List<RetryPolicyBuilder> policies =
        List.of(
            policy.get().retryIf(error -> false),
            policy.get().maxAttempts(1),
            policy.get().backoff(Backoff.stop()),
            policy.get().backoff(Backoff.fixed(Duration.ofDays(1))).deadline(Duration.ofHours(1)),
            policy.get().budget(emptyBudget()));
    List<RetryListener.Reason> reasons = new ArrayList<>();
    for (RetryPolicyBuilder each : policies) {
      StepVerifier.create(each.build().execute(new Service(9))).verifyError(NetworkException.class);
      reasons.add(reason.getAndSet(null));
    }
    assertThat(reasons).containsExactly(RetryListener.Reason.values());
  }

  private static RetryBudget emptyBudget() {
    RetryBudget budget = RetryBudget.of(0, 0, 1);
    budget.tryWithdraw();
    return budget;
  }

  @Test
  void the_budget_is_shared_by_all_callers() {
    RetryBudget budget = RetryBudget.of(0, 0, 5);
    RetryPolicy one = at_once().maxAttempts(4).budget(budget).build();
    RetryPolicy two = at_once().maxAttempts(4).budget(budget).build();
    Service service = new Service(Integer.MAX_VALUE);
    StepVerifier.create(one.execute(service)).verifyError(NetworkException.class);
    StepVerifier.create(two.execute(service)).verifyError(NetworkException.class);
    StepVerifier.create(one.execute(service)).verifyError(NetworkException.class);
    // Three calls and five retries: 3 + 2 + 0.
    assertThat(service.calls).hasValue(8);
    assertThat(budget.balance()).isZero();
  }

  @Test
  void calls_fill_the_budget() {
    RetryBudget budget = RetryBudget.of(0.5, 0, 10);
    while (budget.tryWithdraw()) {
      assertThat(budget.balance()).isNotNegative();
    }
    RetryPolicy policy = at_once().budget(budget).build();
    for (int i = 0; i < 4; i++) {
      policy.execute(() -> Mono.just("good")).block();
    }
    assertThat(budget.balance()).isEqualTo(2);
  }

  @Test
  void abort_on_wins_over_everything() {
    AtomicInteger calls = new AtomicInteger();
    RetryPolicy policy =
        at_once().retryIf(error -> true).abortOn(IllegalArgumentException.class).build();
    StepVerifier.create(
            policy.execute(
                () -> {
                  calls.incrementAndGet();
                  return Mono.error(new NumberFormatException());
                }))
        .verifyError(NumberFormatException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  void retry_on_and_retry_if_add_up() {
    RetryPolicy policy =
        at_once()
            .maxAttempts(4)
            .retryOn(IOException.class)
            .retryIf(RetryPolicy.causedBy(NetworkException.class))
            .build();
    List<Exception> errors =
        List.of(
            new IOException(),
            new RuntimeException(new RetryableException("x", new NetworkException("deep"))),
            new IllegalStateException());
    StepVerifier.create(
            policy.executeAttempts(attempt -> Mono.error(errors.get(attempt.number() - 1))))
        .verifyErrorSatisfies(error -> assertThat(error).isSameAs(errors.get(2)));
  }

  @Test
  void a_wrapped_checked_exception_is_judged_by_what_it_wraps() {
    AtomicInteger calls = new AtomicInteger();
    RetryPolicy policy = at_once().retryOn(IOException.class).build();
    StepVerifier.create(
            policy.execute(
                () -> {
                  calls.incrementAndGet();
                  throw Exceptions.propagate(new IOException("wrapped"));
                }))
        .verifyError(IOException.class);
    assertThat(calls).hasValue(3);
  }

  @Test
  void policies_combine() {
    RetryPolicy two = new RetryPolicy(2, Backoff.none(), IOException.class::isInstance);
    RetryPolicy three = new RetryPolicy(3, Backoff.none(), error -> true);
    assertThat(calls(two.and(three), new IOException())).isEqualTo(2);
    assertThat(calls(two.and(three), new RuntimeException())).isEqualTo(1);
    assertThat(calls(two.or(three), new IOException())).isEqualTo(3);
    assertThat(calls(two.or(three), new RuntimeException())).isEqualTo(3);
    assertThat(calls(two.andThen(three), new IOException())).isEqualTo(4);
    assertThat(calls(two.andThen(three), new RuntimeException())).isEqualTo(3);
    assertThat(calls(two.or(three), new OutOfMemoryError("test"))).isEqualTo(1);
  }

  private static int calls(RetryPolicy policy, Throwable error) {
    AtomicInteger calls = new AtomicInteger();
    StepVerifier.create(
            policy.execute(
                () -> {
                  calls.incrementAndGet();
                  return Mono.error(error);
                }))
        .verifyErrorSatisfies(raised -> assertThat(raised).isSameAs(error));
    return calls.get();
  }

  @Test
  void a_million_failures_at_once_need_no_stack() {
    AtomicInteger calls = new AtomicInteger();
    NetworkException failure = new NetworkException("again");
    Mono<String> call =
        at_once()
            .unlimited()
            .build()
            .execute(
                () -> calls.incrementAndGet() <= 1_000_000 ? Mono.error(failure) : Mono.just("ok"));
    StepVerifier.create(call).expectNext("ok").verifyComplete();
    assertThat(calls).hasValue(1_000_001);
  }

  @Test
  void the_context_reaches_the_call() {
    RetryPolicy policy = at_once().build();
    AtomicInteger calls = new AtomicInteger();
    Mono<String> call =
        policy
            .execute(
                () ->
                    Mono.deferContextual(
                        context ->
                            calls.incrementAndGet() < 3
                                ? Mono.error(new NetworkException("x"))
                                : Mono.just(context.<String>get("key"))))
            .contextWrite(context -> context.put("key", "value"));
    StepVerifier.create(call).expectNext("value").verifyComplete();
  }

  @Test
  void the_operator_keeps_a_mono_a_mono_and_is_scannable() {
    RetryPolicy policy = at_once().name("orders").build();
    Mono<String> source = Mono.just("x").hide();
    Mono<String> mono = source.transform(policy.operator());
    assertThat(Scannable.from(mono).scan(Scannable.Attr.PARENT)).isSameAs(source);
    assertThat(Scannable.from(mono).scan(Scannable.Attr.NAME)).isEqualTo("orders");
    assertThat(Scannable.from(mono).scan(Scannable.Attr.RUN_STYLE))
        .isEqualTo(Scannable.Attr.RunStyle.SYNC);
    AtomicReference<Scannable> subscription = new AtomicReference<>();
    Mono<String> watched = mono.doOnSubscribe(each -> subscription.set(Scannable.from(each)));
    assertThat(watched.block()).isEqualTo("x");
    assertThat(subscription.get().scan(Scannable.Attr.TERMINATED)).isTrue();
    assertThat(subscription.get().scan(Scannable.Attr.CANCELLED)).isFalse();
    assertThat(subscription.get().scan(Scannable.Attr.ACTUAL)).isNotNull();
    assertThat(policy).hasToString("RetryPolicy(orders)");
  }

  @Test
  void contradictory_settings_are_refused_when_the_policy_is_built() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RetryPolicy(0, attempt -> Duration.ZERO, error -> true))
        .withMessage("maxAttempts must be positive, but was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RetryPolicy(-1, attempt -> Duration.ZERO, error -> true))
        .withMessageContaining("-1");
    assertThatIllegalArgumentException().isThrownBy(() -> RetryPolicy.builder().maxRetries(-1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryPolicy.builder().maxAttempts(3).maxRetries(3).build());
    assertThat(RetryPolicy.builder().maxAttempts(3).maxRetries(2).build()).isNotNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryPolicy.builder().maxAttempts(3).unlimited().build());
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                RetryPolicy.builder()
                    .attemptTimeout(Duration.ofSeconds(2))
                    .deadline(Duration.ofSeconds(1))
                    .build())
        .withMessageContaining("PT2S")
        .withMessageContaining("PT1S");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                RetryPolicy.builder()
                    .retryOn(IOException.class)
                    .abortOn(IOException.class)
                    .build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryPolicy.builder().deadline(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryPolicy.builder().attemptTimeout(Duration.ofMillis(-1)));
    assertThatNullPointerException()
        .isThrownBy(() -> RetryPolicy.builder().build().execute(null))
        .withMessageContaining("call");
    assertThatNullPointerException()
        .isThrownBy(() -> RetryPolicy.builder().budget(null))
        .withMessageContaining("budget");
  }

  @Test
  void a_flux_can_not_have_its_results_refused() {
    RetryPolicy policy = at_once().retryOnResult(Object.class, Objects::isNull).build();
    assertThatIllegalStateException().isThrownBy(() -> policy.executeFlux(Flux::empty));
    assertThatThrownBy(() -> Flux.just(1).transform(policy.operator()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_source_that_signals_after_its_end_is_dropped() {
    TestPublisher<String> wild =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    StepVerifier.create(wild.flux().transform(at_once().build().operator()))
        .then(() -> wild.next("a").complete())
        .then(() -> wild.next("b").error(new NetworkException("late")))
        .expectNext("a")
        .expectComplete()
        .verifyThenAssertThat()
        .hasDropped("b")
        .hasDroppedErrorWithMessage("late");
  }
}
