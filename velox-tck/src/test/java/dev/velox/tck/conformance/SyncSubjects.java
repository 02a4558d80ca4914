package dev.velox.tck.conformance;

import dev.velox.reactor.sync.Condition;
import dev.velox.reactor.sync.CountDownLatch;
import dev.velox.reactor.sync.CyclicBarrier;
import dev.velox.reactor.sync.Keyed;
import dev.velox.reactor.sync.KeyedMutex;
import dev.velox.reactor.sync.Lease;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.ReadWriteMutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.sync.SyncOptions;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code sync} offers. */
final class SyncSubjects {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String KEY = "key";

  /** A kind of lock: how to make one, and how to take all of it. */
  private record Lock<L>(Function<SyncOptions, L> make, Function<L, Lease> hold) {
    L free() {
      return make.apply(SyncOptions.defaults());
    }

    /** One that is held, and for which nobody may wait. */
    L refusing() {
      L lock = make.apply(SyncOptions.defaults().maxWaiters(0));
      Lease held = hold.apply(lock);
      if (!held.isHeld()) {
        throw new IllegalStateException("not held");
      }
      return lock;
    }
  }

  private static final Lock<Mutex> MUTEX =
      new Lock<>(Mutex::create, mutex -> mutex.tryLock().orElseThrow());
  private static final Lock<Semaphore> SEMAPHORE =
      new Lock<>(
          options -> Semaphore.of(2, options), semaphore -> semaphore.tryAcquire(2).orElseThrow());
  private static final Lock<ReadWriteMutex> READ_WRITE =
      new Lock<>(ReadWriteMutex::create, mutex -> mutex.tryWriteLock().orElseThrow());
  private static final Lock<KeyedMutex<String>> KEYED =
      new Lock<>(KeyedMutex::create, mutex -> mutex.tryLock(KEY).orElseThrow());

  private final List<Subject> subjects = new ArrayList<>();

  private SyncSubjects() {}

  static List<Subject> all() {
    SyncSubjects all = new SyncSubjects();
    all.leases();
    all.bodies();
    all.streams();
    all.conditions();
    all.meetings();
    all.operators();
    return all.subjects;
  }

  private void leases() {
    lease("Mutex.lock()", MUTEX, Mutex::lock);
    lease("Mutex.lock(Duration)", MUTEX, mutex -> mutex.lock(LONG));
    lease("Semaphore.acquire()", SEMAPHORE, Semaphore::acquire);
    lease("Semaphore.acquire(int)", SEMAPHORE, semaphore -> semaphore.acquire(2));
    lease("Semaphore.acquire(int, Duration)", SEMAPHORE, s -> s.acquire(2, LONG));
    lease("ReadWriteMutex.readLock()", READ_WRITE, ReadWriteMutex::readLock);
    lease("ReadWriteMutex.readLock(Duration)", READ_WRITE, mutex -> mutex.readLock(LONG));
    lease("ReadWriteMutex.writeLock()", READ_WRITE, ReadWriteMutex::writeLock);
    lease("ReadWriteMutex.writeLock(Duration)", READ_WRITE, mutex -> mutex.writeLock(LONG));
    lease("KeyedMutex.lock(Object)", KEYED, mutex -> mutex.lock(KEY));
    lease("KeyedMutex.lock(Object, Duration)", KEYED, mutex -> mutex.lock(KEY, LONG));
  }

