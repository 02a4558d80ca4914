package dev.velox.reactor.worker;

import static dev.velox.reactor.testing.Recorder.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.testing.Recorder;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

/** Races each pair of operations: nothing is lost, nothing comes twice, and every thread ends. */
class WorkerRaceTest {

  private static final int RACES = 200;
  private static final int MANY_RACES = 5_000;
  private static final WorkerOptions PATIENT =
      WorkerOptions.defaults().grace(Duration.ofHours(1)).hardGrace(Duration.ofHours(1));
  private static final WorkerOptions AT_ONCE =
      WorkerOptions.defaults().grace(Duration.ZERO).hardGrace(Duration.ofHours(1));

  @BeforeEach
  void quiet() {
    Hooks.onErrorDropped(failure -> {});
  }

  @AfterEach
  void loud() {
    Hooks.resetOnErrorDropped();
  }

  private static <T> T get(Mono<T> mono) {
    return mono.block(LIMIT);
  }

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  private static void terminated(TestSubscriber<?> subscriber) {
    subscriber.block(LIMIT);
  }

  // ---- workers ------------------------------------------------------------------------------

  @Test
  void a_message_posted_as_the_worker_ends_is_handled_discarded_or_refused() {
    postAgainst(RACES, worker -> worker.terminate().subscribe());
    postAgainst(RACES, worker -> worker.shutdown().subscribe());
    postAgainst(RACES, worker -> worker.tryPostMessage(-1));
  }

  @Tag("stress")
  @Test
  void a_message_posted_as_the_worker_ends_is_handled_discarded_or_refused_always() {
    postAgainst(MANY_RACES, worker -> worker.terminate().subscribe());
    postAgainst(MANY_RACES, worker -> worker.shutdown().subscribe());
    postAgainst(MANY_RACES, worker -> worker.tryPostMessage(-1));
  }

  private static void postAgainst(int races, Consumer<Worker<Integer, Integer>> end) {
    for (int i = 0; i < races; i++) {
      AtomicInteger handled = new AtomicInteger();
      AtomicInteger discarded = new AtomicInteger();
      Worker<Integer, Integer> worker =
          Worker.of(
              (n, self) -> {
                if (n < 0) {
                  self.close();
                } else {
                  handled.incrementAndGet();
                }
              },
              PATIENT.inbox(2).onDrop(message -> discarded.addAndGet((int) message < 0 ? 0 : 1)));
      TestSubscriber<Void> first = TestSubscriber.create();
      TestSubscriber<Void> second = TestSubscriber.create();

      RaceTestUtils.race(
          () -> {
            worker.postMessage(1).subscribe(first);
            worker.postMessage(2).subscribe(second);
          },
          () -> end.accept(worker));
      terminated(first);
      terminated(second);
      Integer ignored = get(worker.shutdown());

      int accepted =
          (first.isTerminatedComplete() ? 1 : 0) + (second.isTerminatedComplete() ? 1 : 0);
      assertThat(handled.get() + discarded.get()).isEqualTo(accepted);
    }
  }

  @Test
  void a_cancelled_post_is_handled_at_most_once_and_a_completed_one_exactly_once() {
    for (int i = 0; i < RACES; i++) {
      Worker<Integer, Integer> worker =
          Worker.of((n, self) -> self.postMessage(n), PATIENT.inbox(1));
      TestSubscriber<Void> post = TestSubscriber.create();

      RaceTestUtils.race(() -> worker.postMessage(7).subscribe(post), post::cancel);
      assertThat(get(worker.shutdown())).isZero();

      long handled = get(worker.results().count());
      assertThat(handled).isBetween(post.isTerminatedComplete() ? 1L : 0L, 1L);
    }
  }

  @Test
  void whoever_ends_it_first_settles_the_one_exit_code() {
    for (int i = 0; i < RACES; i++) {
      Worker<Integer, Integer> worker = Worker.of((n, self) -> self.close(n), PATIENT);
      Mono<Integer> terminate = worker.terminate();
      Mono<Integer> shutdown = worker.shutdown();
      worker.tryPostMessage(5);
      TestSubscriber<Integer> one = TestSubscriber.create();
      TestSubscriber<Integer> other = TestSubscriber.create();

      RaceTestUtils.race(() -> terminate.subscribe(one), () -> shutdown.subscribe(other));
      terminated(one);
      terminated(other);

      assertThat(one.getReceivedOnNext()).hasSize(1).isEqualTo(other.getReceivedOnNext());
      assertThat(one.getReceivedOnNext().get(0)).isIn(1, 5);
    }
  }

