package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.TooManyWaitersException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.subscriber.TestSubscriber;

class MutexTest {

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  private static void assertFree(Mutex mutex) {
    assertThat(mutex.isLocked()).isFalse();
    assertThat(mutex.waiting()).isZero();
    Lease lease = mutex.tryLock().orElseThrow();
    assertThat(lease.release()).isTrue();
  }

  /** Waits for a release that is on its way on the hand-over scheduler. */
  static void awaitFree(Mutex mutex) {
    mutex.lock(Duration.ofSeconds(10)).doOnNext(Lease::release).block();
    assertFree(mutex);
  }

  @Nested
  class Sections {

    @Test
    void a_body_runs_inside_and_its_result_comes_out_when_the_mutex_is_free_again() {
      Mutex mutex = Mutex.create();
      AtomicReference<Boolean> inside = new AtomicReference<>();
      AtomicReference<Boolean> after = new AtomicReference<>();

      Mono.fromCallable(
              () -> {
                inside.set(mutex.isLocked());
                return "result";
              })
          .transform(mutex::withLock)
          .doOnNext(result -> after.set(mutex.isLocked()))
          .as(StepVerifier::create)
          .expectNext("result")
          .verifyComplete();

      assertThat(inside).hasValue(true);
      assertThat(after).hasValue(false);
      assertFree(mutex);
    }

    @Test
    void a_stream_runs_inside_until_its_end() {
      Mutex mutex = Mutex.create();
      List<Boolean> locked = new ArrayList<>();

      Flux.range(1, 3)
          .transform(mutex::withLock)
          .doOnNext(element -> locked.add(mutex.isLocked()))
          .doOnComplete(() -> locked.add(mutex.isLocked()))
          .as(StepVerifier::create)
          .expectNext(1, 2, 3)
          .verifyComplete();

      assertThat(locked).containsExactly(true, true, true, false);
    }

    @Test
    void nothing_happens_before_the_subscription_and_each_is_a_section_of_its_own() {
      Mutex mutex = Mutex.create();
      AtomicInteger runs = new AtomicInteger();
      Mono<Integer> section = mutex.withLock(Mono.fromSupplier(runs::incrementAndGet));
      assertThat(runs).hasValue(0);
      assertThat(mutex.isLocked()).isFalse();

      assertThat(section.block()).isEqualTo(1);
      assertThat(section.block()).isEqualTo(2);
    }

    @Test
    void the_body_is_not_subscribed_before_it_is_its_turn() {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      TestPublisher<String> body = TestPublisher.create();

      TestSubscriber<String> waiter = subscribe(mutex.withLock(body.mono()));
      body.assertWasNotSubscribed();
      assertThat(mutex.waiting()).isEqualTo(1);

      assertThat(lease.release()).isTrue();
      body.assertWasSubscribed();
      body.emit("a");
      assertThat(waiter.getReceivedOnNext()).containsExactly("a");
      assertFree(mutex);
    }

    @Test
    void sections_begin_in_the_order_in_which_they_came() {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int number = i;
        subscribe(mutex.withLock(Mono.fromRunnable(() -> order.add(number))));
      }

      lease.release();

      assertThat(order).containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void a_newcomer_does_not_overtake_who_waits() {
      Mutex mutex = Mutex.create();
      Sinks.Empty<Void> end = Sinks.empty();
      Lease lease = mutex.tryLock().orElseThrow();
      subscribe(mutex.withLock(end.asMono()));

      lease.release();

      assertThat(mutex.tryLock()).isEmpty();
      TestSubscriber<Lease> newcomer = subscribe(mutex.lock());
      assertThat(newcomer.getReceivedOnNext()).isEmpty();
      end.tryEmitEmpty();
      assertThat(newcomer.getReceivedOnNext()).hasSize(1);
    }

