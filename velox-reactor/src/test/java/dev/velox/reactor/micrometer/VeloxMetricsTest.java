package dev.velox.reactor.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.StmOptions;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.SyncOptions;
import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerOptions;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class VeloxMetricsTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final MetricsListener metrics = VeloxMetrics.listener(registry);

  @AfterEach
  void resetHooks() {
    Hooks.resetOnErrorDropped();
  }

  private Channel<Integer> channel(String name, MetricsListener listener) {
    return Channel.<Integer>builder().capacity(4).name(name).metrics(listener).build();
  }

  private double count(String name, String construct) {
    return registry.get(name).tag("name", construct).counter().count();
  }

  @Test
  void meters_are_there_and_zero_before_anything_has_happened() {
    Channel<Integer> channel = channel("orders", metrics);

    assertThat(count("velox.channel.dropped", "orders")).isZero();
    assertThat(registry.get("velox.channel.wait").tag("name", "orders").timer().count()).isZero();
    assertThat(registry.get("velox.channel.buffered").tag("name", "orders").gauge().value())
        .isEqualTo(channel.size());
  }

  @Test
  void constructs_of_one_name_share_their_meters_and_those_of_other_names_do_not() {
    Channel<Integer> one = channel("orders", metrics);
    Channel<Integer> two = channel("orders", metrics);
    Channel<Integer> other = channel("bills", metrics);
    Channel<Integer> nameless = Channel.<Integer>builder().capacity(4).metrics(metrics).build();

    one.send(1).then(one.send(2)).then(two.send(3)).then(other.send(4)).block(LONG);
    nameless.send(5).block(LONG);

    assertThat(count("velox.channel.accepted", "orders")).isEqualTo(3);
    assertThat(count("velox.channel.accepted", "bills")).isEqualTo(1);
    assertThat(count("velox.channel.accepted", "none")).isEqualTo(1);
    assertThat(registry.get("velox.channel.buffered").tag("name", "orders").gauge().value())
        .isEqualTo(one.size() + two.size());
  }

  @Test
  void tags_of_the_user_are_on_every_meter() {
    MetricsListener tagged = VeloxMetrics.listener(registry, Tags.of("region", "north"));

    channel("orders", tagged);
    Mutex.create(SyncOptions.named("ledger").metrics(tagged));

    assertThat(registry.getMeters())
        .isNotEmpty()
        .allMatch(meter -> "north".equals(meter.getId().getTag("region")));
  }

  @Test
  void a_gauge_keeps_no_construct_alive() {
    Channel<Integer> kept = channel("orders", metrics);
    kept.trySend(1);
    WeakReference<Channel<Integer>> gone = new WeakReference<>(filled());

    long end = System.nanoTime() + LONG.toNanos();
    while (!gone.refersTo(null) && System.nanoTime() < end) {
      System.gc();
    }

    assertThat(gone.refersTo(null)).isTrue();
    assertThat(registry.get("velox.channel.buffered").tag("name", "orders").gauge().value())
        .isEqualTo(kept.size());
  }

  private Channel<Integer> filled() {
    Channel<Integer> channel = channel("orders", metrics);
    channel.trySend(1);
    channel.trySend(2);
    return channel;
  }

  @Test
  void a_level_forgets_constructs_that_are_gone_also_if_nobody_reads_it() {
    LevelSum sum = new LevelSum();
    List<Object> kept = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      Object construct = new Object();
      if (i % 100 == 0) {
        kept.add(construct);
      }
      sum.add(construct, each -> 1);
    }

    long end = System.nanoTime() + LONG.toNanos();
    while (sum.value() > kept.size() && System.nanoTime() < end) {
      System.gc();
    }
    assertThat(sum.value()).isEqualTo(kept.size());
  }

  @Test
  void a_wait_is_measured_in_the_time_of_the_constructs_clock_and_told_in_seconds() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    Mutex mutex = Mutex.create(SyncOptions.named("ledger").timer(time).metrics(metrics));
    Lease held = mutex.tryLock().orElseThrow();
    mutex.withLock(Mono.empty()).subscribe();

    time.advanceTimeBy(Duration.ofMillis(2_500));
    held.release();

    Timer wait = registry.get("velox.sync.wait").timer();
    assertThat(wait.baseTimeUnit()).isEqualTo(TimeUnit.SECONDS);
    assertThat(wait.totalTime(wait.baseTimeUnit())).isEqualTo(2.5);
  }

  @Test
  void a_transaction_that_begins_at_time_zero_is_measured() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    StmOptions options = StmOptions.defaults().name("transfer").scheduler(time).metrics(metrics);
    TRef<Integer> ref = TRef.of(0);
    Stm.<Integer>atomic(options, tx -> tx.get(ref) == 0 ? tx.<Integer>retry() : tx.get(ref))
        .subscribe();

    time.advanceTimeBy(Duration.ofSeconds(3));
    ref.write(1).block(LONG);
    time.advanceTimeBy(Duration.ZERO);

    assertThat(registry.get("velox.stm.run").timer().totalTime(TimeUnit.SECONDS)).isEqualTo(3);
    assertThat(registry.get("velox.stm.wait").timer().totalTime(TimeUnit.SECONDS)).isEqualTo(3);
  }

  @Test
  void a_refused_meter_leaves_its_construct_unmetered_and_whole() {
    registry.timer("velox.channel.accepted", "kind", "channel", "name", "orders");
    List<Throwable> dropped = new ArrayList<>();
    Hooks.onErrorDropped(dropped::add);

    Channel<Integer> channel = channel("orders", metrics);

    assertThat(dropped).hasSize(1).first().isInstanceOf(IllegalArgumentException.class);
    channel.send(1).block(LONG);
    assertThat(channel.receive().block(LONG)).isEqualTo(1);
    assertThat(dropped).hasSize(1);
  }

  @Test
  void a_listener_that_only_counts_is_told_as_before() {
    List<Event> events = new ArrayList<>();
    Channel<Integer> channel =
        channel(
            "orders",
            new MetricsListener() {
              @Override
              public void count(Event event) {
                events.add(event);
              }

              @Override
              public void time(Timing timing, long amount, TimeUnit unit) {
                // not its business
              }
            });

    channel.send(1).then(channel.receive()).block(LONG);

    assertThat(events).containsExactly(Event.ACCEPTED, Event.DELIVERED);
  }

  @Test
  void bad_arguments_are_refused() {
    assertThatNullPointerException()
        .isThrownBy(() -> VeloxMetrics.listener(null))
        .withMessageContaining("registry");
    assertThatNullPointerException()
        .isThrownBy(() -> VeloxMetrics.listener(registry, null))
        .withMessageContaining("tags");
  }

  // ---- without a listener -------------------------------------------------------------------

  /** Keeps time as {@code Schedulers.parallel()}, and counts how often it is asked for it. */
  private static final class Clock implements Scheduler {
    final AtomicInteger asked = new AtomicInteger();

    @Override
    public long now(TimeUnit unit) {
      asked.incrementAndGet();
      return Schedulers.parallel().now(unit);
    }

    @Override
    public Disposable schedule(Runnable task) {
      return Schedulers.parallel().schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return Schedulers.parallel().schedule(task, delay, unit);
    }

    @Override
    public Scheduler.Worker createWorker() {
      return Schedulers.parallel().createWorker();
    }
  }

  /** Has each construct with a clock of its own work and wait. */
  private static void work(Clock clock, MetricsListener listener) {
    Channel<Integer> channel =
        Channel.<Integer>builder().capacity(1).timer(clock).metrics(listener).build();
    Mono<Integer> received = Mono.fromFuture(channel.receive().toFuture());
    channel.send(1).then(channel.send(2)).block(LONG);
    received.block(LONG);

    Mutex mutex = Mutex.create(SyncOptions.defaults().timer(clock).metrics(listener));
    Lease held = mutex.tryLock().orElseThrow();
    Mono<Integer> section = Mono.fromFuture(mutex.withLock(Mono.just(1)).toFuture());
    held.release();
    section.block(LONG);

    TRef<Integer> ref = TRef.of(0);
    Mono<Integer> transaction =
        Mono.fromFuture(
            Stm.<Integer>atomic(
                    StmOptions.defaults().scheduler(clock).metrics(listener),
                    tx -> tx.get(ref) == 0 ? tx.<Integer>retry() : tx.get(ref))
                .toFuture());
    ref.write(1).block(LONG);
    transaction.block(LONG);

    AtomicInteger calls = new AtomicInteger();
    RetryPolicy.builder()
        .backoff(Backoff.fixed(Duration.ofMillis(1)))
        .timer(clock)
        .metrics(listener)
        .build()
        .execute(
            () ->
                calls.incrementAndGet() == 1
                    ? Mono.error(new IllegalStateException("not yet"))
                    : Mono.just(1))
        .block(LONG);

    ConcurrentMap.<String, Integer>builder()
        .timer(clock)
        .metrics(listener)
        .build()
        .getOrLoad("key", key -> Mono.just(1))
        .block(LONG);

    Worker<Integer, Integer> worker =
        Worker.of(
            (message, self) -> self.postMessage(message),
            WorkerOptions.defaults().timer(clock).metrics(listener));
    worker.postMessage(1).then(worker.getResult()).block(LONG);
    worker.shutdown().block(LONG);
  }

  @Test
  void without_a_listener_no_clock_is_read() {
    Clock clock = new Clock();

    work(clock, MetricsListener.noop());

    assertThat(clock.asked).hasValue(0);
    work(clock, metrics);
    assertThat(clock.asked.get()).isPositive();
  }
}
