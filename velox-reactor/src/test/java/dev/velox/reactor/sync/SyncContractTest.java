package dev.velox.reactor.sync;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SyncContractTest extends ConstructContract {

  private static final Duration LONG = Duration.ofHours(1);

  @Override
  protected void construct() {
    mutex("withLock, Mono", (own, body) -> own.withLock(body));
    mutex("withLock, Mono in time", (own, body) -> own.withLock(body, LONG));
    mutex("withLock, Flux", (own, body) -> own.withLock(body.flux()));
    mutex("withLock, Flux in time", (own, body) -> own.withLock(body.flux(), LONG));
    section(
        "reentrant withLock",
        () -> {
          Mutex own = Mutex.reentrant();
          return new Lock(
              own::withLock,
              own.tryLock().orElseThrow(),
              own::waiting,
              () -> own.tryLock().isPresent());
        });
    section(
        "keyed withLock",
        () -> {
          KeyedMutex<String> own = KeyedMutex.create();
          return new Lock(
              body -> own.withLock("key", body),
              own.tryLock("key").orElseThrow(),
              () -> own.waiting("key"),
              () -> own.tryLock("key").isPresent());
        });
    section(
        "withPermits",
        () -> {
          Semaphore own = Semaphore.of(2);
          return new Lock(
              body -> own.withPermits(2, body),
              own.tryAcquire(2).orElseThrow(),
              own::waiting,
              () -> own.tryAcquire(2).isPresent());
        });
    section(
        "withReadLock",
        () -> {
          ReadWriteMutex own = ReadWriteMutex.create();
          return new Lock(
              own::withReadLock,
              own.tryWriteLock().orElseThrow(),
              own::waiting,
              () -> own.tryWriteLock().isPresent());
        });
    section(
        "withWriteLock",
        () -> {
          ReadWriteMutex own = ReadWriteMutex.create();
          return new Lock(
              own::withWriteLock,
              own.tryReadLock().orElseThrow(),
              own::waiting,
              () -> own.tryWriteLock().isPresent());
        });
    waiting(
        "condition await",
        () -> {
          Mutex mutex = Mutex.create();
          Condition condition = mutex.newCondition();
          return Waiting.of(
              false,
              () -> mutex.withLock(condition.await()),
              condition::signal,
              condition::waiting,
              () -> !condition.signal() && mutex.tryLock().isPresent());
        });
    Mutex mutex = Mutex.create();
    publisher("lock", mutex::lock);
    publisher("lock in time", () -> mutex.lock(LONG));
    publisher("acquire", () -> Semaphore.of(1).acquire());
    publisher("limit", () -> Flux.just(1).transform(Semaphore.of(1).limit(1)));
    publisher("latch await", () -> CountDownLatch.of(1).await());
    publisher("latch await in time", () -> CountDownLatch.of(1).await(LONG));
    publisher("barrier await", () -> CyclicBarrier.of(2).await());
    publisher("keyed lock", () -> KeyedMutex.<String>create().lock("key"));
    publisher(
        "serially",
        () ->
            Flux.just(1)
                .transform(Keyed.<Integer, Integer, Integer>serially(i -> i, 1, Mono::just)));
    badArgument("null name", NullPointerException.class, () -> SyncOptions.named(null), "name");
    badArgument("null options", NullPointerException.class, () -> Mutex.create(null), "options");
    badArgument(
        "negative permits",
        IllegalArgumentException.class,
        () -> Semaphore.of(-3),
        "permits",
        "-3");
  }

  /**
   * A lock that is held.
   *
   * @param section makes a section of a body
   * @param holder who holds it
   * @param waiting how many wait
   * @param free whether it is free
   */
  private record Lock(
      Function<Mono<Integer>, Publisher<?>> section,
      Lease holder,
      IntSupplier waiting,
      BooleanSupplier free) {}

  private void mutex(String name, BiFunction<Mutex, Mono<Integer>, Publisher<?>> section) {
    section(
        name,
        () -> {
          Mutex own = Mutex.create();
          return new Lock(
              body -> section.apply(own, body),
              own.tryLock().orElseThrow(),
              own::waiting,
              () -> own.tryLock().isPresent());
        });
  }

  /** Sections whose bodies end one at a time: one for each release. */
  private void section(String name, Supplier<Lock> locks) {
    waiting(
        name,
        () -> {
          Lock lock = locks.get();
          Channel<Integer> ends = Channel.unbounded();
          return Waiting.of(
              false,
              () -> lock.section().apply(ends.receive()),
              () -> {
                lock.holder().release();
                ends.trySend(1);
              },
              lock.waiting(),
              lock.free());
        });
  }
}