    static Stream<Mono<String>> endings() {
      return Stream.of(
          Mono.just("value"),
          Mono.empty(),
          Mono.error(new IllegalStateException("fails")),
          Mono.defer(
              () -> {
                throw new IllegalStateException("throws");
              }),
          Mono.from(
              subscriber -> {
                throw new IllegalStateException("throws at subscription");
              }),
          Mono.fromCallable(() -> "hidden").hide(),
          Mono.just("later").delayElement(Duration.ofMillis(1)));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void however_a_body_ends_the_mutex_is_released_once(Mono<String> body) {
      for (boolean lined : new boolean[] {false, true}) {
        Mutex mutex = Mutex.create();
        Lease holder = lined ? mutex.tryLock().orElseThrow() : null;
        AtomicInteger inside = new AtomicInteger();
        Mono<String> section = mutex.withLock(body);
        TestSubscriber<String> first = subscribe(section);
        // Had the first one released twice, the second would be let in with it.
        TestSubscriber<Integer> second =
            subscribe(mutex.withLock(Mono.fromSupplier(inside::incrementAndGet)));
        if (holder != null) {
          holder.release();
        }
        first.block();
        second.block();

        assertThat(second.getReceivedOnNext()).containsExactly(1);
        assertFree(mutex);
      }
    }

    @Test
    void errors_come_out_as_they_are() {
      Mutex mutex = Mutex.create();
      StepVerifier.create(mutex.withLock(Flux.concat(Flux.just(1), Flux.error(new Oops()))))
          .expectNext(1)
          .verifyError(Oops.class);
      StepVerifier.create(mutex.withLock(Mono.error(new Oops()))).verifyError(Oops.class);
      assertFree(mutex);
    }

    @Test
    void cancelling_a_section_cancels_its_body_before_the_next_begins() {
      Mutex mutex = Mutex.create();
      List<String> events = new ArrayList<>();
      TestSubscriber<Object> first =
          subscribe(mutex.withLock(Mono.never().doOnCancel(() -> events.add("first cancelled"))));
      subscribe(mutex.withLock(Mono.fromRunnable(() -> events.add("second begins"))));

      first.cancel();

      assertThat(events).containsExactly("first cancelled", "second begins");
      assertFree(mutex);
    }

    @Test
    void a_section_cancelled_in_the_line_never_begins() {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      AtomicInteger runs = new AtomicInteger();
      TestSubscriber<Object> waiter =
          subscribe(mutex.withLock(Mono.fromRunnable(runs::incrementAndGet)));

      waiter.cancel();
      assertThat(mutex.waiting()).isZero();
      lease.release();

      assertThat(runs).hasValue(0);
      assertFree(mutex);
    }

    @Test
    void take_zero_and_a_cancel_inside_on_subscribe_leave_it_free() {
      Mutex mutex = Mutex.create();
      StepVerifier.create(mutex.withLock(Flux.range(1, 10)).take(0)).verifyComplete();
      assertFree(mutex);
      StepVerifier.create(mutex.withLock(Flux.range(1, 10)).take(2))
          .expectNext(1, 2)
          .verifyComplete();
      assertFree(mutex);
      StepVerifier.create(mutex.lock().flux().take(0)).verifyComplete();
      assertFree(mutex);
    }

    @Test
    void demand_is_passed_on_exactly_whether_it_had_to_wait_or_not() {
      for (boolean lined : new boolean[] {false, true}) {
        Mutex mutex = Mutex.create();
        Lease holder = lined ? mutex.tryLock().orElseThrow() : null;
        AtomicInteger requested = new AtomicInteger();
        TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(2).build();
        mutex
            .withLock(Flux.range(1, 10).doOnRequest(n -> requested.addAndGet((int) n)))
            .subscribe(slow);
        if (holder != null) {
          slow.request(1);
          holder.release();
        } else {
          slow.request(1);
        }

        assertThat(requested).hasValue(3);
        assertThat(slow.getReceivedOnNext()).containsExactly(1, 2, 3);
        slow.request(100);
        assertThat(slow.isTerminatedComplete()).isTrue();
        assertFree(mutex);
      }
    }

    @Test
    void the_context_of_the_subscriber_reaches_the_body_through_the_line() {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      TestSubscriber<String> waiter =
          subscribe(
              mutex
                  .withLock(Mono.deferContextual(context -> Mono.just(context.<String>get("who"))))
                  .contextWrite(context -> context.put("who", "me")));
      lease.release();
      assertThat(waiter.getReceivedOnNext()).containsExactly("me");
    }

    @Test
    void a_result_that_is_cancelled_before_its_completion_is_discarded() {
      Mutex mutex = Mutex.create();
      List<Object> discarded = new ArrayList<>();
      TestPublisher<String> body =
          TestPublisher.createNoncompliant(TestPublisher.Violation.DEFER_CANCELLATION);
      TestSubscriber<String> subscriber =
          subscribe(
              mutex.withLock(Mono.fromDirect(body)).doOnDiscard(String.class, discarded::add));
      body.next("unseen");

      subscriber.cancel();

      assertThat(discarded).containsExactly("unseen");
      assertThat(subscriber.getReceivedOnNext()).isEmpty();
      assertFree(mutex);
    }

    @Test
    void a_section_that_waits_too_long_fails_and_leaves_the_line() {
      VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
      try {
        Mutex mutex = Mutex.create(SyncOptions.named("ledger"));
        Lease lease = mutex.tryLock().orElseThrow();
        TestSubscriber<String> waiter =
            subscribe(mutex.withLock(Mono.just("late"), Duration.ofSeconds(5)));
        TestSubscriber<String> stream =
            subscribe(mutex.withLock(Flux.just("late"), Duration.ofSeconds(5)));
        time.advanceTimeBy(Duration.ofSeconds(4));
        assertThat(waiter.isTerminatedError()).isFalse();

        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(waiter.expectTerminalError())
            .isInstanceOf(TimeoutException.class)
            .hasMessageContaining("mutex 'ledger'");
        assertThat(stream.expectTerminalError()).isInstanceOf(TimeoutException.class);
        assertThat(mutex.waiting()).isZero();
        lease.release();
        assertFree(mutex);
      } finally {
        VirtualTimeScheduler.reset();
      }
    }

    @Test
    void a_section_that_may_not_wait_fails_at_once() {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      StepVerifier.create(mutex.withLock(Mono.just(1), Duration.ZERO))
          .verifyError(TimeoutException.class);
      lease.release();
      StepVerifier.create(mutex.withLock(Mono.just(1), Duration.ZERO))
          .expectNext(1)
          .verifyComplete();
    }
  }

