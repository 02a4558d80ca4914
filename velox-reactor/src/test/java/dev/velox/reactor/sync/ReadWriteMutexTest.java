package dev.velox.reactor.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class ReadWriteMutexTest {

  private final ReadWriteMutex mutex = ReadWriteMutex.create();

  private static <T> TestSubscriber<T> subscribe(Publisher<T> publisher) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    publisher.subscribe(subscriber);
    return subscriber;
  }

  private static boolean has(TestSubscriber<Lease> subscriber) {
    return !subscriber.getReceivedOnNext().isEmpty();
  }

  @Test
  void many_read_or_one_writes() {
    Lease first = mutex.readLock().block();
    Lease second = mutex.tryReadLock().orElseThrow();
    assertThat(mutex.readers()).isEqualTo(2);
    assertThat(mutex.isWriteLocked()).isFalse();
    assertThat(mutex.tryWriteLock()).isEmpty();
    StepVerifier.create(mutex.writeLock(Duration.ofMillis(1))).verifyError(TimeoutException.class);

    first.release();
    second.release();

    Lease writer = mutex.tryWriteLock().orElseThrow();
    assertThat(mutex.isWriteLocked()).isTrue();
    assertThat(mutex.readers()).isZero();
    assertThat(mutex.tryReadLock()).isEmpty();
    StepVerifier.create(mutex.readLock(Duration.ZERO)).verifyError(TimeoutException.class);
    writer.release();
    assertThat(mutex.tryReadLock()).isPresent();
  }

  @Test
  void a_writer_is_not_starved_by_readers_nor_they_by_writers() {
    Lease reader = mutex.tryReadLock().orElseThrow();
    TestSubscriber<Lease> writer = subscribe(mutex.writeLock());
    TestSubscriber<Lease> later = subscribe(mutex.readLock());
    TestSubscriber<Lease> latest = subscribe(mutex.readLock());
    TestSubscriber<Lease> secondWriter = subscribe(mutex.writeLock());
    assertThat(mutex.tryReadLock()).as("a newcomer waits behind the writer").isEmpty();
    assertThat(mutex.waiting()).isEqualTo(4);

    reader.release();
    assertThat(has(writer)).isTrue();
    assertThat(has(later)).isFalse();

    writer.getReceivedOnNext().get(0).release();
    assertThat(has(later)).isTrue();
    assertThat(has(latest)).as("readers enter together").isTrue();
    assertThat(has(secondWriter)).isFalse();

    later.getReceivedOnNext().get(0).release();
    latest.getReceivedOnNext().get(0).release();
    assertThat(has(secondWriter)).isTrue();
  }

  @Test
  void a_writer_becomes_a_reader_with_no_writer_in_between() {
    Lease lease = mutex.tryWriteLock().orElseThrow();
    TestSubscriber<Lease> reader = subscribe(mutex.readLock());
    TestSubscriber<Lease> writer = subscribe(mutex.writeLock());

    assertThat(mutex.downgrade(lease)).isTrue();

    assertThat(has(reader)).isTrue();
    assertThat(has(writer)).isFalse();
    assertThat(mutex.readers()).isEqualTo(2);
    assertThat(mutex.downgrade(lease)).isFalse();
    lease.release();
    lease.release();
    assertThat(mutex.downgrade(lease)).isFalse();
    reader.getReceivedOnNext().get(0).release();
    assertThat(has(writer)).isTrue();
    assertThatThrownBy(() -> mutex.downgrade(Mutex.create().tryLock().orElseThrow()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void downgrade_and_release_race_and_one_wins() {
    for (int i = 0; i < 3_000; i++) {
      ReadWriteMutex fresh = ReadWriteMutex.create();
      Lease lease = fresh.tryWriteLock().orElseThrow();
      RaceTestUtils.race(() -> fresh.downgrade(lease), lease::release);
      assertThat(fresh.readers()).isZero();
      assertThat(fresh.tryWriteLock()).isPresent();
    }
  }

  @Test
  void an_upgrade_inside_a_section_fails_instead_of_waiting_for_itself() {
    StepVerifier.create(mutex.withReadLock(mutex.withWriteLock(Mono.just(1))))
        .verifyError(SelfDeadlockException.class);
    StepVerifier.create(mutex.withWriteLock(mutex.withReadLock(Flux.just(1))))
        .verifyError(SelfDeadlockException.class);
    assertThat(mutex.withReadLock(mutex.withReadLock(Mono.just(1))).block()).isEqualTo(1);
    assertThat(mutex.tryWriteLock()).isPresent();
  }

  @Test
  void sections_see_whole_writes() {
    long[] pair = new long[2];
    AtomicBoolean torn = new AtomicBoolean();
    AtomicInteger together = new AtomicInteger();
    Mono<Void> write =
        mutex.withWriteLock(
            Mono.fromRunnable(
                () -> {
                  pair[0]++;
                  pair[1]++;
                }));
    Mono<Void> read =
        mutex.withReadLock(
            Mono.fromRunnable(
                () -> {
                  together.incrementAndGet();
                  if (pair[0] != pair[1]) {
                    torn.set(true);
                  }
                }));
    List<Mono<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      tasks.add((i == 0 ? write : read).repeat(4_999).then().subscribeOn(Schedulers.parallel()));
    }
    Mono.when(tasks).block();
    assertThat(torn).isFalse();
    assertThat(pair).containsExactly(5_000L, 5_000L);
    assertThat(together).hasValue(15_000);
    assertThat(mutex.readers()).isZero();
    assertThat(mutex.withWriteLock(Flux.range(0, 3)).count().block()).isEqualTo(3);
  }
}
