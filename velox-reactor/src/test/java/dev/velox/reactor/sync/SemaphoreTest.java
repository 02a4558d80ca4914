package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.TooManyWaitersException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class SemaphoreTest {

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  private static boolean has(TestSubscriber<Lease> subscriber) {
    return !subscriber.getReceivedOnNext().isEmpty();
  }

  @Test
  void it_lends_as_many_permits_as_it_has() {
    Semaphore semaphore = Semaphore.of(3);
    Lease two = semaphore.tryAcquire(2).orElseThrow();
    assertThat(two.permits()).isEqualTo(2);
    assertThat(semaphore.tryAcquire(2)).isEmpty();
    Lease one = semaphore.acquire().block();
    assertThat(semaphore.available()).isZero();
    assertThat(semaphore.tryAcquire(1)).isEmpty();

    two.release();
    two.release();
    one.release();

    assertThat(semaphore.available()).isEqualTo(3);
    assertThat(semaphore.permits()).isEqualTo(3);
  }

  @Test
  void at_most_so_many_run_at_once_over_all_pipelines() {
    Semaphore semaphore = Semaphore.of(4);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Flux<Integer> query =
        Flux.defer(
                () -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  return Mono.delay(Duration.ofMillis(1))
                      .then(Mono.fromSupplier(running::decrementAndGet));
                })
            .transform(semaphore.limit(1));

    Flux.merge(
            Flux.range(0, 100).flatMap(i -> query, 50), Flux.range(0, 100).flatMap(i -> query, 50))
        .blockLast();

    assertThat(most).hasValue(4);
    assertThat(running).hasValue(0);
    assertThat(semaphore.available()).isEqualTo(4);
  }

  @Test
  void permits_are_given_back_however_a_body_ends() {
    Semaphore semaphore = Semaphore.of(2);
    assertThat(semaphore.withPermit(Mono.just(1)).block()).isEqualTo(1);
    assertThat(Mono.just(1).transform(semaphore::withPermit).block()).isEqualTo(1);
    assertThat(semaphore.withPermits(2, Flux.range(0, 3)).count().block()).isEqualTo(3);
    StepVerifier.create(semaphore.withPermits(2, Mono.error(new IllegalStateException())))
        .verifyError(IllegalStateException.class);
    TestSubscriber<Object> never = subscribe(semaphore.withPermit(Flux.never()));
    assertThat(semaphore.available()).isEqualTo(1);
    never.cancel();
    assertThat(semaphore.available()).isEqualTo(2);
  }

  @Test
  void a_section_may_ask_for_more_inside() {
    Semaphore semaphore = Semaphore.of(2);
    assertThat(semaphore.withPermit(semaphore.withPermit(Mono.just(1))).block()).isEqualTo(1);
    StepVerifier.create(
            semaphore.withPermits(2, semaphore.withPermits(1, Mono.just(1), Duration.ofMillis(1))))
        .verifyError(TimeoutException.class);
    assertThat(semaphore.available()).isEqualTo(2);
  }

  @Test
  void a_big_request_is_served_though_small_ones_keep_coming() {
    Semaphore semaphore = Semaphore.of(5);
    List<Lease> small = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      small.add(semaphore.tryAcquire(1).orElseThrow());
    }
    TestSubscriber<Lease> big = subscribe(semaphore.acquire(5));
    List<TestSubscriber<Lease>> later = new ArrayList<>();
    for (Lease each : small) {
      // One more small one for each that goes: none of them overtakes.
      later.add(subscribe(semaphore.acquire(1)));
      assertThat(semaphore.tryAcquire(1)).isEmpty();
      assertThat(has(big)).isFalse();
      each.release();
    }
    assertThat(has(big)).isTrue();
    assertThat(later).noneMatch(SemaphoreTest::has);

    big.getReceivedOnNext().get(0).release();
    assertThat(later).allMatch(SemaphoreTest::has);
  }

  @Test
  void cancelling_a_big_request_lets_the_small_ones_behind_it_through() {
    Semaphore semaphore = Semaphore.of(3);
    Lease one = semaphore.tryAcquire(1).orElseThrow();
    TestSubscriber<Lease> big = subscribe(semaphore.acquire(3));
    TestSubscriber<Lease> small = subscribe(semaphore.acquire(1));
    TestSubscriber<Lease> two = subscribe(semaphore.acquire(2));
    assertThat(has(small)).isFalse();

    big.cancel();

    assertThat(has(small)).isTrue();
    assertThat(has(two)).isFalse();
    one.release();
    assertThat(has(two)).isTrue();
  }

  @Test
  void one_release_serves_as_many_as_fit_in_order() {
    Semaphore semaphore = Semaphore.of(5);
    Lease all = semaphore.tryAcquire(5).orElseThrow();
    TestSubscriber<Lease> two = subscribe(semaphore.acquire(2));
    TestSubscriber<Lease> one = subscribe(semaphore.acquire(1));
    TestSubscriber<Lease> three = subscribe(semaphore.acquire(3));
    TestSubscriber<Lease> last = subscribe(semaphore.acquire(1));
    all.release();
    assertThat(has(two)).isTrue();
    assertThat(has(one)).isTrue();
    assertThat(has(three)).isFalse();
    assertThat(has(last)).as("does not overtake").isFalse();
    assertThat(semaphore.available()).isEqualTo(2);
    assertThat(semaphore.waiting()).isEqualTo(2);
  }

  @Test
  void it_can_be_resized_up_down_and_to_nothing() {
    Semaphore semaphore = Semaphore.of(1);
    Lease first = semaphore.tryAcquire(1).orElseThrow();
    TestSubscriber<Lease> second = subscribe(semaphore.acquire(1));
    TestSubscriber<Lease> third = subscribe(semaphore.acquire(2));
    semaphore.resize(2);
    assertThat(has(second)).isTrue();
    semaphore.resize(4);
    assertThat(has(third)).isTrue();

    semaphore.resize(0);
    assertThat(semaphore.available()).isEqualTo(-4);
    assertThat(semaphore.permits()).isZero();
    TestSubscriber<Lease> paused = subscribe(semaphore.acquire(1));
    first.release();
    second.getReceivedOnNext().get(0).release();
    third.getReceivedOnNext().get(0).release();
    assertThat(semaphore.available()).isZero();
    assertThat(has(paused)).isFalse();
    semaphore.resize(1);
    assertThat(has(paused)).isTrue();
  }

  @Test
  void a_request_for_more_than_there_are_waits_until_there_are() {
    Semaphore semaphore = Semaphore.of(1);
    TestSubscriber<Lease> big = subscribe(semaphore.acquire(3));
    assertThat(has(big)).isFalse();
    semaphore.resize(3);
    assertThat(has(big)).isTrue();
  }

  @Test
  void it_refuses_too_many_waiters_and_those_who_wait_too_long() {
    Semaphore semaphore = Semaphore.of(1, SyncOptions.named("calls").maxWaiters(1));
    Lease lease = semaphore.tryAcquire(1).orElseThrow();
    StepVerifier.create(semaphore.acquire(1, Duration.ofMillis(1)))
        .verifyError(TimeoutException.class);
    StepVerifier.create(semaphore.withPermits(1, Flux.just(1), Duration.ofMillis(1)))
        .verifyError(TimeoutException.class);
    TestSubscriber<Lease> waits = subscribe(semaphore.acquire());
    StepVerifier.create(semaphore.acquire())
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(TooManyWaitersException.class)
                    .hasMessageContaining("semaphore 'calls'"));
    lease.release();
    assertThat(has(waits)).isTrue();
  }

  @Test
  void bad_arguments_fail_at_the_call() {
    Semaphore semaphore = Semaphore.of(1);
    assertThatThrownBy(() -> Semaphore.of(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("permits", "-1");
    assertThatThrownBy(() -> semaphore.acquire(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("permits", "0");
    assertThatThrownBy(() -> semaphore.limit(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> semaphore.resize(-2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> semaphore.withPermits(1, (Mono<?>) null))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void more_permits_than_are_kept_as_constants_work_as_well() {
    Semaphore semaphore = Semaphore.of(1_000);
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      leases.add(semaphore.tryAcquire(1).orElseThrow());
    }
    assertThat(semaphore.tryAcquire(1)).isEmpty();
    leases.forEach(Lease::release);
    assertThat(semaphore.available()).isEqualTo(1_000);
  }

  @Test
  void permits_are_neither_lost_nor_made_whatever_races() {
    permitsAreKept(3_000);
  }

  @Tag("stress")
  @Test
  void permits_are_neither_lost_nor_made_whatever_races_ever() {
    permitsAreKept(100_000);
  }

  private static void permitsAreKept(int races) {
    for (int i = 0; i < races; i++) {
      Semaphore semaphore = Semaphore.of(3);
      Lease two = semaphore.tryAcquire(2).orElseThrow();
      TestSubscriber<Lease> big = subscribe(semaphore.acquire(3));
      // It may get its permit later than the race, when the big one's come back.
      TestSubscriber<Lease> small = subscribe(semaphore.acquire(1).doOnNext(Lease::release));

      switch (i % 3) {
        case 0 -> RaceTestUtils.race(big::cancel, two::release);
        case 1 -> RaceTestUtils.race(big::cancel, small::cancel, two::release);
        default -> RaceTestUtils.race(() -> semaphore.resize(4), big::cancel, two::release);
      }

      two.release();
      big.getReceivedOnNext().forEach(Lease::release);
      semaphore.resize(3);
      // A cancellation that came after the delivery releases on the hand-over scheduler.
      semaphore.acquire(3, Duration.ofSeconds(20)).block().release();
      assertThat(semaphore.available()).isEqualTo(3);
      assertThat(semaphore.waiting()).isZero();
    }
  }

  @Test
  void never_more_than_the_permits_are_out() {
    Semaphore semaphore = Semaphore.of(5);
    AtomicInteger out = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Flux.range(0, 4)
        .flatMap(
            task ->
                Flux.range(1, 5_000)
                    .concatMap(
                        i -> {
                          int permits = 1 + (i + task) % 5;
                          return semaphore.withPermits(
                              permits,
                              Mono.fromRunnable(
                                  () -> {
                                    most.accumulateAndGet(out.addAndGet(permits), Math::max);
                                    out.addAndGet(-permits);
                                  }));
                        })
                    .subscribeOn(Schedulers.parallel()))
        .blockLast();
    assertThat(most.get()).isBetween(1, 5);
    assertThat(semaphore.available()).isEqualTo(5);
  }
}