  @Nested
  class Leases {

    @Test
    void a_lease_holds_until_it_is_released_by_whoever_has_it_and_only_once() {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.lock().block();
      assertThat(lease.isHeld()).isTrue();
      assertThat(lease.permits()).isEqualTo(1);
      assertThat(mutex.isLocked()).isTrue();

      Boolean released =
          Mono.fromCallable(lease::release).subscribeOn(Schedulers.parallel()).block();

      assertThat(released).isTrue();
      assertThat(lease.isHeld()).isFalse();
      assertThat(lease.permits()).isZero();
      assertThat(lease.release()).isFalse();
      assertFree(mutex);
    }

    @Test
    void releasing_twice_does_not_let_two_in() {
      Mutex mutex = Mutex.create();
      Lease first = mutex.tryLock().orElseThrow();
      TestSubscriber<Lease> second = subscribe(mutex.lock());
      TestSubscriber<Lease> third = subscribe(mutex.lock());

      assertThat(mutex.unlock(first)).isTrue();
      assertThat(mutex.unlock(first)).isFalse();
      assertThat(first.release()).isFalse();

      assertThat(second.getReceivedOnNext()).hasSize(1);
      assertThat(third.getReceivedOnNext()).isEmpty();
    }

    @Test
    void a_foreign_lease_is_refused() {
      Mutex mutex = Mutex.create(SyncOptions.named("mine"));
      Lease foreign = Mutex.create(SyncOptions.named("yours")).tryLock().orElseThrow();
      assertThatThrownBy(() -> mutex.unlock(foreign))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("lease", "mutex 'mine'", "mutex 'yours'");
      assertThat(foreign.isHeld()).isTrue();
    }

    @Test
    void a_lease_is_handed_out_only_when_it_is_asked_for() {
      Mutex mutex = Mutex.create();
      TestSubscriber<Lease> idle = TestSubscriber.builder().initialRequest(0).build();
      mutex.lock().subscribe(idle);
      assertThat(mutex.isLocked()).isFalse();

      idle.request(1);
      idle.request(1);

      assertThat(idle.getReceivedOnNext()).hasSize(1);
      assertThat(idle.isTerminatedComplete()).isTrue();
    }

