package dev.velox.reactor.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

class ParallelRaceTest {

  private static final int ROUNDS = 2_000;

  /** Counts what arrives, and notices if two signals overlap or come after the end. */
  private static final class Strict extends BaseSubscriber<Integer> {
    final Queue<Integer> values = new ConcurrentLinkedQueue<>();
    final AtomicReference<Throwable> error = new AtomicReference<>();
    final AtomicInteger ends = new AtomicInteger();
    final AtomicBoolean inSignal = new AtomicBoolean();
    final AtomicInteger violations = new AtomicInteger();
    private final long initial;

    Strict(long initial) {
      this.initial = initial;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (initial > 0) {
        request(initial);
      }
    }

    @Override
    protected void hookOnNext(Integer value) {
      if (!inSignal.compareAndSet(false, true) || ends.get() > 0) {
        violations.incrementAndGet();
      }
      values.add(value);
      inSignal.set(false);
    }

    @Override
    protected void hookOnError(Throwable throwable) {
      error.set(throwable);
    }

    @Override
    protected void hookFinally(SignalType type) {
      // A value that is on its way may still come after a cancellation.
      if (type != SignalType.CANCEL) {
        ends.incrementAndGet();
      }
    }
  }

  /**
   * A Mono that gives what it is told to, to one subscriber, cancelled or not, and discards
   * nothing.
   */
  private static final class Manual extends Mono<Integer> {
    private final AtomicReference<CoreSubscriber<? super Integer>> subscriber =
        new AtomicReference<>();

    @Override
    public void subscribe(CoreSubscriber<? super Integer> actual) {
      subscriber.set(actual);
      actual.onSubscribe(Operators.emptySubscription());
    }

    void give(int value) {
      subscriber.get().onNext(value);
      subscriber.get().onComplete();
    }
  }

  @Test
  void a_value_and_a_cancellation_meet_and_the_value_is_delivered_or_discarded_once() {
    for (int round = 0; round < ROUNDS; round++) {
      Manual item = new Manual();
      Queue<Object> discarded = new ConcurrentLinkedQueue<>();
      Strict strict = new Strict(Long.MAX_VALUE);
      Flux.just(0)
          .hide()
          .transform(Parallel.<Integer, Integer>map(2, i -> item))
          .doOnDiscard(Integer.class, discarded::add)
          .subscribe(strict);

      RaceTestUtils.race(() -> item.give(7), strict::cancel);

      assertThat(strict.values.size() + discarded.size()).isEqualTo(1);
      assertThat(strict.violations).hasValue(0);
    }
  }

  @Test
  void values_behind_the_front_and_a_cancellation_meet_and_none_is_lost() {
    for (int round = 0; round < ROUNDS; round++) {
      Manual front = new Manual();
      Manual second = new Manual();
      Manual third = new Manual();
      Queue<Object> discarded = new ConcurrentLinkedQueue<>();
      Queue<Object> delivered = new ConcurrentLinkedQueue<>();
      Disposable running =
          Flux.just(front, second, third)
              .transform(Parallel.map(3, (Manual item) -> item))
              .doOnDiscard(Integer.class, discarded::add)
              .subscribe(delivered::add);

      RaceTestUtils.race(
          () -> second.give(2), () -> third.give(3), () -> front.give(1), running::dispose);

      discarded.addAll(delivered);
      assertThat(discarded).containsExactlyInAnyOrder(1, 2, 3);
    }
  }

  @Test
  void values_of_an_item_that_gives_many_and_a_cancellation_meet_and_none_is_lost() {
    for (int round = 0; round < ROUNDS; round++) {
      Manual front = new Manual();
      Manual many = new Manual();
      Queue<Object> discarded = new ConcurrentLinkedQueue<>();
      Disposable running =
          Flux.just(0, 1)
              .transform(
                  Parallel.map(
                      2,
                      (Integer i) ->
                          i == 0
                              ? front
                              : new Flux<Integer>() {
                                @Override
                                public void subscribe(CoreSubscriber<? super Integer> actual) {
                                  many.subscribe(actual);
                                }
                              }))
              .doOnDiscard(Integer.class, discarded::add)
              .subscribe();
      CoreSubscriber<? super Integer> item = many.subscriber.get();

      RaceTestUtils.race(
          () -> {
            item.onNext(1);
            item.onNext(2);
            item.onNext(3);
            item.onComplete();
          },
          running::dispose);

      assertThat(discarded).containsExactlyInAnyOrder(1, 2, 3);
    }
  }

