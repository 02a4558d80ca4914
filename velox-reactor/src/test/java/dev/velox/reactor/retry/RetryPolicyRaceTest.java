package dev.velox.reactor.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;
import reactor.util.context.Context;

class RetryPolicyRaceTest {

  private static final int ROUNDS = 2_000;

  /** One attempt, signalled by hand, that knows what was asked of it. */
  private static final class Hand extends Flux<Integer> implements Subscription {
    final AtomicLong requested = new AtomicLong();
    final AtomicInteger cancelled = new AtomicInteger();
    volatile CoreSubscriber<? super Integer> subscriber;

    @Override
    public void subscribe(CoreSubscriber<? super Integer> actual) {
      subscriber = actual;
      actual.onSubscribe(this);
    }

    @Override
    public void request(long n) {
      requested.addAndGet(n);
    }

    @Override
    public void cancel() {
      cancelled.incrementAndGet();
    }
  }

  /** Checks that signals are serial and end once. */
  private static final class Checked extends BaseSubscriber<Integer> {
    final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger elements = new AtomicInteger();
    final AtomicInteger ends = new AtomicInteger();
    final AtomicInteger overlaps = new AtomicInteger();
    final AtomicReference<Throwable> error = new AtomicReference<>();
    final long first;

    Checked(long first) {
      this.first = first;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (first > 0) {
        subscription.request(first);
      }
    }

    @Override
    protected void hookOnNext(Integer value) {
      if (inside.getAndIncrement() != 0) {
        overlaps.incrementAndGet();
      }
      elements.incrementAndGet();
      Thread.onSpinWait();
      inside.decrementAndGet();
    }

    @Override
    protected void hookOnError(Throwable throwable) {
      if (inside.get() != 0) {
        overlaps.incrementAndGet();
      }
      error.set(throwable);
      ends.incrementAndGet();
    }

    @Override
    protected void hookOnComplete() {
      ends.incrementAndGet();
    }

    @Override
    public Context currentContext() {
      return Context.empty();
    }
  }

  private static RetryPolicyBuilder at_once() {
    return RetryPolicy.builder().unlimited().backoff(Backoff.none());
  }

  @Test
  void a_request_and_a_failure_leave_exactly_the_demand_that_is_open() {
    for (int i = 0; i < ROUNDS; i++) {
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(3);
      at_once().build().executeFlux(() -> hands[next.getAndIncrement()]).subscribe(subscriber);
      hands[0].subscriber.onNext(1);
      RaceTestUtils.race(
          () -> subscriber.request(5),
          () -> hands[0].subscriber.onError(new NetworkException("x")));
      // 3 + 5 were asked for and 1 has come: the next attempt is asked for 7, whoever came first.
      assertThat(hands[1].requested).hasValue(7);
    }
  }

  @Test
  void requests_from_two_sides_and_a_failure_add_up() {
    for (int i = 0; i < ROUNDS; i++) {
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(0);
      at_once().build().executeFlux(() -> hands[next.getAndIncrement()]).subscribe(subscriber);
      RaceTestUtils.race(
          () -> subscriber.request(2),
          () -> subscriber.request(3),
          () -> hands[0].subscriber.onError(new NetworkException("x")));
      assertThat(hands[1].requested).hasValue(5);
    }
  }

  @Test
  void a_cancellation_and_a_failure_leave_nothing_subscribed() {
    for (int i = 0; i < ROUNDS; i++) {
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      at_once().build().executeFlux(() -> hands[next.getAndIncrement()]).subscribe(subscriber);
      RaceTestUtils.race(
          subscriber::cancel, () -> hands[0].subscriber.onError(new RetryableException("x")));
      assertThat(subscriber.ends).hasValue(0);
      // The first has failed, which needs no cancellation; a second must not go on.
      if (next.get() == 2) {
        assertThat(hands[1].cancelled).hasPositiveValue();
      }
    }
  }