    @Test
    void cancelling_what_was_never_asked_for_changes_nothing() {
      Mutex mutex = Mutex.create();
      TestSubscriber<Lease> idle = TestSubscriber.builder().initialRequest(0).build();
      mutex.lock().subscribe(idle);
      idle.cancel();
      idle.request(1);
      assertThat(idle.getReceivedOnNext()).isEmpty();
      assertFree(mutex);
    }

    @Test
    void a_lease_whose_subscription_is_cancelled_later_is_released() {
      Mutex mutex = Mutex.create();
      TestSubscriber<Lease> holder = TestSubscriber.create();
      mutex.lock().subscribe(holder);
      assertThat(mutex.isLocked()).isTrue();

      holder.cancel();

      awaitFree(mutex);
      assertThat(holder.getReceivedOnNext().get(0).isHeld()).isFalse();
    }

    @Test
    void a_lease_survives_operators_that_cancel_because_one_is_enough() {
      Mutex mutex = Mutex.create();
      Lease next = mutex.lock().flux().hide().next().block();
      assertThat(next.isHeld()).isTrue();
      next.release();
      Lease taken = mutex.lock().flux().hide().take(1).blockLast();
      assertThat(taken.isHeld()).isTrue();
      taken.release();
      Lease first = mutex.lock().flux().blockFirst();
      assertThat(first.isHeld()).isTrue();
      first.release();
      Lease future = mutex.lock().toFuture().join();
      assertThat(future.isHeld()).isTrue();
      future.release();
      assertFree(mutex);
    }

    @Test
    void a_zip_whose_sibling_fails_leaves_it_free() {
      // zip keeps a value that it got, and tells nobody upstream when it gives it up; it does tell
      // the discard hook.
      Mutex mutex = Mutex.create();
      Sinks.One<String> sibling = Sinks.one();
      TestSubscriber<?> both =
          subscribe(
              Mono.zip(mutex.lock(), sibling.asMono()).doOnDiscard(Lease.class, Lease::release));
      TestSubscriber<?> section =
          subscribe(Mono.zip(mutex.withLock(Mono.never()), sibling.asMono()));
      assertThat(mutex.isLocked()).isTrue();

      sibling.tryEmitError(new Oops());

      assertThat(both.expectTerminalError()).isInstanceOf(Oops.class);
      assertThat(section.expectTerminalError()).isInstanceOf(Oops.class);
      assertFree(mutex);
    }

    @Test
    void using_when_releases_what_it_took() {
      Mutex mutex = Mutex.create();
      Mono<Boolean> section =
          Mono.usingWhen(
              mutex.lock(),
              lease -> Mono.fromCallable(lease::isHeld),
              lease -> Mono.fromRunnable(lease::release));
      assertThat(section.block()).isTrue();
      assertFree(mutex);
    }

    @Test
    void a_subscriber_that_throws_does_not_keep_the_lease() {
      Mutex mutex = Mutex.create();
      AtomicReference<Throwable> dropped = new AtomicReference<>();
      Hooks.onErrorDropped(dropped::set);
      try {
        mutex
            .lock()
            .subscribe(
                new CoreSubscriber<Lease>() {
                  @Override
                  public void onSubscribe(Subscription subscription) {
                    subscription.request(1);
                  }

                  @Override
                  public void onNext(Lease lease) {
                    throw new Oops();
                  }

                  @Override
                  public void onError(Throwable error) {}

                  @Override
                  public void onComplete() {}
                });
      } finally {
        Hooks.resetOnErrorDropped();
      }
      assertThat(dropped.get()).isInstanceOf(Oops.class);
      assertFree(mutex);
    }

    @Test
    void a_lock_that_waits_too_long_fails() {
      VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
      try {
        Mutex mutex = Mutex.create();
        Lease lease = mutex.tryLock().orElseThrow();
        TestSubscriber<Lease> late = subscribe(mutex.lock(Duration.ofSeconds(1)));
        TestSubscriber<Lease> patient = subscribe(mutex.lock(Duration.ofSeconds(3)));
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(late.expectTerminalError()).isInstanceOf(TimeoutException.class);
        lease.release();
        assertThat(patient.getReceivedOnNext()).hasSize(1);
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(patient.getReceivedOnNext().get(0).isHeld()).isTrue();
      } finally {
        VirtualTimeScheduler.reset();
      }
    }
  }

