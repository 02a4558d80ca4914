package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.TooManyWaitersException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class CountDownLatchTest {

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void it_opens_at_zero_for_those_who_wait_and_those_who_come_later() {
    CountDownLatch latch = CountDownLatch.of(2);
    TestSubscriber<Void> waiter = subscribe(latch.await());
    assertThat(latch.countDown()).isFalse();
    assertThat(waiter.isTerminatedComplete()).isFalse();
    assertThat(latch.waiting()).isEqualTo(1);

    assertThat(latch.countDown()).isTrue();

    assertThat(waiter.isTerminatedComplete()).isTrue();
    assertThat(latch.count()).isZero();
    assertThat(latch.waiting()).isZero();
    assertThat(latch.countDown()).isFalse();
    StepVerifier.create(latch.await()).verifyComplete();
    StepVerifier.create(latch.await(Duration.ZERO)).expectNext(true).verifyComplete();
    StepVerifier.create(CountDownLatch.of(0).await()).verifyComplete();
  }

  @Test
  void several_steps_at_once_do_not_go_below_zero() {
    CountDownLatch latch = CountDownLatch.of(3);
    assertThat(latch.countDown(2)).isFalse();
    assertThat(latch.countDown(2)).isTrue();
    assertThat(latch.count()).isZero();
  }

  @Test
  void waiting_for_some_time_tells_whether_it_opened() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      CountDownLatch latch = CountDownLatch.of(1);
      TestSubscriber<Boolean> early = subscribe(latch.await(Duration.ofSeconds(1)));
      TestSubscriber<Boolean> late = subscribe(latch.await(Duration.ofSeconds(3)));
      time.advanceTimeBy(Duration.ofSeconds(2));
      assertThat(early.getReceivedOnNext()).containsExactly(false);
      latch.countDown();
      assertThat(late.getReceivedOnNext()).containsExactly(true);
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void waiters_are_served_in_order_and_the_cancelled_are_not() {
    CountDownLatch latch = CountDownLatch.of(1);
    List<Integer> order = new ArrayList<>();
    List<Disposable> waiters = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      waiters.add(latch.await().doOnSuccess(v -> order.add(number)).subscribe());
    }
    for (int i = 0; i < 100; i += 2) {
      waiters.get(i).dispose();
    }
    assertThat(latch.waiting()).isEqualTo(50);
    latch.countDown();
    assertThat(order).hasSize(50).isSorted().allMatch(i -> i % 2 == 1);
  }

  @Test
  void too_many_waiters_are_refused() {
    CountDownLatch latch = CountDownLatch.of(1, SyncOptions.named("start").maxWaiters(1));
    TestSubscriber<Void> first = subscribe(latch.await());
    StepVerifier.create(latch.await())
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(TooManyWaitersException.class)
                    .hasMessageContaining("count-down latch 'start'"));
    first.cancel();
    assertThat(subscribe(latch.await()).isTerminatedError()).isFalse();
  }

  @Test
  void many_waiters_are_released_in_constant_stack() {
    manyWaiters(100_000);
  }

  @Tag("stress")
  @Test
  void a_million_waiters_are_released_in_constant_stack() {
    manyWaiters(1_000_000);
  }

  private static void manyWaiters(int waiters) {
    CountDownLatch latch = CountDownLatch.of(1);
    AtomicInteger served = new AtomicInteger();
    Mono<Void> wait = latch.await().doOnSuccess(v -> served.incrementAndGet());
    for (int i = 0; i < waiters; i++) {
      Disposable ignored = wait.subscribe();
    }
    latch.countDown();
    assertThat(served).hasValue(waiters);
  }

  @Test
  void waiting_races_with_opening_and_nobody_is_left_behind() {
    for (int i = 0; i < 3_000; i++) {
      CountDownLatch latch = CountDownLatch.of(2);
      TestSubscriber<Void> waiter = TestSubscriber.create();
      AtomicInteger opened = new AtomicInteger();
      Runnable count = () -> opened.addAndGet(latch.countDown() ? 1 : 0);
      RaceTestUtils.race(count, count, () -> latch.await().subscribe(waiter));
      assertThat(waiter.isTerminatedComplete()).isTrue();
      assertThat(opened).hasValue(1);
    }
  }

  @Test
  void bad_arguments_fail_at_the_call() {
    assertThatThrownBy(() -> CountDownLatch.of(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("count", "-1");
    assertThatThrownBy(() -> CountDownLatch.of(1).countDown(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("steps");
  }
}
