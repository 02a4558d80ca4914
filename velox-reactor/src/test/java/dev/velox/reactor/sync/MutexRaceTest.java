package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

/** However operators race and whoever loses, the mutex ends free and the next waiter gets it. */
class MutexRaceTest {

  private static final int RACES = 1_000;
  private static final int MANY_RACES = 100_000;

  /** One race: is given a mutex that is held, its holder, and has to leave no other lease out. */
  interface Race {
    void run(Mutex mutex, Lease holder);
  }

  static Stream<Named<Race>> races() {
    return Stream.of(
        Named.of(
            "cancelling a lock, released",
            (mutex, holder) -> {
              TestSubscriber<Lease> waiter = TestSubscriber.create();
              mutex.lock().subscribe(waiter);
              RaceTestUtils.race(waiter::cancel, holder::release);
            }),
        Named.of(
            "cancelling a section, released",
            (mutex, holder) -> {
              TestSubscriber<Integer> waiter = TestSubscriber.create();
              mutex.withLock(Mono.<Integer>never()).subscribe(waiter);
              RaceTestUtils.race(waiter::cancel, holder::release);
            }),
        Named.of(
            "cancelling a section, its body ends",
            (mutex, holder) -> {
              Sinks.One<Integer> end = Sinks.one();
              TestSubscriber<Integer> waiter = TestSubscriber.create();
              mutex.withLock(end.asMono()).subscribe(waiter);
              holder.release();
              RaceTestUtils.race(waiter::cancel, () -> end.tryEmitValue(1));
            }),
        Named.of(
            "two releases of one lease",
            (mutex, holder) -> {
              AtomicInteger released = new AtomicInteger();
              Runnable release = () -> released.addAndGet(holder.release() ? 1 : 0);
              RaceTestUtils.race(release, release);
              assertThat(released).hasValue(1);
            }),
        Named.of(
            "timeout",
            (mutex, holder) -> {
              Sinks.Empty<Void> time = Sinks.empty();
              mutex
                  .lock()
                  .timeout(time.asMono())
                  .subscribe(Lease::release, MutexRaceTest::expected);
              RaceTestUtils.race(time::tryEmitEmpty, holder::release);
            }),
        Named.of(
            "take until other",
            (mutex, holder) -> {
              Sinks.Empty<Void> other = Sinks.empty();
              mutex.lock().takeUntilOther(other.asMono()).subscribe(Lease::release);
              RaceTestUtils.race(other::tryEmitEmpty, holder::release);
            }),
        Named.of(
            "first with signal",
            (mutex, holder) -> {
              Sinks.One<Lease> other = Sinks.one();
              Mono.firstWithSignal(mutex.lock(), other.asMono()).subscribe(Lease::release);
              RaceTestUtils.race(other::tryEmitEmpty, holder::release);
            }),
        Named.of(
            "switch map",
            (mutex, holder) -> {
              Sinks.Many<Integer> switches = Sinks.many().unicast().onBackpressureBuffer();
              switches
                  .asFlux()
                  .switchMap(i -> i == 0 ? mutex.lock() : Mono.<Lease>empty())
                  .subscribe(Lease::release);
              switches.tryEmitNext(0);
              RaceTestUtils.race(() -> switches.tryEmitNext(1), holder::release);
            }),
        Named.of(
            "zip with a failing sibling",
            (mutex, holder) -> {
              Sinks.One<Integer> sibling = Sinks.one();
              Mono.zip(mutex.lock(), sibling.asMono())
                  .doOnDiscard(Lease.class, Lease::release)
                  .subscribe(both -> {}, MutexRaceTest::expected);
              RaceTestUtils.race(() -> sibling.tryEmitError(new Expected()), holder::release);
            }),
        Named.of(
            "zip of a section with a failing sibling",
            (mutex, holder) -> {
              Sinks.One<Integer> sibling = Sinks.one();
              Mono.zip(mutex.withLock(Mono.never()), sibling.asMono())
                  .subscribe(both -> {}, MutexRaceTest::expected);
              RaceTestUtils.race(() -> sibling.tryEmitError(new Expected()), holder::release);
            }),
        Named.of(
            "take none",
            (mutex, holder) ->
                RaceTestUtils.race(
                    () -> mutex.lock().flux().take(0).subscribe(Lease::release), holder::release)),
        Named.of(
            "cancelling inside onSubscribe",
            (mutex, holder) ->
                RaceTestUtils.race(
                    () -> {
                      mutex.withLock(Mono.never()).subscribe(new AtOnce<>());
                      mutex.lock().subscribe(new AtOnce<>());
                    },
                    holder::release)),
        Named.of(
            "locking, released",
            (mutex, holder) ->
                RaceTestUtils.race(() -> mutex.lock().subscribe(Lease::release), holder::release)),
        Named.of(
            "two that lock",
            (mutex, holder) -> {
              holder.release();
              Runnable lock = () -> mutex.lock().subscribe(Lease::release);
              RaceTestUtils.race(lock, lock);
            }),
        Named.of(
            "trying, released",
            (mutex, holder) ->
                RaceTestUtils.race(
                    () -> mutex.tryLock().ifPresent(Lease::release), holder::release)),
        Named.of(
            "a time limit that passes, released",
            (mutex, holder) -> {
              TestSubscriber<Lease> waiter = TestSubscriber.create();
              mutex.lock(Duration.ofNanos(1)).doOnNext(Lease::release).subscribe(waiter);
              holder.release();
              waiter.block();
            }),
        Named.of(
            "a body cancelled while it is subscribed",
            (mutex, holder) -> {
              TestSubscriber<Integer> waiter = TestSubscriber.create();
              mutex.withLock(Mono.<Integer>never().doFirst(waiter::cancel)).subscribe(waiter);
              holder.release();
            }));
  }