  @Nested
  class Deadlocks {

    @Test
    void a_section_inside_its_own_section_fails_instead_of_waiting_for_itself() {
      Mutex mutex = Mutex.create(SyncOptions.named("ledger"));
      StepVerifier.create(mutex.withLock(mutex.withLock(Mono.just(1))))
          .verifyErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(SelfDeadlockException.class)
                      .hasMessageContaining("mutex 'ledger'"));
      StepVerifier.create(mutex.withLock(mutex.lock())).verifyError(SelfDeadlockException.class);
      StepVerifier.create(mutex.withLock(Flux.just(1).concatWith(mutex.withLock(Flux.just(2)))))
          .expectNext(1)
          .verifyError(SelfDeadlockException.class);
      assertFree(mutex);
    }

    @Test
    void it_is_found_across_threads_and_through_other_locks() {
      Mutex mutex = Mutex.create();
      Mutex other = Mutex.create();
      StepVerifier.create(
              mutex.withLock(
                  Mono.delay(Duration.ofMillis(1))
                      .then(other.withLock(mutex.withLock(Mono.just(1))))))
          .verifyError(SelfDeadlockException.class);
      assertFree(mutex);
      assertFree(other);
    }

    @Test
    void what_follows_a_section_is_outside_of_it() {
      Mutex mutex = Mutex.create();
      StepVerifier.create(
              mutex.withLock(Mono.just(1)).flatMap(one -> mutex.withLock(Mono.just(one + 1))))
          .expectNext(2)
          .verifyComplete();
      StepVerifier.create(mutex.withLock(Mono.just(1)).repeat(3))
          .expectNextCount(4)
          .verifyComplete();
    }

    @Test
    void a_reentrant_mutex_lets_its_holder_in_again() {
      Mutex mutex = Mutex.reentrant();
      StepVerifier.create(
              mutex.withLock(
                  mutex.withLock(
                      mutex
                          .lock()
                          .map(Lease::release)
                          .delayElement(Duration.ofMillis(1))
                          .then(mutex.withLock(Mono.fromCallable(mutex::isLocked))))))
          .expectNext(true)
          .verifyComplete();
      assertFree(mutex);
    }

    @Test
    void a_reentrant_mutex_still_excludes_strangers_and_sections_side_by_side() {
      Mutex mutex = Mutex.reentrant();
      AtomicInteger inside = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      Mono<Void> step =
          Mono.fromRunnable(() -> most.accumulateAndGet(inside.incrementAndGet(), Math::max))
              .then(Mono.delay(Duration.ofMillis(1)))
              .then(Mono.fromRunnable(inside::decrementAndGet));
      Mono<Void> nested = mutex.withLock(Mono.when(mutex.withLock(step), mutex.withLock(step)));

      Mono.when(nested, nested, mutex.withLock(step)).block();

      assertThat(most).hasValue(1);
      assertFree(mutex);
    }
  }

  @Nested
  class Limits {

    @Test
    void more_waiters_than_allowed_are_refused_and_told_why() {
      Mutex mutex = Mutex.create(SyncOptions.named("gate").maxWaiters(2));
      Lease lease = mutex.tryLock().orElseThrow();
      TestSubscriber<Lease> first = subscribe(mutex.lock());
      TestSubscriber<String> second = subscribe(mutex.withLock(Mono.just("a")));

      StepVerifier.create(mutex.lock())
          .verifyErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(TooManyWaitersException.class)
                      .hasMessageContaining("mutex 'gate'"));
      StepVerifier.create(mutex.withLock(Flux.just(1))).verifyError(TooManyWaitersException.class);

      first.cancel();
      TestSubscriber<Lease> third = subscribe(mutex.lock());
      lease.release();
      assertThat(second.getReceivedOnNext()).containsExactly("a");
      assertThat(third.getReceivedOnNext()).hasSize(1);
    }