  @Test
  void two_terminations_are_one() {
    for (int i = 0; i < RACES; i++) {
      AtomicInteger aborts = new AtomicInteger();
      CountDownLatch begun = new CountDownLatch(1);
      Worker<Integer, Integer> worker =
          Worker.of(
              (n, self) -> {
                self.onAbort(aborts::incrementAndGet);
                begun.countDown();
                while (!self.isAborted()) {
                  Thread.onSpinWait();
                }
              },
              PATIENT);
      worker.tryPostMessage(1);
      Recorder.until("it runs", () -> begun.getCount() == 0);

      RaceTestUtils.race(worker::dispose, worker::dispose);

      assertThat(get(worker.exitCode())).isEqualTo(1);
      assertThat(aborts).hasValue(1);
    }
  }

  @Test
  void a_cancelled_getresult_leaves_its_result_for_the_next() {
    for (int i = 0; i < RACES; i++) {
      Worker<Integer, Integer> worker = Worker.of((n, self) -> self.postMessage(n), PATIENT);
      TestSubscriber<Integer> result = subscribe(worker.getResult());

      RaceTestUtils.race(result::cancel, () -> worker.tryPostMessage(7));
      assertThat(get(worker.shutdown())).isZero();

      long left = get(worker.results().count());
      assertThat(left + result.getReceivedOnNext().size()).isEqualTo(1);
    }
  }