  private static void expected(Throwable failure) {}

  @ParameterizedTest
  @MethodSource("races")
  void the_mutex_ends_free_and_the_next_waiter_gets_it(Race race) {
    endsFree(race, RACES);
  }

  @Tag("stress")
  @ParameterizedTest
  @MethodSource("races")
  void the_mutex_ends_free_and_the_next_waiter_gets_it_ever(Race race) {
    endsFree(race, MANY_RACES);
  }

  private static void endsFree(Race race, int races) {
    Hooks.onNextDropped(dropped -> {});
    try {
      for (int i = 0; i < races; i++) {
        Mutex mutex = Mutex.create();
        race.run(mutex, mutex.tryLock().orElseThrow());
        assertThat(mutex.withLock(Mono.just(i)).block(Duration.ofSeconds(20))).isEqualTo(i);
        assertThat(mutex.isLocked()).isFalse();
        assertThat(mutex.waiting()).isZero();
      }
    } finally {
      Hooks.resetOnNextDropped();
    }
  }

  @Test
  void sections_on_many_threads_exclude_each_other() {
    excludes(Mutex.create(), 20_000);
    excludes(Mutex.reentrant(), 5_000);
  }

  @Tag("stress")
  @Test
  void sections_on_many_threads_exclude_each_other_ever() {
    excludes(Mutex.create(), 1_000_000);
  }

  private static void excludes(Mutex mutex, int sections) {
    int[] plain = new int[1];
    Mono<Void> plus = mutex.withLock(Mono.fromRunnable(() -> plain[0]++));
    Flux.range(0, 4)
        .flatMap(i -> plus.repeat(sections / 4 - 1).then().subscribeOn(Schedulers.parallel()))
        .blockLast();
    assertThat(plain[0]).isEqualTo(sections);
  }

  @Test
  void sections_that_hop_while_they_hold_it_exclude_each_other() {
    Mutex mutex = Mutex.create();
    int[] plain = new int[1];
    Mono<Void> plus =
        mutex.withLock(
            Mono.fromCallable(() -> plain[0])
                .publishOn(Schedulers.parallel())
                .doOnNext(before -> plain[0] = before + 1)
                .then());
    Flux.range(0, 4).flatMap(i -> plus.repeat(999).then()).blockLast();
    assertThat(plain[0]).isEqualTo(4_000);
  }

  @Test
  void cancelled_waiters_are_swept_out_of_a_long_line() {
    Mutex mutex = Mutex.create();
    Lease holder = mutex.tryLock().orElseThrow();
    List<TestSubscriber<Lease>> line = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      TestSubscriber<Lease> waiter = TestSubscriber.create();
      mutex.lock().subscribe(waiter);
      line.add(waiter);
    }
    IntConsumer cancel = i -> line.get(i).cancel();
    Consumer<Integer> cancelEach =
        start -> {
          for (int i = start; i < 999; i += 2) {
            cancel.accept(i);
          }
        };
    RaceTestUtils.race(() -> cancelEach.accept(0), () -> cancelEach.accept(1));
    assertThat(mutex.waiting()).isEqualTo(1);

    holder.release();

    assertThat(line.get(999).getReceivedOnNext()).hasSize(1);
  }

  /** Cancels as soon as it can. */
  private static final class AtOnce<T> extends BaseSubscriber<T> {
    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.cancel();
    }
  }

  private static final class Expected extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