  @Test
  void a_cancellation_and_the_end_of_a_delay_leave_nothing_subscribed() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      RetryPolicy policy =
          RetryPolicy.builder()
              .backoff(Backoff.fixed(ofSeconds(1)))
              .timer(time)
              .runOn(time)
              .build();
      policy.executeFlux(() -> hands[next.getAndIncrement()]).subscribe(subscriber);
      time.advanceTime();
      hands[0].subscriber.onError(new NetworkException("x"));
      RaceTestUtils.race(subscriber::cancel, () -> time.advanceTimeBy(ofSeconds(1)));
      if (next.get() == 2) {
        assertThat(hands[1].cancelled).hasPositiveValue();
      }
      time.advanceTimeBy(ofSeconds(10));
      assertThat(next.get()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void an_element_and_a_time_out_are_serial_and_one_end_comes() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Hand hand = new Hand();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      RetryPolicy policy =
          RetryPolicy.builder().maxAttempts(1).attemptTimeout(ofSeconds(1)).timer(time).build();
      policy.executeFlux(() -> hand).subscribe(subscriber);
      RaceTestUtils.race(() -> hand.subscriber.onNext(1), () -> time.advanceTimeBy(ofSeconds(1)));
      assertThat(subscriber.overlaps).hasValue(0);
      assertThat(subscriber.ends).hasValue(1);
      assertThat(subscriber.error.get()).hasMessageContaining("PT1S");
      assertThat(hand.cancelled).hasValue(1);
    }
  }

  @Test
  void a_completion_and_a_time_out_give_one_end() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Hand hand = new Hand();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      RetryPolicy policy =
          RetryPolicy.builder().maxAttempts(1).deadline(ofSeconds(1)).timer(time).build();
      policy.executeFlux(() -> hand).subscribe(subscriber);
      RaceTestUtils.race(
          () -> hand.subscriber.onComplete(), () -> time.advanceTimeBy(ofSeconds(1)));
      assertThat(subscriber.ends).hasValue(1);
    }
  }

  @Test
  void a_cancellation_and_a_time_out_cancel_the_attempt_and_begin_no_other() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      RetryPolicy policy = at_once().attemptTimeout(ofSeconds(1)).timer(time).build();
      policy.executeFlux(() -> hands[next.getAndIncrement()]).subscribe(subscriber);
      RaceTestUtils.race(subscriber::cancel, () -> time.advanceTimeBy(ofSeconds(1)));
      assertThat(subscriber.ends).hasValue(0);
      assertThat(hands[0].cancelled).hasPositiveValue();
      if (next.get() == 2) {
        assertThat(hands[1].cancelled).hasPositiveValue();
      }
    }
  }

  @Test
  void under_retry_when_a_deadline_and_the_end_of_a_delay_give_one_end() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      VirtualTimeScheduler place = VirtualTimeScheduler.create();
      Hand hand = new Hand();
      AtomicInteger calls = new AtomicInteger();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      RetryPolicy policy =
          RetryPolicy.builder()
              .backoff(Backoff.fixed(ofMillis(999)))
              .deadline(ofSeconds(1))
              .timer(time)
              .runOn(place)
              .build();
      Flux.<Integer>defer(
              () -> calls.incrementAndGet() == 1 ? Flux.error(new NetworkException("x")) : hand)
          .retryWhen(policy)
          .subscribe(subscriber);
      time.advanceTimeBy(ofMillis(999));
      RaceTestUtils.race(place::advanceTime, () -> time.advanceTimeBy(ofMillis(1)));
      assertThat(subscriber.ends).hasValue(1);
      assertThat(subscriber.error.get()).hasMessageContaining("deadline");
      if (calls.get() == 2) {
        assertThat(hand.cancelled).hasPositiveValue();
      }
    }
  }

  @Test
  void a_refused_result_is_discarded_once_whoever_ends_its_attempt() {
    for (int i = 0; i < ROUNDS; i++) {
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      List<Integer> discarded = new CopyOnWriteArrayList<>();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      at_once()
          .retryOnResult(Integer.class, value -> true)
          .build()
          .execute(() -> Mono.fromDirect(hands[next.getAndIncrement()]))
          .doOnDiscard(Integer.class, discarded::add)
          .subscribe(subscriber);
      RaceTestUtils.race(
          subscriber::cancel,
          () -> {
            hands[0].subscriber.onNext(7);
            hands[0].subscriber.onComplete();
          });
      assertThat(discarded).containsExactly(7);
      assertThat(subscriber.elements).hasValue(0);
    }
  }

  @Test
  void a_hedge_s_two_answers_and_a_cancellation_give_at_most_one_signal() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      List<Integer> discarded = new CopyOnWriteArrayList<>();
      VirtualTimeScheduler.set(time);
      try {
        Hedge.after(ofMillis(1))
            .execute(() -> Mono.fromDirect(hands[next.getAndIncrement()]))
            .doOnDiscard(Integer.class, discarded::add)
            .subscribe(subscriber);
        time.advanceTimeBy(ofMillis(1));
      } finally {
        VirtualTimeScheduler.reset();
      }
      assertThat(next).hasValue(2);
      RaceTestUtils.race(
          () -> hands[0].subscriber.onNext(1),
          () -> hands[1].subscriber.onNext(2),
          subscriber::cancel);
      assertThat(subscriber.elements.get() + discarded.size()).isEqualTo(2);
      assertThat(subscriber.elements.get()).isLessThan(2);
      assertThat(subscriber.ends.get()).isLessThanOrEqualTo(subscriber.elements.get());
    }
  }

  @Test
  void a_hedge_s_two_failures_end_it_once_with_both_errors() {
    for (int i = 0; i < ROUNDS; i++) {
      VirtualTimeScheduler time = VirtualTimeScheduler.create();
      Hand[] hands = {new Hand(), new Hand()};
      AtomicInteger next = new AtomicInteger();
      Checked subscriber = new Checked(Long.MAX_VALUE);
      VirtualTimeScheduler.set(time);
      try {
        Hedge.after(ofMillis(1))
            .execute(() -> Mono.fromDirect(hands[next.getAndIncrement()]))
            .subscribe(subscriber);
        time.advanceTimeBy(ofMillis(1));
      } finally {
        VirtualTimeScheduler.reset();
      }
      RaceTestUtils.race(
          () -> hands[0].subscriber.onError(new NetworkException("one")),
          () -> hands[1].subscriber.onError(new NetworkException("two")));
      assertThat(subscriber.ends).hasValue(1);
      assertThat(subscriber.error.get().getSuppressed()).hasSize(1);
    }
  }

  @Test
  @Tag("stress")
  void many_operations_under_one_policy_on_real_threads_all_end_as_they_should() {
    AtomicInteger calls = new AtomicInteger();
    RetryPolicy policy =
        RetryPolicy.builder()
            .maxAttempts(4)
            .backoff(Backoff.fixed(ofMillis(2)).jitter(Jitter.FULL))
            .attemptTimeout(ofSeconds(20))
            .deadline(Duration.ofMinutes(1))
            .build();
    long sum =
        Flux.range(0, 200_000)
            .flatMap(
                i ->
                    policy.executeAttempts(
                        attempt -> {
                          calls.incrementAndGet();
                          return attempt.number() <= i % 4
                              ? Mono.<Long>error(new NetworkException("x"))
                                  .subscribeOn(Schedulers.parallel())
                              : Mono.just(1L);
                        }),
                1024)
            .reduce(0L, Long::sum)
            .block(Duration.ofMinutes(2));
    assertThat(sum).isEqualTo(200_000);
    assertThat(calls).hasValue(200_000 / 4 * (1 + 2 + 3 + 4));
  }

  @Test
  @Tag("stress")
  void ten_thousand_operations_in_back_off_are_cancelled_and_leave_no_timer() {
    CountingTimer timer = new CountingTimer(Schedulers.parallel());
    RetryPolicy policy =
        RetryPolicy.builder().backoff(Backoff.fixed(Duration.ofMinutes(10))).timer(timer).build();
    List<Disposable> operations =
        Flux.range(0, 10_000)
            .map(i -> policy.execute(() -> Mono.error(new NetworkException("x"))).subscribe())
            .collectList()
            .block();
    assertThat(timer.pending()).isEqualTo(10_000);
    operations.forEach(Disposable::dispose);
    assertThat(timer.pending()).isZero();
  }
}