  @Test
  void an_item_that_starts_while_all_is_cancelled_is_cancelled_too() {
    for (int round = 0; round < ROUNDS; round++) {
      TestPublisher<Integer> source =
          TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
      AtomicInteger subscribed = new AtomicInteger();
      AtomicInteger cancelled = new AtomicInteger();
      Disposable running =
          source
              .flux()
              .transform(
                  Parallel.map(
                      8,
                      i ->
                          Mono.<Integer>never()
                              .doOnSubscribe(s -> subscribed.incrementAndGet())
                              .doOnCancel(cancelled::incrementAndGet)))
              .subscribe();

      RaceTestUtils.race(
          () -> {
            for (int i = 0; i < 4; i++) {
              source.next(i);
            }
          },
          running::dispose);

      assertThat(cancelled).hasValue(subscribed.get());
    }
  }

  @Test
  void two_errors_meet_and_one_is_delivered_with_the_other_suppressed() {
    List<Throwable> dropped = new ArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Sinks.One<Integer> first = Sinks.one();
        Sinks.One<Integer> second = Sinks.one();
        Strict strict = new Strict(Long.MAX_VALUE);
        IOException one = new IOException("one");
        IOException two = new IOException("two");
        Flux.range(0, 2)
            .transform(Parallel.map(2, (Integer i) -> i == 0 ? first.asMono() : second.asMono()))
            .subscribe(strict);

        RaceTestUtils.race(() -> first.tryEmitError(one), () -> second.tryEmitError(two));

        assertThat(strict.error.get()).isIn(one, two);
        assertThat(strict.ends).hasValue(1);
        Throwable other = strict.error.get() == one ? two : one;
        // Or the sibling had been cancelled before its sink could fail it.
        assertThat(strict.error.get().getSuppressed()).isSubsetOf(other);
      }
      assertThat(dropped).isEmpty();
    } finally {
      Hooks.resetOnErrorDropped();
    }
  }

  @Test
  void an_error_and_values_meet_and_the_error_comes_last_and_once() {
    for (int round = 0; round < ROUNDS; round++) {
      Manual first = new Manual();
      Sinks.One<Integer> second = Sinks.one();
      Strict strict = new Strict(Long.MAX_VALUE);
      Queue<Object> discarded = new ConcurrentLinkedQueue<>();
      Flux.range(0, 2)
          .transform(Parallel.map(2, (Integer i) -> i == 0 ? first : second.asMono()))
          .doOnDiscard(Integer.class, discarded::add)
          .subscribe(strict);

      RaceTestUtils.race(() -> first.give(1), () -> second.tryEmitError(new IOException("second")));

      assertThat(strict.error.get()).hasMessage("second");
      assertThat(strict.ends).hasValue(1);
      assertThat(strict.violations).hasValue(0);
      assertThat(strict.values.size() + discarded.size()).isEqualTo(1);
    }
  }

  @Test
  void requests_and_results_meet_and_all_results_arrive_in_order() {
    for (int round = 0; round < ROUNDS; round++) {
      Sinks.One<Integer> first = Sinks.one();
      Sinks.One<Integer> second = Sinks.one();
      Strict strict = new Strict(0);
      Flux.range(0, 2)
          .transform(Parallel.map(2, (Integer i) -> i == 0 ? first.asMono() : second.asMono()))
          .subscribe(strict);

      RaceTestUtils.race(
          () -> strict.request(1),
          () -> first.tryEmitValue(1),
          () -> second.tryEmitValue(2),
          () -> strict.request(1));

      assertThat(strict.values).containsExactly(1, 2);
      assertThat(strict.ends).hasValue(1);
      assertThat(strict.violations).hasValue(0);
    }
  }

  @Test
  void the_sources_end_and_the_last_results_meet_and_it_completes_once() {
    for (int round = 0; round < ROUNDS; round++) {
      TestPublisher<Integer> source = TestPublisher.create();
      Sinks.One<Integer> one = Sinks.one();
      Strict strict = new Strict(Long.MAX_VALUE);
      source
          .flux()
          .transform(Parallel.<Integer, Integer>map(2, i -> one.asMono()))
          .subscribe(strict);
      source.next(0);

      RaceTestUtils.race(source::complete, () -> one.tryEmitValue(1));

      assertThat(strict.values).containsExactly(1);
      assertThat(strict.ends).hasValue(1);
      assertThat(strict.error.get()).isNull();
    }
  }

  @Test
  void stop_after_some_errors_ends_once_however_many_fail_at_once() {
    for (int round = 0; round < ROUNDS; round++) {
      List<Sinks.One<Integer>> sinks =
          IntStream.range(0, 3).mapToObj(i -> Sinks.<Integer>one()).toList();
      Strict strict = new Strict(Long.MAX_VALUE);
      Flux.range(0, 3)
          .transform(
              Parallel.withConcurrency(3)
                  .stopAfterErrors(2)
                  .map((Integer i) -> sinks.get(i).asMono()))
          .subscribe(strict);

      RaceTestUtils.race(
          () -> sinks.get(0).tryEmitError(new IOException()),
          () -> sinks.get(1).tryEmitError(new IOException()),
          () -> sinks.get(2).tryEmitError(new IOException()));

      assertThat(strict.ends).hasValue(1);
      assertThat(strict.error.get()).isInstanceOf(ItemsFailedException.class);
      assertThat(((ItemsFailedException) strict.error.get()).failures()).hasSize(2);
    }
  }

  @Test
  void items_that_hop_between_threads_keep_order_and_limit() {
    hop(50_000);
  }

  @Test
  @Tag("stress")
  void millions_of_items_that_hop_between_threads_keep_order_and_limit() {
    for (int round = 0; round < 10; round++) {
      hop(500_000);
    }
  }

  private static void hop(int items) {
    int concurrency = 8;
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> results =
        Flux.range(0, items)
            .transform(
                Parallel.map(
                    concurrency,
                    16,
                    (Integer i) -> {
                      Mono<Integer> item = Mono.just(i);
                      if (i % 3 == 0) {
                        item = item.publishOn(Schedulers.parallel());
                      } else if (i % 3 == 1) {
                        item = item.hide();
                      } else {
                        return item;
                      }
                      return item.doOnSubscribe(
                              s -> most.accumulateAndGet(running.incrementAndGet(), Math::max))
                          .doOnTerminate(running::decrementAndGet);
                    }))
            .collectList()
            .block(Duration.ofMinutes(1));

    assertThat(results).hasSize(items).isSorted();
    assertThat(most.get()).isLessThanOrEqualTo(concurrency);
  }

  @Test
  void cancelling_at_any_moment_loses_and_doubles_nothing() {
    cancelledSomewhere(300);
  }

  @Test
  @Tag("stress")
  void cancelling_at_any_moment_loses_and_doubles_nothing_many_times() {
    cancelledSomewhere(20_000);
  }

  /** What an item comes to. */
  private static final class Made {}

  private static void cancelledSomewhere(int rounds) {
    for (int round = 0; round < rounds; round++) {
      AtomicInteger made = new AtomicInteger();
      AtomicInteger got = new AtomicInteger();
      AtomicInteger running = new AtomicInteger();
      int stopAt = ThreadLocalRandom.current().nextInt(1, 200);
      Mono<Void> done =
          Flux.range(0, 100_000)
              .transform(
                  Parallel.map(
                      8,
                      (Integer i) ->
                          Mono.fromSupplier(
                                  () -> {
                                    made.incrementAndGet();
                                    return new Made();
                                  })
                              .hide()
                              .doOnSubscribe(s -> running.incrementAndGet())
                              .doFinally(signal -> running.decrementAndGet())
                              .subscribeOn(Schedulers.parallel())))
              // Not of Object: a number that comes after the cancellation is discarded too, and was
              // made by the source.
              .doOnDiscard(Made.class, value -> got.incrementAndGet())
              .doOnNext(value -> got.incrementAndGet())
              .take(stopAt)
              .then();
      done.block(Duration.ofSeconds(30));

      // An item that was about to start may still do so, to be cancelled at once, and a task that
      // had begun may still be giving its value, to be discarded: so the two numbers are looked at
      // until they fit, and not again.
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (running.get() != 0 || made.get() != got.get()) {
        assertThat(System.nanoTime())
            .as("running %s, made %s, emitted or discarded %s", running, made, got)
            .isLessThan(deadline);
        Thread.onSpinWait();
      }
    }
  }
}
