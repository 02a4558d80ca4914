package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class KeyedMutexTest {

  private final KeyedMutex<String> mutex = KeyedMutex.create();

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  @Test
  void one_key_excludes_and_two_do_not() {
    Sinks.Empty<Void> end = Sinks.empty();
    subscribe(mutex.withLock("a", end.asMono()));
    TestSubscriber<Integer> same = subscribe(mutex.withLock("a", Mono.just(1)));
    TestSubscriber<Integer> other = subscribe(mutex.withLock("b", Flux.just(2)));
    assertThat(other.getReceivedOnNext()).containsExactly(2);
    assertThat(same.getReceivedOnNext()).isEmpty();
    assertThat(mutex.isLocked("a")).isTrue();
    assertThat(mutex.isLocked("b")).isFalse();
    assertThat(mutex.waiting("a")).isEqualTo(1);
    assertThat(mutex.activeKeys()).isEqualTo(1);
    assertThat(mutex.tryLock("a")).isEmpty();
    StepVerifier.create(mutex.lock("a", Duration.ofMillis(1))).verifyError(TimeoutException.class);
    StepVerifier.create(mutex.withLock("a", Mono.just(1), Duration.ZERO))
        .verifyError(TimeoutException.class);
    StepVerifier.create(mutex.withLock("a", Flux.just(1), Duration.ZERO))
        .verifyError(TimeoutException.class);

    end.tryEmitEmpty();

    assertThat(same.getReceivedOnNext()).containsExactly(1);
    assertThat(mutex.activeKeys()).isZero();
  }

  @Test
  void a_key_costs_nothing_when_it_is_idle() {
    Lease lease = mutex.lock("a").block();
    assertThat(mutex.activeKeys()).isEqualTo(1);
    lease.release();
    assertThat(mutex.activeKeys()).isZero();

    TestSubscriber<Lease> idle = TestSubscriber.builder().initialRequest(0).build();
    mutex.lock("b").subscribe(idle);
    assertThat(mutex.activeKeys()).isZero();

    Lease held = mutex.tryLock("c").orElseThrow();
    TestSubscriber<Object> waiter = subscribe(mutex.withLock("c", Mono.never()));
    waiter.cancel();
    held.release();
    assertThat(mutex.activeKeys()).isZero();
  }

  @Test
  void a_million_keys_leave_nothing_behind() {
    KeyedMutex<Integer> many = KeyedMutex.create();
    AtomicInteger runs = new AtomicInteger();
    Flux.range(0, 1_000_000)
        .concatMap(i -> many.withLock(i, Mono.fromRunnable(runs::incrementAndGet)))
        .blockLast();
    assertThat(runs).hasValue(1_000_000);
    assertThat(many.activeKeys()).isZero();
  }

  @Test
  void a_section_inside_its_own_key_fails_and_inside_another_does_not() {
    StepVerifier.create(mutex.withLock("a", mutex.withLock("a", Mono.just(1))))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(SelfDeadlockException.class)
                    .hasMessageContaining("keyed mutex of a"));
    assertThat(mutex.withLock("a", mutex.withLock("b", Mono.just(1))).block()).isEqualTo(1);
    assertThat(mutex.activeKeys()).isZero();
  }

  @Test
  void keys_exclude_while_they_come_and_go() {
    int[] plain = new int[3];
    KeyedMutex<Integer> keys = KeyedMutex.create();
    Flux.range(0, 4)
        .flatMap(
            task ->
                Flux.range(0, 10_000)
                    .concatMap(i -> keys.withLock(i % 3, Mono.fromRunnable(() -> plain[i % 3]++)))
                    .subscribeOn(Schedulers.parallel()))
        .blockLast();
    assertThat(plain[0] + plain[1] + plain[2]).isEqualTo(40_000);
    assertThat(keys.activeKeys()).isZero();
  }

  @Test
  void a_key_that_retires_as_somebody_comes_serves_him() {
    for (int i = 0; i < 3_000; i++) {
      Lease lease = mutex.tryLock("a").orElseThrow();
      TestSubscriber<Integer> newcomer = TestSubscriber.create();
      TestSubscriber<Object> left = subscribe(mutex.withLock("a", Mono.never()));
      RaceTestUtils.race(
          lease::release,
          () -> mutex.withLock("a", Mono.just(1)).subscribe(newcomer),
          left::cancel);
      newcomer.block();
      assertThat(newcomer.getReceivedOnNext()).containsExactly(1);
      assertThat(mutex.activeKeys()).isZero();
    }
  }

  @Test
  void bad_arguments_fail_at_the_call() {
    assertThatThrownBy(() -> mutex.lock(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("key");
    assertThatThrownBy(() -> mutex.withLock("a", (Mono<?>) null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("body");
  }
}