    @Test
    void cancelled_waiters_do_not_count_wherever_they_stood() {
      Mutex mutex = Mutex.create(SyncOptions.defaults().maxWaiters(10));
      Lease lease = mutex.tryLock().orElseThrow();
      List<TestSubscriber<Lease>> line = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        line.add(subscribe(mutex.lock()));
      }
      line.get(5).cancel();
      TestSubscriber<Lease> newcomer = subscribe(mutex.lock());
      assertThat(newcomer.isTerminatedError()).isFalse();
      assertThat(subscribe(mutex.lock()).isTerminatedError()).isTrue();
      lease.release();
      assertThat(mutex.waiting()).isEqualTo(9);
    }

    @Test
    void with_no_waiters_allowed_it_can_still_be_taken_when_it_is_free() {
      Mutex mutex = Mutex.create(SyncOptions.defaults().maxWaiters(0));
      assertThat(mutex.withLock(Mono.just(1)).block()).isEqualTo(1);
      Lease lease = mutex.lock().block();
      StepVerifier.create(mutex.lock()).verifyError(TooManyWaitersException.class);
      lease.release();
    }

    @Test
    void bad_arguments_fail_at_the_call() {
      Mutex mutex = Mutex.create();
      assertThatThrownBy(() -> mutex.withLock((Mono<?>) null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageContaining("body");
      assertThatThrownBy(() -> mutex.withLock((Flux<?>) null))
          .isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> mutex.lock(Duration.ofSeconds(-1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("maxWait", "PT-1S");
      assertThatThrownBy(() -> mutex.unlock(null)).isInstanceOf(NullPointerException.class);
      assertThatThrownBy(() -> SyncOptions.defaults().maxWaiters(-1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("maxWaiters", "-1");
    }
  }

  @Nested
  class Signals {

    @Test
    void who_waited_goes_on_where_it_was_released_or_where_it_was_told() {
      Scheduler scheduler = Schedulers.newSingle("resumed");
      try {
        Mutex here = Mutex.create();
        Mutex there = Mutex.create(SyncOptions.defaults().resumeOn(scheduler));
        Lease first = here.tryLock().orElseThrow();
        Lease second = there.tryLock().orElseThrow();
        Mono<String> thread = Mono.fromCallable(() -> Thread.currentThread().getName());
        TestSubscriber<String> inline = subscribe(here.withLock(thread));
        TestSubscriber<String> hopped = subscribe(there.withLock(thread));
        first.release();
        second.release();
        hopped.block();
        assertThat(inline.getReceivedOnNext()).containsExactly(Thread.currentThread().getName());
        assertThat(hopped.getReceivedOnNext().get(0)).startsWith("resumed");
      } finally {
        scheduler.dispose();
      }
    }

    @Test
    void a_disposed_scheduler_loses_nobody() {
      Scheduler scheduler = Schedulers.newSingle("gone");
      scheduler.dispose();
      Mutex mutex = Mutex.create(SyncOptions.defaults().resumeOn(scheduler));
      Lease lease = mutex.tryLock().orElseThrow();
      TestSubscriber<Integer> waiter = subscribe(mutex.withLock(Mono.just(1)));
      lease.release();
      assertThat(waiter.getReceivedOnNext()).containsExactly(1);
    }

    @Test
    void many_sections_run_in_constant_stack() {
      manySections(100_000);
    }

    @Tag("stress")
    @Test
    void a_million_sections_run_in_constant_stack() {
      manySections(1_000_000);
    }

    private static void manySections(int sections) {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      AtomicInteger runs = new AtomicInteger();
      Mono<Void> section = mutex.withLock(Mono.fromRunnable(runs::incrementAndGet));
      for (int i = 0; i < sections; i++) {
        Disposable ignored = section.subscribe();
      }
      lease.release();
      assertThat(runs).hasValue(sections);
      assertFree(mutex);
    }

    @Test
    void many_leases_released_in_do_finally_run_in_constant_stack() {
      manyLeases(100_000);
    }

    @Tag("stress")
    @Test
    void a_million_leases_released_in_do_finally_run_in_constant_stack() {
      manyLeases(1_000_000);
    }

    private static void manyLeases(int leases) {
      Mutex mutex = Mutex.create();
      Lease lease = mutex.tryLock().orElseThrow();
      AtomicInteger runs = new AtomicInteger();
      Mono<Integer> section =
          mutex
              .lock()
              .flatMap(
                  held ->
                      Mono.fromSupplier(runs::incrementAndGet).doFinally(end -> held.release()));
      for (int i = 0; i < leases; i++) {
        Disposable ignored = section.subscribe();
      }
      lease.release();
      assertThat(runs).hasValue(leases);
      assertFree(mutex);
    }

    @Test
    void many_waiters_time_out_at_once() {
      timeOutAtOnce(10_000);
    }

    @Tag("stress")
    @Test
    void a_hundred_thousand_waiters_time_out_at_once() {
      timeOutAtOnce(100_000);
    }

    private static void timeOutAtOnce(int waiters) {
      VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
      try {
        Mutex mutex = Mutex.create();
        Lease lease = mutex.tryLock().orElseThrow();
        AtomicInteger timedOut = new AtomicInteger();
        Mono<Lease> late = mutex.lock(Duration.ofSeconds(1));
        for (int i = 0; i < waiters; i++) {
          Disposable ignored = late.subscribe(got -> {}, error -> timedOut.incrementAndGet());
        }
        assertThat(mutex.waiting()).isEqualTo(waiters);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(timedOut).hasValue(waiters);
        assertThat(mutex.waiting()).isZero();
        lease.release();
        assertFree(mutex);
      } finally {
        VirtualTimeScheduler.reset();
      }
    }

    @Test
    void the_listener_hears_what_happens() {
      VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
      try {
        Map<MetricsListener.Event, Integer> events = new EnumMap<>(MetricsListener.Event.class);
        Map<MetricsListener.Timing, Long> millis = new EnumMap<>(MetricsListener.Timing.class);
        MetricsListener listener =
            new MetricsListener() {
              @Override
              public void count(Event event) {
                events.merge(event, 1, Integer::sum);
              }

              @Override
              public void time(Timing timing, long amount, TimeUnit unit) {
                millis.merge(timing, unit.toMillis(amount), Long::sum);
              }
            };
        Mutex mutex = Mutex.create(SyncOptions.named("m").metrics(listener).maxWaiters(3));
        Lease lease = mutex.tryLock().orElseThrow();
        TestSubscriber<Lease> served = subscribe(mutex.lock());
        TestSubscriber<Lease> cancelled = subscribe(mutex.lock());
        TestSubscriber<Lease> late = subscribe(mutex.lock(Duration.ofSeconds(1)));
        TestSubscriber<Lease> refused = subscribe(mutex.lock());
        cancelled.cancel();
        time.advanceTimeBy(Duration.ofSeconds(2));
        lease.release();
        time.advanceTimeBy(Duration.ofSeconds(3));
        served.getReceivedOnNext().get(0).release();

        assertThat(late.isTerminatedError()).isTrue();
        assertThat(refused.isTerminatedError()).isTrue();
        assertThat(events)
            .containsEntry(MetricsListener.Event.DELIVERED, 2)
            .containsEntry(MetricsListener.Event.WAITING, 3)
            .containsEntry(MetricsListener.Event.CANCELLED, 1)
            .containsEntry(MetricsListener.Event.TIMED_OUT, 1)
            .containsEntry(MetricsListener.Event.REJECTED, 1);
        assertThat(millis)
            .containsEntry(MetricsListener.Timing.WAIT, 2_000L)
            .containsEntry(MetricsListener.Timing.HOLD, 5_000L);
      } finally {
        VirtualTimeScheduler.reset();
      }
    }

    @Test
    void it_can_be_scanned() {
      Mutex mutex = Mutex.create(SyncOptions.named("ledger"));
      Lease lease = mutex.tryLock().orElseThrow();
      subscribe(mutex.lock());
      assertThat(mutex.scan(Scannable.Attr.NAME)).isEqualTo("ledger");
      assertThat(mutex.scan(Scannable.Attr.CAPACITY)).isEqualTo(1);
      assertThat(mutex.scan(Scannable.Attr.BUFFERED)).isEqualTo(1);
      assertThat(mutex).hasToString("mutex 'ledger'");
      assertThat(lease).hasToString("Lease(mutex 'ledger', 1 permit)");
    }
  }

  private static final class Oops extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
