package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.asyncFlux;
import static dev.velox.reactor.async.Async.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class AsyncFluxTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  @Test
  void emits_in_order_and_completes_when_the_body_returns() {
    Flux<Integer> numbers =
        asyncFlux(
            emitter -> {
              for (int i = 0; i < 5; i++) {
                emitter.emit(i + await(Mono.just(10).delayElement(Duration.ofMillis(1))));
              }
            });

    StepVerifier.create(numbers).expectNext(10, 11, 12, 13, 14).expectComplete().verify(SOON);
    StepVerifier.create(numbers).expectNextCount(5).expectComplete().verify(SOON);
  }

  @Test
  void waits_for_demand_with_every_element() throws InterruptedException {
    AtomicInteger reached = new AtomicInteger();
    Recorder<Integer> recorder = new Recorder<>();
    asyncFlux(
            (AsyncEmitter<Integer> emitter) -> {
              for (int i = 1; i <= 10; i++) {
                reached.set(i);
                emitter.emit(i);
              }
            })
        .subscribe(recorder);

    assertThat(reached).hasValue(0);
    for (int demand : new int[] {1, 3, 2}) {
      int before = recorder.values().size();
      recorder.subscription().request(demand);
      until(() -> reached.get() == before + demand + 1);
      assertThat(recorder.values()).hasSize(before + demand);
    }
    recorder.subscription().request(Long.MAX_VALUE);
    recorder.subscription().request(Long.MAX_VALUE);

    assertThat(recorder.awaitEnd()).isNull();
    assertThat(recorder.values()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  }

  @Test
  void a_million_elements_one_by_one_across_threads() {
    Flux<Integer> numbers =
        asyncFlux(
            emitter -> {
              for (int i = 0; i < 1_000_000; i++) {
                emitter.emit(i);
              }
            });

    Long sum =
        numbers
            .publishOn(Schedulers.parallel(), 256)
            .reduce(0L, (total, each) -> total + each)
            .block(Duration.ofSeconds(60));

    assertThat(sum).isEqualTo(499_999_500_000L);
  }

  @Test
  void cancelled_half_way_the_generator_ends_in_its_finally() throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    AtomicInteger last = new AtomicInteger();
    Flux<Integer> endless =
        asyncFlux(
            emitter -> {
              try {
                for (int i = 0; ; i++) {
                  last.set(i);
                  emitter.emit(i);
                }
              } catch (Throwable t) {
                thrown.set(t);
                throw t;
              } finally {
                ended.countDown();
              }
            });

    StepVerifier.create(endless.take(3)).expectNext(0, 1, 2).expectComplete().verify(SOON);

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(thrown.get()).isInstanceOf(CancellationException.class);
    assertThat(last).hasValue(2);
  }

  @Test
  void cancelled_while_it_waits_for_demand_the_element_is_discarded() throws InterruptedException {
    List<Object> discarded = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch ended = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean(true);
    AtomicReference<Throwable> again = new AtomicReference<>();
    Recorder<Integer> recorder = new Recorder<>();
    asyncFlux(
            (AsyncEmitter<Integer> emitter) -> {
              try {
                emitter.emit(1);
                emitter.emit(2);
              } finally {
                interrupted.set(Thread.currentThread().isInterrupted());
                again.set(catchThrowable(() -> Async.shielded(() -> emitter.emit(3))));
                ended.countDown();
              }
            })
        .doOnDiscard(Integer.class, discarded::add)
        .subscribe(recorder);

    recorder.subscription().request(1);
    until(() -> recorder.values().size() == 1);
    recorder.subscription().cancel();

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(recorder.values()).containsExactly(1);
    assertThat(discarded).containsExactly(2, 3);
    assertThat(interrupted).isFalse();
    assertThat(again.get()).isInstanceOf(CancellationException.class);
    assertThat(recorder.hasEnded()).isFalse();
  }

  @Test
  void a_parent_waits_until_the_generator_it_cut_short_has_ended() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Flux<Integer> generator =
        asyncFlux(
            emitter -> {
              try {
                emitter.emit(1);
                emitter.emit(2);
              } finally {
                Async.shielded(() -> await(Mono.delay(Duration.ofMillis(30))));
                cleaned.set(true);
              }
            });

    Mono<Boolean> body =
        async(
            () -> {
              assertThat(await(generator.next())).isEqualTo(1);
              return cleaned.get();
            });

    StepVerifier.create(body).expectNext(true).expectComplete().verify(SOON);
  }

  @Test
  void what_the_generator_throws_is_the_error_after_what_it_emitted() {
    IOException failure = new IOException("page 2");

    StepVerifier.create(
            asyncFlux(
                emitter -> {
                  emitter.emit("page 1");
                  throw failure;
                }))
        .expectNext("page 1")
        .expectErrorSatisfies(e -> assertThat(e).isSameAs(failure))
        .verify(SOON);
  }

  @Test
  void emit_belongs_to_the_generators_own_code() {
    AtomicReference<AsyncEmitter<Integer>> leaked = new AtomicReference<>();
    AtomicReference<Throwable> fromAnotherThread = new AtomicReference<>();
    AtomicReference<Throwable> fromOnNext = new AtomicReference<>();
    AtomicReference<Throwable> awaitFromOnNext = new AtomicReference<>();
    AtomicReference<Throwable> nothing = new AtomicReference<>();

    asyncFlux(
            (AsyncEmitter<Integer> emitter) -> {
              leaked.set(emitter);
              nothing.set(catchThrowable(() -> emitter.emit(null)));
              await(
                  Mono.fromRunnable(
                          () -> fromAnotherThread.set(catchThrowable(() -> emitter.emit(0))))
                      .subscribeOn(Schedulers.parallel()));
              emitter.emit(1);
            })
        .doOnNext(
            x -> {
              fromOnNext.set(catchThrowable(() -> leaked.get().emit(2)));
              awaitFromOnNext.set(catchThrowable(() -> await(Mono.just(1))));
            })
        .blockLast(SOON);

    assertThat(nothing.get()).isInstanceOf(NullPointerException.class);
    assertThat(fromAnotherThread.get()).isInstanceOf(IllegalStateException.class);
    assertThat(fromOnNext.get()).isInstanceOf(IllegalStateException.class);
    assertThat(awaitFromOnNext.get()).isInstanceOf(IllegalStateException.class);
    assertThat(catchThrowable(() -> leaked.get().emit(3)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void emit_refuses_to_wait_on_a_thread_that_must_not_block() {
    Flux<Integer> numbers =
        asyncFlux(
            emitter -> {
              emitter.emit(1);
              emitter.emit(2);
            },
            Runnable::run);

    StepVerifier.create(numbers.subscribeOn(Schedulers.parallel(), false), 1)
        .expectNext(1)
        .expectErrorMatches(
            e -> e instanceof IllegalStateException && e.getMessage().contains("must not block"))
        .verify(SOON);
    StepVerifier.create(numbers.subscribeOn(Schedulers.parallel(), false))
        .expectNext(1, 2)
        .expectComplete()
        .verify(SOON);
  }

  @Test
  void demand_is_shown_to_scanners() {
    Recorder<Integer> recorder = new Recorder<>();
    asyncFlux((AsyncEmitter<Integer> emitter) -> await(Mono.never())).subscribe(recorder);
    recorder.subscription().request(7);

    Scannable body = Scannable.from(recorder.subscription());
    assertThat(body.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(7);
    recorder.subscription().cancel();
    assertThat(body.scan(Scannable.Attr.CANCELLED)).isTrue();
  }

  static void until(java.util.function.BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(1);
    }
  }
}
