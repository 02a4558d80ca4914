package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.sync.CyclicBarrier.WhenPartyLeaves;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class CyclicBarrierTest {

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void all_go_on_when_the_last_has_come_again_and_again() {
    CyclicBarrier barrier = CyclicBarrier.of(3);
    for (int round = 0; round < 3; round++) {
      TestSubscriber<Integer> first = subscribe(barrier.await());
      TestSubscriber<Integer> second = subscribe(barrier.await());
      assertThat(first.isTerminated()).isFalse();
      assertThat(barrier.waiting()).isEqualTo(2);

      TestSubscriber<Integer> last = subscribe(barrier.await());

      assertThat(first.getReceivedOnNext()).containsExactly(2);
      assertThat(second.getReceivedOnNext()).containsExactly(1);
      assertThat(last.getReceivedOnNext()).containsExactly(0);
      assertThat(barrier.waiting()).isZero();
    }
    assertThat(CyclicBarrier.of(1).await().block()).isZero();
  }

  @Test
  void a_party_that_leaves_breaks_it_for_all_until_it_is_reset() {
    CyclicBarrier barrier = CyclicBarrier.of(3, WhenPartyLeaves.BREAK, SyncOptions.named("start"));
    TestSubscriber<Integer> stays = subscribe(barrier.await());
    TestSubscriber<Integer> leaves = subscribe(barrier.await());

    leaves.cancel();

    assertThat(stays.expectTerminalError())
        .isInstanceOf(BrokenBarrierException.class)
        .hasMessageContainingAll("cyclic barrier 'start'", "left");
    assertThat(barrier.isBroken()).isTrue();
    StepVerifier.create(barrier.await()).verifyError(BrokenBarrierException.class);

    barrier.reset();
    assertThat(barrier.isBroken()).isFalse();
    TestSubscriber<Integer> again = subscribe(barrier.await());
    barrier.reset();
    assertThat(again.expectTerminalError()).isInstanceOf(BrokenBarrierException.class);
    assertThat(barrier.isBroken()).isFalse();
  }

  @Test
  void a_party_that_leaves_can_be_made_up_for() {
    CyclicBarrier barrier = CyclicBarrier.of(3, WhenPartyLeaves.RESTORE);
    TestSubscriber<Integer> leaves = subscribe(barrier.await());
    TestSubscriber<Integer> stays = subscribe(barrier.await());
    leaves.cancel();
    assertThat(barrier.waiting()).isEqualTo(1);
    TestSubscriber<Integer> second = subscribe(barrier.await());
    assertThat(stays.isTerminated()).isFalse();
    TestSubscriber<Integer> last = subscribe(barrier.await());
    assertThat(stays.getReceivedOnNext()).containsExactly(2);
    assertThat(second.getReceivedOnNext()).containsExactly(1);
    assertThat(last.getReceivedOnNext()).containsExactly(0);
  }

  @Test
  void a_party_whose_time_is_over_leaves() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      CyclicBarrier barrier = CyclicBarrier.of(2);
      TestSubscriber<Integer> late = subscribe(barrier.await(Duration.ofSeconds(1)));
      time.advanceTimeBy(Duration.ofSeconds(1));
      assertThat(late.expectTerminalError()).isInstanceOf(TimeoutException.class);
      assertThat(barrier.isBroken()).isTrue();

      CyclicBarrier patient = CyclicBarrier.of(2, WhenPartyLeaves.RESTORE);
      subscribe(patient.await(Duration.ofSeconds(1)));
      time.advanceTimeBy(Duration.ofSeconds(1));
      assertThat(patient.waiting()).isZero();
      assertThat(patient.isBroken()).isFalse();
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void leaving_races_with_the_last_arrival_and_nobody_is_left_waiting() {
    for (int i = 0; i < 3_000; i++) {
      CyclicBarrier barrier =
          CyclicBarrier.of(3, i % 2 == 0 ? WhenPartyLeaves.BREAK : WhenPartyLeaves.RESTORE);
      TestSubscriber<Integer> stays = subscribe(barrier.await());
      TestSubscriber<Integer> leaves = subscribe(barrier.await());
      TestSubscriber<Integer> last = TestSubscriber.create();

      RaceTestUtils.race(leaves::cancel, () -> barrier.await().subscribe(last));

      if (!last.isTerminated()) {
        assertThat(barrier.waiting()).isEqualTo(2);
        subscribe(barrier.await());
      }
      stays.block();
      last.block();
      assertThat(stays.isTerminatedComplete()).isEqualTo(last.isTerminatedComplete());
      assertThat(barrier.waiting()).isZero();
    }
  }

  @Test
  void parties_on_many_threads_go_round_together() {
    CyclicBarrier barrier = CyclicBarrier.of(4);
    AtomicInteger arrived = new AtomicInteger();
    AtomicInteger wrong = new AtomicInteger();
    Flux.range(0, 4)
        .flatMap(
            party ->
                Flux.range(1, 500)
                    .concatMap(
                        round ->
                            Mono.fromRunnable(arrived::incrementAndGet)
                                .then(barrier.await())
                                .doOnNext(
                                    index -> {
                                      if (arrived.get() < 4 * round) {
                                        wrong.incrementAndGet();
                                      }
                                    }))
                    .subscribeOn(Schedulers.parallel()))
        .blockLast();
    assertThat(arrived).hasValue(2_000);
    assertThat(wrong).hasValue(0);
  }

  @Test
  void bad_arguments_fail_at_the_call() {
    assertThatThrownBy(() -> CyclicBarrier.of(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("parties", "0");
    assertThatThrownBy(() -> CyclicBarrier.of(2).await(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxWait");
  }
}
