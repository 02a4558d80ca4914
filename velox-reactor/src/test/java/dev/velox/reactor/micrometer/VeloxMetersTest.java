package dev.velox.reactor.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.stm.ConflictException;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.StmOptions;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.CountDownLatch;
import dev.velox.reactor.sync.CyclicBarrier;
import dev.velox.reactor.sync.KeyedMutex;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.ReadWriteMutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.sync.SyncOptions;
import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerAbandonedException;
import dev.velox.reactor.worker.WorkerOptions;
import dev.velox.reactor.worker.WorkerPool;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The meters are what the enum says, and the guide says the same. */
class VeloxMetersTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(1);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final MetricsListener metrics = VeloxMetrics.listener(registry);
  private final Set<VeloxMeters> seen = EnumSet.noneOf(VeloxMeters.class);

  @AfterEach
  void resetHooks() {
    Hooks.resetOnErrorDropped();
  }

  @Test
  void each_meter_of_the_enum_is_produced_by_a_construct() {
    Hooks.onErrorDropped(failure -> {});

    useChannel();
    useBroadcast();
    useLocks();
    useLatchAndBarrier();
    useTransactions();
    useRetry();
    useActor();
    useWorker();
    usePool();
    useMap();
    useAnother();

    // A pool's thread tells how long it was held after who waited for the result has got it.
    long end = System.nanoTime() + LONG.toNanos();
    while (seen.size() < VeloxMeters.values().length && System.nanoTime() < end) {
      look();
    }
    assertThat(seen).containsExactly(VeloxMeters.values());
  }

  @Test
  void each_has_the_tags_the_unit_and_the_form_of_name_that_the_enum_says() {
    each_meter_of_the_enum_is_produced_by_a_construct();

    for (VeloxMeters documented : VeloxMeters.values()) {
      assertThat(documented.getName()).matches("velox(\\.[a-z]+){2}");
      Set<String> keys =
          Arrays.stream(documented.getKeyNames())
              .map(KeyName::asString)
              .collect(Collectors.toSet());
      for (Meter meter : registry.find(documented.getName()).meters()) {
        assertThat(meter.getId().getType()).isEqualTo(documented.getType());
        assertThat(meter.getId().getTags()).extracting(Tag::getKey).hasSameElementsAs(keys);
        String unit = meter.getId().getBaseUnit();
        assertThat(unit == null ? "" : unit).isEqualTo(documented.getBaseUnit());
      }
    }
    assertThat(registry.getMeters())
        .extracting(meter -> meter.getId().getName())
        .allMatch(
            name ->
                Arrays.stream(VeloxMeters.values())
                    .anyMatch(documented -> documented.getName().equals(name)));
  }

  @Test
  void the_table_of_the_guide_is_that_of_the_enum() throws IOException {
    String source =
        Files.readString(Path.of("src/main/java/dev/velox/reactor/micrometer/VeloxMeters.java"));
    List<String> expected = new ArrayList<>();
    for (VeloxMeters meter : VeloxMeters.values()) {
      Matcher comment =
          Pattern.compile("/\\*\\* ([^/]*?)\\.? \\*/\\s+" + meter.name() + "\\(").matcher(source);
      assertThat(comment.find()).as("comment of " + meter).isTrue();
      String text =
          comment
              .group(1)
              .replaceAll("\\{@code ([^}]*)}", "`$1`")
              .replaceAll("\\{@link Tag#([A-Z]*)}", "its tag")
              .replaceAll("\\s+", " ");
      expected.add(
          "| `%s` | %s | %s | %s |"
              .formatted(
                  meter.getName(), VeloxMeters.label(meter.getType()), meter.getBaseUnit(), text));
    }

    List<String> table =
        Files.readAllLines(Path.of("../docs/guide/observability.md")).stream()
            .filter(line -> line.startsWith("| `velox."))
            .toList();

    assertThat(table).containsExactlyElementsOf(expected);
  }

  // ---- each construct, until it has told all that it can ------------------------------------

  /** Notes which meters show something just now. */
  private void look() {
    for (VeloxMeters meter : VeloxMeters.values()) {
      if (registry.find(meter.getName()).meters().stream().anyMatch(VeloxMetersTest::shows)) {
        seen.add(meter);
      }
    }
  }

  private static boolean shows(Meter meter) {
    return StreamSupport.stream(meter.measure().spliterator(), false)
        .filter(each -> each.getStatistic() != Statistic.TOTAL_TIME)
        .filter(each -> each.getStatistic() != Statistic.MAX)
        .mapToDouble(Measurement::getValue)
        .anyMatch(value -> value != 0);
  }

  private void useChannel() {
    Channel<Integer> channel =
        Channel.<Integer>builder().capacity(1).name("orders").metrics(metrics).build();
    channel.send(1).block(LONG);
    Mono<Boolean> second = started(channel.send(2).thenReturn(true));
    Disposable third = channel.send(3).subscribe();
    look(); // one in the buffer, two wait
    third.dispose();
    assertThat(channel.trySend(4)).isEqualTo(SendResult.FULL);
    assertThat(channel.tryReceive().get()).isEqualTo(1);
    assertThat(second.block(LONG)).isTrue();
    assertThat(channel.receive().block(LONG)).isEqualTo(2);
    Disposable receiver = channel.receive().subscribe();
    look(); // one waits to receive
    receiver.dispose();
    assertThatExceptionOfType(RuntimeException.class)
        .isThrownBy(() -> channel.receive(SHORT).block(LONG))
        .withCauseInstanceOf(TimeoutException.class);
    channel.send(5).block(LONG);
    channel.cancel();
    look();
  }

  private void useBroadcast() {
    Broadcast<Integer> broadcast =
        Broadcast.<Integer>builder()
            .subscribers(SlowSubscriber.WAIT, 1)
            .name("prices")
            .metrics(metrics)
            .build();
    BaseSubscriber<Integer> slow =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            // asks for nothing yet
          }
        };
    broadcast.asFlux().subscribe(slow);
    broadcast.publish(1).block(LONG);
    Mono<Integer> second = started(broadcast.publish(2));
    Disposable third = broadcast.publish(3).subscribe();
    look(); // two wait
    third.dispose();
    assertThat(broadcast.tryPublish(4).isPublished()).isFalse();
    slow.requestUnbounded();
    assertThat(second.block(LONG)).isEqualTo(1);
    slow.dispose();
    broadcast
        .asFlux(SlowSubscriber.DROP_OLDEST, 1)
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                // asks for nothing
              }
            });
    broadcast.publish(5).then(broadcast.publish(6)).block(LONG);
    look();
  }

  private void useLocks() {
    SyncOptions options = SyncOptions.named("ledger").metrics(metrics);
    Mutex mutex = Mutex.create(options.maxWaiters(1));
    Lease held = mutex.tryLock().orElseThrow();
    Disposable waits = mutex.lock().subscribe();
    assertThatExceptionOfType(TooManyWaitersException.class)
        .isThrownBy(() -> mutex.lock().block(LONG));
    look(); // one waits
    waits.dispose();
    assertThatExceptionOfType(RuntimeException.class)
        .isThrownBy(() -> mutex.lock(SHORT).block(LONG))
        .withCauseInstanceOf(TimeoutException.class);
    Mono<Integer> section = started(mutex.withLock(Mono.just(1)));
    held.release();
    assertThat(section.block(LONG)).isEqualTo(1);

    Semaphore semaphore = Semaphore.of(3, options);
    semaphore.withPermits(2, Mono.fromRunnable(this::look)).block(LONG); // two are held
    Mutex.reentrant(options).withLock(Mono.empty()).block(LONG);
    KeyedMutex.<String>create(options).withLock("key", Mono.empty()).block(LONG);
    ReadWriteMutex.create(options).withReadLock(Mono.empty()).block(LONG);
    look();
    for (Kind kind :
        List.of(
            Kind.MUTEX,
            Kind.REENTRANT_MUTEX,
            Kind.KEYED_MUTEX,
            Kind.READ_WRITE_MUTEX,
            Kind.SEMAPHORE)) {
      assertThat(
              registry
                  .get("velox.sync.hold")
                  .tags("kind", VeloxMeters.label(kind), "name", "ledger")
                  .timer()
                  .count())
          .isPositive();
    }
  }

  private void useLatchAndBarrier() {
    SyncOptions options = SyncOptions.named("start").metrics(metrics);
    CountDownLatch latch = CountDownLatch.of(1, options);
    Mono<Boolean> waits = started(latch.await().thenReturn(true));
    assertThat(registry.get("velox.sync.waiting").tags("kind", "count-down-latch").gauge().value())
        .isEqualTo(1);
    latch.countDown();
    assertThat(waits.block(LONG)).isTrue();
    CyclicBarrier barrier = CyclicBarrier.of(2, CyclicBarrier.WhenPartyLeaves.BREAK, options);
    Disposable party = barrier.await().subscribe();
    assertThat(registry.get("velox.sync.waiting").tags("kind", "cyclic-barrier").gauge().value())
        .isEqualTo(1);
    party.dispose();
  }

  private void useTransactions() {
    StmOptions options = StmOptions.defaults().name("transfer").metrics(metrics);
    TRef<Integer> ref = TRef.of(0);
    AtomicBoolean raced = new AtomicBoolean();
    int sum =
        Stm.<Integer>atomic(
                options,
                tx -> {
                  int value = tx.get(ref);
                  if (raced.compareAndSet(false, true)) {
                    ref.write(10).block(LONG); // another transaction, that commits first
                  }
                  tx.set(ref, value + 1);
                  return value + 1;
                })
            .block(LONG);
    assertThat(sum).isEqualTo(11);
    Mono<Integer> waits =
        started(
            Stm.<Integer>atomic(
                options, tx -> tx.get(ref) < 20 ? tx.<Integer>retry() : tx.get(ref)));
    ref.write(20).block(LONG);
    assertThat(waits.block(LONG)).isEqualTo(20);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(
            () ->
                Stm.<Integer>atomic(
                        options,
                        tx -> {
                          if (tx.get(ref) == 20) {
                            throw new IllegalStateException("by the body");
                          }
                          return 0;
                        })
                    .block(LONG));
    Mono<Integer> forEver =
        Stm.<Integer>atomic(
            options.timeout(SHORT), tx -> tx.get(ref) < 30 ? tx.<Integer>retry() : tx.get(ref));
    assertThatExceptionOfType(ConflictException.class).isThrownBy(() -> forEver.block(LONG));
    Stm.<Integer>atomic(options, tx -> tx.get(ref) < 30 ? tx.<Integer>retry() : tx.get(ref))
        .subscribe()
        .dispose();
    look();
  }

  private void useRetry() {
    RetryPolicy policy =
        RetryPolicy.builder()
            .metrics(metrics)
            .name("weather")
            .maxAttempts(2)
            .backoff(Backoff.fixed(SHORT))
            .build();
    assertThat(policy.execute(() -> Mono.just(1)).block(LONG)).isEqualTo(1);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(
            () ->
                policy.execute(() -> Mono.error(new IllegalStateException("always"))).block(LONG));
    look();
  }

  /** What an actor is asked; the answers come from the outside. */
  private record Ask(Reply<Integer> reply, Mono<Integer> work) {}

  private void useActor() {
    Sinks.One<Integer> gate = Sinks.one();
    AtomicReference<Reply<Integer>> kept = new AtomicReference<>();
    StatefulActor<Integer, Ask> actor =
        Actor.builder(
                0,
                (Integer state, Ask ask) -> {
                  kept.set(ask.reply());
                  ask.reply().reply(state);
                  return ask.work();
                })
            .name("counter")
            .mailbox(1)
            .metrics(metrics)
            .build();
    actor.<Integer>ask(reply -> new Ask(reply, Mono.just(1))).block(LONG);
    assertThat(kept.get().reply(2)).isFalse();
    actor
        .<Integer>ask(reply -> new Ask(reply, Mono.error(new IllegalStateException("no"))))
        .block(LONG);
    actor.<Integer>ask(reply -> new Ask(reply, gate.asMono())).block(LONG); // busy from now on
    Function<Reply<Integer>, Ask> another = reply -> new Ask(reply, Mono.just(3));
    assertThatExceptionOfType(RuntimeException.class)
        .isThrownBy(() -> actor.ask(another, SHORT).block(LONG))
        .withCauseInstanceOf(TimeoutException.class);
    look(); // its message is in the mailbox still
    actor.ask(another).subscribe().dispose();
    assertThat(actor.trySend(new Ask(kept.get(), Mono.just(4)))).isEqualTo(SendResult.FULL);
    gate.tryEmitValue(5);
    actor.<Integer>ask(another).block(LONG);
    Sinks.One<Integer> never = Sinks.one();
    actor.<Integer>ask(reply -> new Ask(reply, never.asMono())).block(LONG);
    actor.send(new Ask(kept.get(), Mono.just(6))).block(LONG);
    actor.kill().block(LONG);
    look();
  }

  private void useWorker() {
    AtomicBoolean free = new AtomicBoolean();
    WorkerOptions options =
        WorkerOptions.named("thumbnails").metrics(metrics).inbox(1).grace(Duration.ZERO);
    Worker<Integer, Integer> worker =
        Worker.of(
            (message, self) -> {
              self.postMessage(message);
              if (message < 0) {
                throw new IllegalStateException("a bad message");
              }
              while (message > 1 && !free.get()) {
                Thread.onSpinWait(); // deaf to interrupts
              }
            },
            options.hardGrace(SHORT));
    worker.postMessage(1).then(worker.getResult()).block(LONG);
    worker.postMessage(-1).then(worker.getResult()).block(LONG);
    worker.postMessage(2).then(worker.getResult()).block(LONG); // it is busy from now on
    worker.postMessage(3).block(LONG);
    look(); // one in the inbox
    assertThat(worker.tryPostMessage(4)).isFalse();
    worker.postMessage(5).subscribe().dispose();
    assertThatExceptionOfType(WorkerAbandonedException.class)
        .isThrownBy(() -> worker.terminate().block(LONG));
    free.set(true);
    look();
  }

  private void usePool() {
    AtomicBoolean free = new AtomicBoolean();
    WorkerPool<Integer, Integer> pool =
        WorkerPool.<Integer, Integer>builder(
                (task, signal) -> {
                  while (!free.get()) {
                    Thread.onSpinWait();
                  }
                  return task;
                })
            .max(1)
            .options(WorkerOptions.named("images").metrics(metrics))
            .build();
    Mono<Integer> first = started(pool.run(1));
    Mono<Integer> second = started(pool.run(2));
    assertThat(registry.get("velox.worker.queued").tags("kind", "worker-pool").gauge().value())
        .isEqualTo(1);
    look(); // one has the thread, one waits for it
    free.set(true);
    assertThat(first.block(LONG) + second.block(LONG)).isEqualTo(3);
    pool.shutdown().block(LONG);
    assertThat(registry.get("velox.worker.busy").tags("kind", "worker-pool").timer().count())
        .isEqualTo(2);
  }

  private void useMap() {
    ConcurrentMap<String, Integer> map =
        ConcurrentMap.<String, Integer>builder().name("accounts").metrics(metrics).build();
    assertThat(map.getOrLoad("a", key -> Mono.just(1)).block(LONG)).isEqualTo(1);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(
            () ->
                map.getOrLoad("b", key -> Mono.error(new IllegalStateException("no b")))
                    .block(LONG));
    map.getOrLoad("c", key -> Mono.never()).subscribe().dispose();
    look();
  }

  private void useAnother() {
    MetricsListener own = metrics.forConstruct(Kind.OTHER, "my own");
    own.count(Event.SUCCEEDED);
    own.time(Timing.RUN, 3, TimeUnit.SECONDS);
    List<String> held = List.of("one", "two");
    own.level(Level.BUFFERED, held, List::size);
    look();
    assertThat(
            registry
                .get("velox.other.events")
                .tags("kind", "other", "name", "my own", "event", "succeeded")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(
            registry
                .get("velox.other.time")
                .tags("name", "my own", "timing", "run")
                .timer()
                .totalTime(TimeUnit.SECONDS))
        .isEqualTo(3);
    assertThat(
            registry
                .get("velox.other.level")
                .tags("name", "my own", "level", "buffered")
                .gauge()
                .value())
        .isEqualTo(held.size());
  }

  /** Subscribes to an operation that will wait; its result is kept. */
  private static <T> Mono<T> started(Mono<T> operation) {
    return Mono.fromFuture(operation.toFuture());
  }
}