  /** Released as it is received, so that the next subscriber gets one as well. */
  private <L> void lease(String covers, Lock<L> kind, Function<L, Mono<Lease>> take) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(
                    covers, () -> take.apply(kind.free()).doOnNext(Lease::release))
                .fanOut(FanOut.COMPETING)
                .failingOnDemand(() -> take.apply(kind.refusing()))
                .cannotBeEmpty("completes with a lease")
                .waiting(
                    () -> {
                      L lock = kind.free();
                      Lease held = kind.hold().apply(lock);
                      return new Waiting<>(take.apply(lock), held::release);
                    })));
  }

  private void bodies() {
    body("Mutex.withLock(Mono)", MUTEX, Mutex::withLock);
    body("Mutex.withLock(Mono, Duration)", MUTEX, (mutex, body) -> mutex.withLock(body, LONG));
    body("Semaphore.withPermit(Mono)", SEMAPHORE, Semaphore::withPermit);
    body("Semaphore.withPermits(int, Mono)", SEMAPHORE, (s, body) -> s.withPermits(2, body));
    body(
        "Semaphore.withPermits(int, Mono, Duration)",
        SEMAPHORE,
        (semaphore, body) -> semaphore.withPermits(2, body, LONG));
    body("ReadWriteMutex.withReadLock(Mono)", READ_WRITE, ReadWriteMutex::withReadLock);
    body("ReadWriteMutex.withWriteLock(Mono)", READ_WRITE, ReadWriteMutex::withWriteLock);
    body("KeyedMutex.withLock(Object, Mono)", KEYED, (mutex, body) -> mutex.withLock(KEY, body));
    body(
        "KeyedMutex.withLock(Object, Mono, Duration)",
        KEYED,
        (mutex, body) -> mutex.withLock(KEY, body, LONG));
  }

  private <L> void body(String covers, Lock<L> kind, BiFunction<L, Mono<Long>, Mono<Long>> inside) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> inside.apply(kind.free(), Mono.just(1L)))
                .fanOut(FanOut.COMPETING)
                .failingOnDemand(() -> inside.apply(kind.free(), Mono.error(failure())))
                .empty(() -> inside.apply(kind.free(), Mono.empty()))
                .waiting(
                    () -> {
                      L lock = kind.free();
                      Lease held = kind.hold().apply(lock);
                      return new Waiting<>(inside.apply(lock, Mono.just(1L)), held::release);
                    })));
  }

  private void streams() {
    stream("Mutex.withLock(Flux)", MUTEX, Mutex::withLock);
    stream("Mutex.withLock(Flux, Duration)", MUTEX, (mutex, body) -> mutex.withLock(body, LONG));
    stream("Semaphore.withPermit(Flux)", SEMAPHORE, Semaphore::withPermit);
    stream("Semaphore.withPermits(int, Flux)", SEMAPHORE, (s, body) -> s.withPermits(1, body));
    stream(
        "Semaphore.withPermits(int, Flux, Duration)",
        SEMAPHORE,
        (semaphore, body) -> semaphore.withPermits(1, body, LONG));
    stream("Semaphore.limit(int)", SEMAPHORE, (s, body) -> body.transform(s.limit(1)));
    stream("ReadWriteMutex.withReadLock(Flux)", READ_WRITE, ReadWriteMutex::withReadLock);
    stream("ReadWriteMutex.withWriteLock(Flux)", READ_WRITE, ReadWriteMutex::withWriteLock);
    stream("KeyedMutex.withLock(Object, Flux)", KEYED, (mutex, body) -> mutex.withLock(KEY, body));
    stream(
        "KeyedMutex.withLock(Object, Flux, Duration)",
        KEYED,
        (mutex, body) -> mutex.withLock(KEY, body, LONG));
  }

  /** Each subscriber has a lock of its own: else one would wait for the end of the other. */
  private <L> void stream(
      String covers, Lock<L> kind, BiFunction<L, Flux<Long>, Flux<Long>> inside) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.of(
                    covers, n -> Flux.defer(() -> inside.apply(kind.free(), Longs.upTo(n))))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> inside.apply(kind.free(), Flux.error(failure())))
                .waiting(
                    () -> {
                      L lock = kind.free();
                      Lease held = kind.hold().apply(lock);
                      return new Waiting<>(inside.apply(lock, Flux.just(1L)), held::release);
                    })));
  }

  private void conditions() {
    wait("Condition.await()", (condition, flag) -> condition.await(), Condition::await);
    wait(
        "Condition.await(BooleanSupplier)",
        (condition, flag) -> condition.await(flag::get),
        condition -> condition.await(() -> false));
    waitWithLease("Condition.await(Lease)", (condition, lease, flag) -> condition.await(lease));
    waitWithLease(
        "Condition.await(Lease, BooleanSupplier)",
        (condition, lease, flag) -> condition.await(lease, flag::get));
    waitWithLease(
        "Condition.await(Lease, Duration)",
        (condition, lease, flag) -> condition.await(lease, LONG).then());
  }

  private void wait(
      String covers,
      BiFunction<Condition, AtomicBoolean, Mono<Void>> await,
      Function<Condition, Mono<Void>> outside) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.completion(
                    covers,
                    () -> {
                      Mutex mutex = Mutex.create();
                      Condition condition = mutex.newCondition();
                      AtomicBoolean flag = new AtomicBoolean();
                      return mutex.withLock(
                          signalled(mutex, condition, flag, await.apply(condition, flag)));
                    })
                .fanOut(FanOut.COMPETING)
                .failingOnDemand(() -> outside.apply(Mutex.create().newCondition()))
                .waiting(
                    () -> {
                      Mutex mutex = Mutex.create();
                      Condition condition = mutex.newCondition();
                      AtomicBoolean flag = new AtomicBoolean();
                      return new Waiting<>(
                          mutex.withLock(await.apply(condition, flag)),
                          () -> signal(condition, flag));
                    })));
  }

  /** A wait in a section that holds a lease. */
  private interface LeasedWait {
    Mono<Void> on(Condition condition, Lease lease, AtomicBoolean flag);
  }

  private void waitWithLease(String covers, LeasedWait await) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.completion(
                    covers,
                    () -> {
                      Mutex mutex = Mutex.create();
                      Condition condition = mutex.newCondition();
                      AtomicBoolean flag = new AtomicBoolean();
                      return held(
                          mutex,
                          lease ->
                              signalled(mutex, condition, flag, await.on(condition, lease, flag)));
                    })
                .fanOut(FanOut.COMPETING)
                .failingOnDemand(
                    () -> {
                      Mutex mutex = Mutex.create();
                      Lease lease = mutex.tryLock().orElseThrow();
                      Mono<Void> wait = await.on(mutex.newCondition(), lease, new AtomicBoolean());
                      lease.release();
                      return wait;
                    })
                .waiting(
                    () -> {
                      Mutex mutex = Mutex.create();
                      Condition condition = mutex.newCondition();
                      AtomicBoolean flag = new AtomicBoolean();
                      return new Waiting<>(
                          held(mutex, lease -> await.on(condition, lease, flag)),
                          () -> signal(condition, flag));
                    })));
  }

  private static Mono<Void> held(Mutex mutex, Function<Lease, Mono<Void>> body) {
    return mutex.lock().flatMap(lease -> body.apply(lease).doFinally(how -> lease.release()));
  }

  /** Somebody stands behind the section, and signals when the wait has given the mutex back. */
  private static Mono<Void> signalled(
      Mutex mutex, Condition condition, AtomicBoolean flag, Mono<Void> wait) {
    return Mono.defer(
        () -> {
          mutex.withLock(Mono.fromRunnable(() -> signal(condition, flag))).subscribe();
          return wait;
        });
  }

  private static void signal(Condition condition, AtomicBoolean flag) {
    flag.set(true);
    condition.signal();
  }

  private void meetings() {
    subjects.add(
        new Subject(
            "CountDownLatch.await()",
            PublisherConformance.completion(
                    "CountDownLatch.await()", () -> CountDownLatch.of(0).await())
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(
                    () -> CountDownLatch.of(1, SyncOptions.defaults().maxWaiters(0)).await())
                .waiting(
                    () -> {
                      CountDownLatch latch = CountDownLatch.of(1);
                      return new Waiting<>(latch.await(), latch::countDown);
                    })));
    subjects.add(
        new Subject(
            "CountDownLatch.await(Duration)",
            PublisherConformance.single(
                    "CountDownLatch.await(Duration)", () -> CountDownLatch.of(0).await(LONG))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(
                    () -> CountDownLatch.of(1, SyncOptions.defaults().maxWaiters(0)).await(LONG))
                .cannotBeEmpty("completes with whether it was opened in time")
                .waiting(
                    () -> {
                      CountDownLatch latch = CountDownLatch.of(1);
                      return new Waiting<>(latch.await(LONG), latch::countDown);
                    })));
    barrier("CyclicBarrier.await()", CyclicBarrier::await);
    barrier("CyclicBarrier.await(Duration)", barrier -> barrier.await(LONG));
  }

  private void barrier(String covers, Function<CyclicBarrier, Mono<Integer>> await) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> await.apply(CyclicBarrier.of(1)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(
                    () -> {
                      CyclicBarrier broken = CyclicBarrier.of(2);
                      broken.await().subscribe().dispose();
                      return await.apply(broken);
                    })
                .cannotBeEmpty("completes with the index of the arrival")
                .waiting(
                    () -> {
                      CyclicBarrier barrier =
                          CyclicBarrier.of(2, CyclicBarrier.WhenPartyLeaves.RESTORE);
                      return new Waiting<>(await.apply(barrier), () -> barrier.await().subscribe());
                    })));
  }

  private void operators() {
    serially(
        "Keyed.serially(Function, int, Function)",
        work -> source -> source.transform(Keyed.serially(x -> x % 3, 4, work)));
    serially(
        "Keyed.serially(Function, int, int, Function)",
        work -> source -> source.transform(Keyed.serially(x -> x % 3, 4, 64, work)));
  }

  /** Results come in no order across keys. */
  private void serially(
      String covers, Function<Function<Long, Mono<Long>>, UnaryOperator<Flux<Long>>> operator) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.of(covers, n -> operator.apply(Mono::just).apply(Longs.upTo(n)))
                .fanOut(FanOut.COMPETING)
                .failingOnDemand(() -> operator.apply(Mono::just).apply(Flux.error(failure())))
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          operator.apply(item -> gate.asMono()).apply(Longs.upTo(3)),
                          () -> gate.tryEmitValue(1L));
                    })));
  }

  private static IllegalStateException failure() {
    return new IllegalStateException("failed");
  }
}
