package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.TooManyWaitersException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class ConditionTest {

  private final Mutex mutex = Mutex.create();
  private final Condition condition = mutex.newCondition();

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  private void assertFree() {
    assertThat(mutex.isLocked()).isFalse();
    assertThat(mutex.waiting()).isZero();
    assertThat(condition.waiting()).isZero();
  }

  @Test
  void a_wait_leaves_the_mutex_to_others_and_has_it_again_after_the_signal() {
    AtomicBoolean lockedAfter = new AtomicBoolean();
    TestSubscriber<Void> waiter =
        subscribe(
            mutex.withLock(
                condition
                    .await()
                    .then(Mono.fromRunnable(() -> lockedAfter.set(mutex.isLocked())))));
    assertThat(condition.waiting()).isEqualTo(1);
    assertThat(mutex.isLocked()).isFalse();

    assertThat(condition.signal()).isTrue();

    assertThat(waiter.isTerminatedComplete()).isTrue();
    assertThat(lockedAfter).isTrue();
    assertFree();
  }

  @Test
  void it_completes_only_when_the_mutex_is_free_again() {
    Sinks.Empty<Void> end = Sinks.empty();
    TestSubscriber<Void> waiter = subscribe(mutex.withLock(condition.await()));
    TestSubscriber<Void> inside =
        subscribe(mutex.withLock(Mono.<Void>fromRunnable(condition::signal).then(end.asMono())));
    assertThat(waiter.isTerminatedComplete()).isFalse();
    assertThat(mutex.waiting()).isEqualTo(1);

    end.tryEmitEmpty();

    assertThat(inside.isTerminatedComplete()).isTrue();
    assertThat(waiter.isTerminatedComplete()).isTrue();
    assertFree();
  }

  @Test
  void a_signal_that_finds_nobody_is_not_remembered() {
    assertThat(condition.signal()).isFalse();
    assertThat(condition.broadcast()).isZero();
    TestSubscriber<Void> waiter = subscribe(mutex.withLock(condition.await()));
    assertThat(waiter.isTerminatedComplete()).isFalse();
    waiter.cancel();
    assertFree();
  }

  @Test
  void signals_wake_in_order_one_at_a_time_and_a_broadcast_all() {
    List<Integer> woken = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      subscribe(mutex.withLock(condition.await().doOnTerminate(() -> woken.add(number))));
    }
    condition.signal();
    assertThat(woken).containsExactly(0);
    condition.signal();
    assertThat(woken).containsExactly(0, 1);

    assertThat(condition.broadcast()).isEqualTo(3);

    assertThat(woken).containsExactly(0, 1, 2, 3, 4);
    assertFree();
  }

  @Test
  void a_wait_with_a_lease_keeps_it() {
    Lease lease = mutex.lock().block();
    TestSubscriber<Void> waiter = subscribe(condition.await(lease));
    assertThat(lease.isHeld()).isFalse();

    condition.signal();

    assertThat(waiter.isTerminatedComplete()).isTrue();
    assertThat(lease.isHeld()).isTrue();
    assertThat(lease.release()).isTrue();
    assertFree();
  }

  @Test
  void a_wait_for_something_that_is_true_does_not_wait_and_else_until_it_is() {
    AtomicInteger level = new AtomicInteger(1);
    AtomicInteger asked = new AtomicInteger();
    Mono<Void> wait =
        mutex.withLock(
            condition.await(
                () -> {
                  assertThat(mutex.isLocked()).isTrue();
                  asked.incrementAndGet();
                  return level.get() >= 2;
                }));
    TestSubscriber<Void> waiter = subscribe(wait);
    condition.signal();
    assertThat(waiter.isTerminatedComplete()).isFalse();
    assertThat(condition.waiting()).isEqualTo(1);
    level.set(2);
    condition.signal();
    assertThat(waiter.isTerminatedComplete()).isTrue();
    assertThat(asked).hasValue(3);

    assertThat(subscribe(wait).isTerminatedComplete()).isTrue();
    assertFree();
  }

  @Test
  void a_predicate_that_throws_ends_the_section() {
    StepVerifier.create(
            mutex.withLock(
                condition.await(
                    () -> {
                      throw new IllegalArgumentException("predicate");
                    })))
        .verifyErrorMessage("predicate");
    assertFree();
  }

  @Test
  void a_wait_without_the_mutex_is_refused() {
    StepVerifier.create(condition.await()).verifyError(IllegalStateException.class);
    Lease released = mutex.lock().block();
    released.release();
    StepVerifier.create(condition.await(released)).verifyError(IllegalStateException.class);
    Lease foreign = Mutex.create().lock().block();
    assertThatThrownBy(() -> condition.await(foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lease");
    StepVerifier.create(Mutex.create().withLock(condition.await()))
        .verifyError(IllegalStateException.class);
    assertFree();
  }

  @Test
  void a_wait_inside_a_nested_section_is_refused() {
    Mutex reentrant = Mutex.reentrant();
    Condition inner = reentrant.newCondition();
    StepVerifier.create(reentrant.withLock(reentrant.withLock(inner.await())))
        .verifyError(IllegalStateException.class);
    TestSubscriber<Void> outermost = subscribe(reentrant.withLock(inner.await()));
    inner.signal();
    assertThat(outermost.isTerminatedComplete()).isTrue();
    assertThat(reentrant.isLocked()).isFalse();
  }

  @Test
  void a_wait_whose_time_is_over_has_the_mutex_again() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      Lease lease = mutex.tryLock().orElseThrow();
      TestSubscriber<Boolean> waiter = subscribe(condition.await(lease, Duration.ofSeconds(1)));
      TestSubscriber<Void> other = subscribe(mutex.withLock(Mono.never()));

      time.advanceTimeBy(Duration.ofSeconds(1));

      assertThat(condition.waiting()).isZero();
      assertThat(waiter.getReceivedOnNext()).isEmpty();
      other.cancel();
      assertThat(waiter.getReceivedOnNext()).containsExactly(false);
      assertThat(lease.isHeld()).isTrue();

      TestSubscriber<Boolean> signalled = subscribe(condition.await(lease, Duration.ofSeconds(1)));
      condition.signal();
      assertThat(signalled.getReceivedOnNext()).containsExactly(true);
      time.advanceTimeBy(Duration.ofSeconds(1));
      lease.release();
      assertFree();
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void a_cancelled_wait_ends_without_the_mutex() {
    Lease lease = mutex.tryLock().orElseThrow();
    TestSubscriber<Void> waiter = subscribe(condition.await(lease));
    waiter.cancel();
    assertThat(lease.isHeld()).isFalse();
    assertThat(lease.release()).isFalse();
    assertFree();
  }

  @Test
  void a_lease_released_while_it_waits_is_not_held_again() {
    Lease lease = mutex.tryLock().orElseThrow();
    TestSubscriber<Void> first = subscribe(condition.await(lease));
    TestSubscriber<Void> second = subscribe(mutex.withLock(condition.await()));
    assertThat(lease.release()).isTrue();

    condition.signal();

    assertThat(first.expectTerminalError()).isInstanceOf(IllegalStateException.class);
    assertThat(second.isTerminatedComplete()).as("the signal goes to the next").isTrue();
    assertFree();
  }

  @Test
  void a_wait_cancelled_after_its_signal_passes_it_on() {
    Sinks.Empty<Void> end = Sinks.empty();
    TestSubscriber<Void> first = subscribe(mutex.withLock(condition.await()));
    TestSubscriber<Void> second = subscribe(mutex.withLock(condition.await()));
    subscribe(mutex.withLock(end.asMono()));
    condition.signal(); // the first waits for the mutex now

    first.cancel();
    assertThat(condition.waiting()).isZero();
    end.tryEmitEmpty();

    assertThat(second.isTerminatedComplete()).isTrue();
    assertFree();
  }

  @Test
  void more_waiters_than_allowed_are_refused_and_still_hold_the_mutex() {
    Mutex limited = Mutex.create(SyncOptions.defaults().maxWaiters(1));
    Condition crowded = limited.newCondition();
    TestSubscriber<Void> waiter = subscribe(limited.withLock(crowded.await()));
    Lease lease = limited.tryLock().orElseThrow();
    StepVerifier.create(crowded.await(lease)).verifyError(TooManyWaitersException.class);
    assertThat(lease.isHeld()).isTrue();
    lease.release();
    crowded.signal();
    assertThat(waiter.isTerminatedComplete()).isTrue();
  }

  @Test
  void a_wait_cancelled_as_it_is_signalled_loses_no_signal() {
    cancelledAsSignalled(3_000);
  }

  @Tag("stress")
  @Test
  void a_wait_cancelled_as_it_is_signalled_loses_no_signal_ever() {
    cancelledAsSignalled(100_000);
  }

  private static void cancelledAsSignalled(int races) {
    for (int i = 0; i < races; i++) {
      Mutex mutex = Mutex.create();
      Condition condition = mutex.newCondition();
      AtomicInteger completed = new AtomicInteger();
      Mono<Void> wait =
          mutex.withLock(condition.await().doOnSuccess(done -> completed.incrementAndGet()));
      TestSubscriber<Void> first = subscribe(wait);
      TestSubscriber<Void> second = subscribe(wait);

      RaceTestUtils.race(first::cancel, condition::signal);

      // One signal, one wake-up: the first one's, unless it had left, then the second one's.
      assertThat(completed).hasValue(1);
      if (condition.waiting() == 1) {
        condition.signal();
      }
      assertThat(second.isTerminatedComplete()).isTrue();
      assertThat(mutex.isLocked()).isFalse();
      assertThat(mutex.waiting()).isZero();
    }
  }

  @Test
  void cancelling_a_section_as_its_wait_returns_leaves_the_mutex_free() {
    for (int i = 0; i < 3_000; i++) {
      TestSubscriber<Void> waiter = subscribe(mutex.withLock(condition.await().then(Mono.never())));
      RaceTestUtils.race(waiter::cancel, condition::broadcast);
      assertFree();
    }
  }

  @Test
  void signals_race_and_each_wakes_one() {
    for (int i = 0; i < 3_000; i++) {
      TestSubscriber<Void> first = subscribe(mutex.withLock(condition.await()));
      TestSubscriber<Void> second = subscribe(mutex.withLock(condition.await()));
      RaceTestUtils.race(condition::signal, condition::signal);
      assertThat(first.isTerminatedComplete()).isTrue();
      assertThat(second.isTerminatedComplete()).isTrue();
      assertFree();
    }
  }

  @Test
  void a_queue_over_conditions_loses_nothing() {
    producersAndConsumers(20_000);
  }

  @Tag("stress")
  @Test
  void a_queue_over_conditions_loses_nothing_in_a_million() {
    producersAndConsumers(1_000_000);
  }

  /** The bounded queue of the specification. */
  private static final class BoundedQueue {
    private final Mutex mutex = Mutex.create();
    private final Condition notEmpty = mutex.newCondition();
    private final Condition notFull = mutex.newCondition();
    private final Queue<Integer> items = new ArrayDeque<>();
    private final int capacity = 16;

    Mono<Void> enqueue(int item) {
      return notFull
          .await(() -> items.size() < capacity)
          .then(
              Mono.<Void>fromRunnable(
                  () -> {
                    items.add(item);
                    notEmpty.signal();
                  }))
          .transform(mutex::withLock);
    }

    Mono<Integer> dequeue() {
      return notEmpty
          .await(() -> !items.isEmpty())
          .then(
              Mono.fromSupplier(
                  () -> {
                    int item = items.remove();
                    notFull.signal();
                    return item;
                  }))
          .transform(mutex::withLock);
    }
  }

  private static void producersAndConsumers(int items) {
    BoundedQueue queue = new BoundedQueue();
    Mono<Void> producers =
        Flux.range(0, 2)
            .flatMap(
                half ->
                    Flux.range(0, items / 2)
                        .concatMap(i -> queue.enqueue(2 * i + half))
                        .subscribeOn(Schedulers.parallel()))
            .then();
    Mono<Long> consumers =
        Flux.range(0, 2)
            .flatMap(
                half ->
                    queue
                        .dequeue()
                        .repeat(items / 2 - 1)
                        .map(item -> (long) item)
                        .subscribeOn(Schedulers.parallel()))
            .reduce(0L, Long::sum);
    Long sum = Mono.zip(producers.thenReturn(0L), consumers, Long::sum).block();
    assertThat(sum).isEqualTo((long) items * (items - 1) / 2);
    assertThat(queue.items).isEmpty();
    assertThat(queue.mutex.isLocked()).isFalse();
  }
}
