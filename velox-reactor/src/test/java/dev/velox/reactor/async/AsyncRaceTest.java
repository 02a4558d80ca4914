package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.asyncFlux;
import static dev.velox.reactor.async.Async.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.util.RaceTestUtils;

class AsyncRaceTest {

  private final List<Throwable> dropped = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void watchDroppedErrors() {
    Hooks.onErrorDropped(dropped::add);
  }

  @AfterEach
  void nothingWasDropped() {
    Hooks.resetOnErrorDropped();
    assertThat(dropped).isEmpty();
  }

  /** Lets two threads meet at ever other points. */
  private static void spinAWhile(int most) {
    int turns = ThreadLocalRandom.current().nextInt(most);
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }

  /** One thread that never touches its own interrupt flag, unlike the JDK's executors. */
  private static final class OneThread implements Executor, AutoCloseable {
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicInteger strayInterrupts = new AtomicInteger();
    private volatile boolean closed;

    OneThread() {
      Thread thread =
          new Thread(
              () -> {
                while (!closed) {
                  try {
                    tasks.take().run();
                  } catch (InterruptedException stray) {
                    strayInterrupts.incrementAndGet();
                  }
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    void countIfInterrupted() {
      if (Thread.interrupted()) {
        strayInterrupts.incrementAndGet();
      }
    }

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    @Override
    public void close() {
      closed = true;
      tasks.add(() -> {});
    }
  }

  @Test
  void a_cancellation_never_interrupts_the_next_body_on_the_thread() throws Exception {
    cancelRacesWithEndOfBody(3_000);
  }

  @Test
  @Tag("stress")
  void a_cancellation_never_interrupts_the_next_body_on_the_thread_long() throws Exception {
    cancelRacesWithEndOfBody(200_000);
  }

  private static void cancelRacesWithEndOfBody(int rounds) throws Exception {
    try (OneThread thread = new OneThread()) {
      int completed = 0;
      for (int round = 0; round < rounds; round++) {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch next = new CountDownLatch(1);
        Recorder<Integer> recorder = new Recorder<>();
        async(
                () -> {
                  began.countDown();
                  spinAWhile(3_000);
                  return 1;
                },
                thread)
            .subscribe(recorder);
        recorder.subscription().request(1);
        thread.execute(
            () -> {
              // The next body: long enough for a late interrupt to hit it.
              for (int i = 0; i < 200; i++) {
                thread.countIfInterrupted();
              }
              next.countDown();
            });
        assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
        spinAWhile(1_000);
        recorder.subscription().cancel();
        assertThat(next.await(10, TimeUnit.SECONDS)).isTrue();
        completed += recorder.values().size();
      }
      assertThat(thread.strayInterrupts).hasValue(0);
      assertThat(completed).as("both outcomes were seen").isBetween(1, rounds - 1);
    }
  }

  @Test
  void a_cancellation_and_a_value_that_race_leave_the_value_with_exactly_one_of_them()
      throws Exception {
    valueRacesWithCancel(500);
  }

  @Test
  @Tag("stress")
  void a_cancellation_and_a_value_that_race_leave_the_value_with_exactly_one_of_them_long()
      throws Exception {
    valueRacesWithCancel(100_000);
  }

  private static void valueRacesWithCancel(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      Sinks.One<Integer> sink = Sinks.one();
      AtomicInteger discarded = new AtomicInteger();
      AtomicReference<Integer> awaited = new AtomicReference<>();
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      CountDownLatch ended = new CountDownLatch(1);
      Recorder<Integer> recorder = new Recorder<>();
      async(
              () -> {
                try {
                  awaited.set(await(sink.asMono()));
                } catch (CancellationException e) {
                  thrown.set(e);
                } finally {
                  ended.countDown();
                }
                return null;
              })
          .cast(Integer.class)
          .doOnDiscard(Integer.class, x -> discarded.incrementAndGet())
          .subscribe(recorder);
      recorder.subscription().request(1);
      AsyncFluxTest.until(() -> sink.currentSubscriberCount() == 1);

      RaceTestUtils.race(() -> sink.tryEmitValue(1), () -> recorder.subscription().cancel());

      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(sink.currentSubscriberCount()).isZero();
      if (awaited.get() != null) {
        assertThat(thrown.get()).isNull();
        assertThat(discarded).hasValue(0);
      } else {
        assertThat(thrown.get()).isNotNull();
        assertThat(discarded.get()).isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void a_shield_and_a_cancellation_that_race_never_disturb_the_shielded_part() throws Exception {
    shieldRacesWithCancel(500);
  }

  @Test
  @Tag("stress")
  void a_shield_and_a_cancellation_that_race_never_disturb_the_shielded_part_long()
      throws Exception {
    shieldRacesWithCancel(50_000);
  }

  private static void shieldRacesWithCancel(int rounds) throws Exception {
    int cancelledInTime = 0;
    for (int round = 0; round < rounds; round++) {
      CountDownLatch ready = new CountDownLatch(1);
      AtomicReference<Throwable> inside = new AtomicReference<>();
      AtomicBoolean told = new AtomicBoolean();
      CountDownLatch ended = new CountDownLatch(1);
      Recorder<Object> recorder = new Recorder<>();
      async(
              () -> {
                ready.countDown();
                spinAWhile(3_000);
                Async.shielded(
                    () -> {
                      try {
                        assertThat(Thread.currentThread().isInterrupted()).isFalse();
                        await(Mono.just(1).hide());
                        await(Mono.just(1).publishOn(Schedulers.parallel()));
                        assertThat(Thread.currentThread().isInterrupted()).isFalse();
                      } catch (Throwable t) {
                        inside.set(t);
                      }
                    });
                try {
                  await(Mono.just(1));
                } catch (CancellationException e) {
                  told.set(true);
                } finally {
                  ended.countDown();
                }
                return 1;
              })
          .subscribe(recorder);
      recorder.subscription().request(1);
      assertThat(ready.await(10, TimeUnit.SECONDS)).isTrue();
      spinAWhile(3_000);
      recorder.subscription().cancel();

      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(inside.get()).isNull();
      cancelledInTime += told.get() ? 1 : 0;
    }
    assertThat(cancelledInTime).isPositive();
  }

  @Test
  void demand_and_cancellation_that_race_with_a_generator_lose_no_element() throws Exception {
    generatorRaces(500);
  }

  @Test
  @Tag("stress")
  void demand_and_cancellation_that_race_with_a_generator_lose_no_element_long() throws Exception {
    generatorRaces(50_000);
  }

  private static void generatorRaces(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      AtomicInteger emitted = new AtomicInteger();
      AtomicInteger discarded = new AtomicInteger();
      AtomicInteger begun = new AtomicInteger();
      AtomicInteger inFinally = new AtomicInteger();
      CountDownLatch ended = new CountDownLatch(1);
      Recorder<Integer> recorder = new Recorder<>();
      asyncFlux(
              (AsyncEmitter<Integer> emitter) -> {
                begun.incrementAndGet();
                try {
                  for (int i = 0; i < 1_000_000; i++) {
                    emitted.incrementAndGet();
                    emitter.emit(i);
                  }
                } finally {
                  inFinally.incrementAndGet();
                }
              },
              reportingTo(ended))
          .doOnDiscard(Integer.class, x -> discarded.incrementAndGet())
          .subscribe(recorder);
      recorder.subscription().request(1);

      RaceTestUtils.race(
          () -> recorder.subscription().request(1),
          () -> recorder.subscription().request(2),
          () -> recorder.subscription().cancel());

      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(inFinally).hasValue(begun.get());
      assertThat(recorder.values().size() + discarded.get()).isEqualTo(emitted.get());
      assertThat(recorder.values().size()).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void requests_that_race_with_the_waiting_generator_are_never_missed() throws Exception {
    int elements = 20_000;
    Recorder<Integer> recorder = new Recorder<>();
    asyncFlux(
            (AsyncEmitter<Integer> emitter) -> {
              for (int i = 0; i < elements; i++) {
                emitter.emit(i);
              }
            })
        .subscribe(recorder);
    Runnable half =
        () -> {
          for (int i = 0; i < elements / 2; i++) {
            recorder.subscription().request(1);
          }
        };

    RaceTestUtils.race(half, half);

    assertThat(recorder.awaitEnd()).isNull();
    assertThat(recorder.values()).hasSize(elements);
  }

  @Test
  void a_body_of_three_awaits_cancelled_anywhere_leaves_nothing_behind() throws Exception {
    cancelAnywhere(300);
  }

  @Test
  @Tag("stress")
  void a_body_of_three_awaits_cancelled_anywhere_leaves_nothing_behind_long() throws Exception {
    cancelAnywhere(50_000);
  }

  private static void cancelAnywhere(int rounds) throws Exception {
    int begun = 0;
    for (int round = 0; round < rounds; round++) {
      AtomicInteger subscribed = new AtomicInteger();
      AtomicInteger ended = new AtomicInteger();
      AtomicInteger childrenAlive = new AtomicInteger();
      AtomicInteger bodies = new AtomicInteger();
      CountDownLatch over = new CountDownLatch(1);
      Mono<Integer> hop =
          Mono.fromSupplier(() -> 1)
              .subscribeOn(Schedulers.parallel())
              .doOnSubscribe(s -> subscribed.incrementAndGet())
              .doFinally(s -> ended.incrementAndGet());
      Mono<Integer> child =
          async(
              () -> {
                childrenAlive.incrementAndGet();
                try {
                  return await(hop) + await(hop);
                } finally {
                  childrenAlive.decrementAndGet();
                }
              });
      AtomicInteger aliveAtEnd = new AtomicInteger(-1);
      Recorder<Integer> recorder = new Recorder<>();
      async(
              () -> {
                bodies.incrementAndGet();
                try {
                  return await(hop) + await(child) + Async.awaitAll(child, child).size();
                } finally {
                  aliveAtEnd.set(childrenAlive.get());
                }
              },
              reportingTo(over))
          .subscribe(recorder);
      recorder.subscription().request(1);
      spinAWhile(20_000);
      recorder.subscription().cancel();

      assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
      if (bodies.get() > 0) {
        assertThat(aliveAtEnd).as("children that outlived their parent").hasValue(0);
        begun++;
      }
      AsyncFluxTest.until(() -> subscribed.get() == ended.get());
    }
    assertThat(begun).isPositive();
  }

  /** The default threads, telling when they have left a body, begun or not. */
  private static Executor reportingTo(CountDownLatch over) {
    return task ->
        BodyExecutor.defaultExecutor()
            .execute(
                () -> {
                  task.run();
                  over.countDown();
                });
  }
}