  @Test
  void a_thread_that_waits_for_room_ends_with_its_worker() {
    for (int i = 0; i < RACES; i++) {
      Worker<Integer, Integer> worker =
          Worker.of(
              (n, self) -> {
                self.postMessage(1);
                self.postMessage(2);
              },
              PATIENT.outbox(1));

      RaceTestUtils.race(() -> worker.tryPostMessage(0), worker::dispose);

      assertThat(get(worker.exitCode())).isEqualTo(1);
      assertThat(get(worker.results().count())).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void many_threads_post_and_each_message_is_handled_once_in_order_per_sender() throws Exception {
    posts(4, 5_000);
  }

  @Tag("stress")
  @Test
  void many_threads_post_and_each_message_is_handled_once_in_order_per_sender_always()
      throws Exception {
    posts(8, 125_000);
  }

  private static void posts(int senders, int messages) throws Exception {
    int[] next = new int[senders];
    AtomicBoolean inOrder = new AtomicBoolean(true);
    Worker<int[], Integer> worker =
        Worker.of(
            (message, self) -> {
              if (next[message[0]]++ != message[1]) {
                inOrder.set(false);
              }
            },
            PATIENT.inbox(16));
    ExecutorService threads = Executors.newFixedThreadPool(senders);
    try {
      var done =
          IntStream.range(0, senders)
              .<Future<?>>mapToObj(
                  sender ->
                      threads.submit(
                          () ->
                              Flux.range(0, messages)
                                  .concatMap(n -> worker.postMessage(new int[] {sender, n}))
                                  .blockLast()))
              .toList();
      for (Future<?> each : done) {
        each.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(get(worker.shutdown())).isZero();
    assertThat(inOrder).isTrue();
    assertThat(next).containsOnly(messages);
  }

  // ---- pools --------------------------------------------------------------------------------

  @Test
  void a_run_cancelled_as_it_begins_or_ends_leaves_the_pool_whole() {
    cancelAgainstEnd(RACES);
  }

  @Tag("stress")
  @Test
  void a_run_cancelled_as_it_begins_or_ends_leaves_the_pool_whole_always() {
    cancelAgainstEnd(20_000);
  }

  private static void cancelAgainstEnd(int races) {
    AtomicInteger hurt = new AtomicInteger();
    WorkerPool<Integer, Integer> pool =
        WorkerPool.<Integer, Integer>builder(
                (n, signal) -> {
                  boolean isInterrupted = Thread.interrupted();
                  if (n == 0 && isInterrupted) {
                    hurt.incrementAndGet();
                  }
                  return n;
                })
            .max(1)
            .options(AT_ONCE)
            .build();
    for (int i = 0; i < races; i++) {
      TestSubscriber<Integer> run = subscribe(pool.run(1));
      TestSubscriber<Integer> next = TestSubscriber.create();

      RaceTestUtils.race(run::cancel, () -> pool.run(0).subscribe(next));
      terminated(next);

      assertThat(next.getReceivedOnNext()).containsExactly(0);
    }
    assertThat(pool.queued()).isZero();
    pool.shutdown().block(LIMIT);
    assertThat(pool.threads()).isZero();
    assertThat(hurt).hasValue(0);
  }

  @Test
  void a_run_cancelled_as_it_is_subscribed_is_none_or_one() {
    AtomicInteger ran = new AtomicInteger();
    WorkerPool<Integer, Integer> pool =
        WorkerPool.<Integer, Integer>builder((n, signal) -> ran.incrementAndGet())
            .max(1)
            .options(PATIENT)
            .build();
    int received = 0;
    for (int i = 0; i < RACES; i++) {
      TestSubscriber<Integer> run = TestSubscriber.builder().initialRequest(0).build();
      pool.run(1).subscribe(run);
      RaceTestUtils.race(() -> run.request(1), run::cancel);
      Integer after = get(pool.run(2));
      assertThat(after).isNotNull();
      received += run.getReceivedOnNext().size();
    }
    pool.shutdown().block(LIMIT);
    assertThat(ran.get()).isBetween(RACES + received, 2 * RACES);
  }

  @Test
  void a_run_against_a_shutdown_ends_or_is_refused() {
    for (int i = 0; i < RACES; i++) {
      boolean now = i % 2 == 0;
      AtomicInteger ran = new AtomicInteger();
      WorkerPool<Integer, Integer> pool =
          WorkerPool.<Integer, Integer>builder((n, signal) -> ran.incrementAndGet())
              .max(1)
              .min(i % 4 / 2)
              .options(PATIENT)
              .build();
      TestSubscriber<Integer> first = TestSubscriber.create();
      TestSubscriber<Integer> second = TestSubscriber.create();
      TestSubscriber<Void> end = TestSubscriber.create();

      RaceTestUtils.race(
          () -> {
            pool.run(1).subscribe(first);
            pool.run(2).subscribe(second);
          },
          () -> (now ? pool.shutdownNow() : pool.shutdown()).subscribe(end));
      terminated(first);
      terminated(second);
      terminated(end);

      assertThat(end.isTerminatedComplete()).isTrue();
      assertThat(pool.threads()).isZero();
      int succeeded = first.getReceivedOnNext().size() + second.getReceivedOnNext().size();
      assertThat(ran.get()).isBetween(succeeded, 2);
      if (!now) {
        assertThat(ran.get()).isEqualTo(succeeded);
      }
    }
  }

  @Test
  void a_thread_that_retires_as_a_run_comes_loses_no_run() {
    WorkerPool<Integer, Integer> pool =
        WorkerPool.<Integer, Integer>builder((n, signal) -> n)
            .max(2)
            .idleTimeout(Duration.ofNanos(50_000))
            .build();
    for (int i = 0; i < RACES; i++) {
      int number = i;
      TestSubscriber<Integer> first = TestSubscriber.create();
      TestSubscriber<Integer> second = TestSubscriber.create();

      RaceTestUtils.race(
          () -> pool.run(number).subscribe(first), () -> pool.run(-number).subscribe(second));
      terminated(first);
      terminated(second);

      assertThat(first.getReceivedOnNext()).containsExactly(number);
      assertThat(second.getReceivedOnNext()).containsExactly(-number);
    }
    pool.shutdown().block(LIMIT);
    assertThat(pool.threads()).isZero();
  }

  @Test
  void runs_from_many_threads_with_many_cancelled_are_all_accounted_for() throws Exception {
    runs(4, 500);
  }

  @Tag("stress")
  @Test
  void runs_from_many_threads_with_many_cancelled_are_all_accounted_for_always() throws Exception {
    runs(8, 10_000);
  }

  private static void runs(int senders, int runs) throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Set<Thread> alive = ConcurrentHashMap.newKeySet();
    WorkerPool<Integer, Integer> pool =
        WorkerPool.<Integer, Integer>builder(
                (n, signal) -> {
                  alive.add(Thread.currentThread());
                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                  try {
                    return n;
                  } finally {
                    now.decrementAndGet();
                  }
                })
            .max(3)
            .queue(Integer.MAX_VALUE)
            .options(AT_ONCE)
            .build();
    ExecutorService threads = Executors.newFixedThreadPool(senders);
    try {
      var done =
          IntStream.range(0, senders)
              .mapToObj(
                  sender ->
                      threads.submit(
                          () -> {
                            int received = 0;
                            for (int i = 0; i < runs; i++) {
                              TestSubscriber<Integer> run = subscribe(pool.run(i));
                              if (i % 3 == 0) {
                                run.cancel();
                              } else {
                                terminated(run);
                                received += run.getReceivedOnNext().size();
                              }
                            }
                            return received;
                          }))
              .toList();
      for (var each : done) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isEqualTo(runs - (runs + 2) / 3);
      }
    } finally {
      threads.shutdownNow();
    }
    pool.shutdown().block(LIMIT);
    assertThat(most.get()).isLessThanOrEqualTo(3);
    assertThat(pool.threads()).isZero();
    assertThat(alive).noneMatch(Thread::isAlive);
  }
}
