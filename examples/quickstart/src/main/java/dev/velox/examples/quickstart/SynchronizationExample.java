package dev.velox.examples.quickstart;

import dev.velox.reactor.sync.Condition;
import dev.velox.reactor.sync.Mutex;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 9 of the specification, synchronization primitives.
 *
 * <p>The specification's {@code Mutex} and {@code Condition}, in the two classes it builds with
 * them: a guarded map, and a bounded queue. Where it locks, tries and unlocks in {@code finally},
 * {@code withLock} does all three, on errors and cancellation too.
 */
public final class SynchronizationExample {

  private SynchronizationExample() {}

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    guardedMap().doOnNext(System.out::println).block();
    boundedQueue().doOnNext(System.out::println).blockLast();
    startingGun().doOnNext(System.out::println).block();
  }

  /** A map of which one caller at a time has hold. */
  static final class GuardedMap<K, V> {
    private final Map<K, V> map = new HashMap<>();
    private final Mutex mutex = Mutex.create(); // new Mutex()

    Mono<V> get(K key) {
      return mutex.withLock(Mono.fromSupplier(() -> map.get(key)));
    }

    Mono<Void> set(K key, V value) {
      return mutex.withLock(Mono.fromRunnable(() -> map.put(key, value)));
    }

    Mono<Boolean> delete(K key) {
      return mutex.withLock(Mono.fromSupplier(() -> map.remove(key) != null));
    }
  }

  /** A queue in which producers wait while it is full, and consumers while it is empty. */
  static final class BoundedQueue<T> {
    private final Queue<T> queue = new ArrayDeque<>();
    private final Mutex mutex = Mutex.create();
    private final Condition notEmpty = mutex.newCondition(); // new Condition(this.mutex)
    private final Condition notFull = mutex.newCondition();
    private final int maxSize;

    BoundedQueue(int maxSize) {
      this.maxSize = maxSize;
    }

    Mono<Void> enqueue(T item) {
      return notFull
          .await(() -> queue.size() < maxSize) // while (queue.length >= maxSize) await wait()
          .then(
              Mono.<Void>fromRunnable(
                  () -> {
                    queue.add(item);
                    notEmpty.signal();
                  }))
          .transform(mutex::withLock); // lock … finally unlock
    }

    Mono<T> dequeue() {
      return notEmpty
          .await(() -> !queue.isEmpty()) // while (queue.length === 0) await wait()
          .then(
              Mono.fromSupplier(
                  () -> {
                    T item = queue.remove();
                    notFull.signal();
                    return item;
                  }))
          .transform(mutex::withLock);
    }
  }

  /** Lock and unlock written out, and a condition that wakes all who wait. */
  static Mono<String> startingGun() {
    Mutex mutex = Mutex.create();
    Condition started = mutex.newCondition();
    AtomicInteger running = new AtomicInteger();
    Mono<Integer> runner =
        Mono.usingWhen(
            mutex.lock(), // await mutex.lock(); try {
            lease ->
                started
                    .await(lease) // await started.wait()
                    .then(Mono.fromSupplier(running::incrementAndGet)),
            lease -> Mono.fromRunnable(() -> mutex.unlock(lease))); // } finally mutex.unlock()
    Mono<Integer> starter = mutex.withLock(Mono.fromSupplier(started::broadcast));
    return Mono.zip(runner, runner, runner, starter)
        .map(all -> running + " are running, " + all.getT4() + " were woken");
  }

  /** What the map holds after a set and a delete. */
  static Mono<String> guardedMap() {
    GuardedMap<String, Integer> ages = new GuardedMap<>();
    return ages.set("Ada", 36)
        .then(ages.set("Alan", 41))
        .then(ages.delete("Alan"))
        .flatMap(deleted -> ages.get("Ada").map(age -> "Ada is " + age + ", deleted: " + deleted));
  }

  /** Five items go through a queue of two; the producer is held up until the consumer comes. */
  static Flux<Integer> boundedQueue() {
    BoundedQueue<Integer> queue = new BoundedQueue<>(2);
    Mono<Void> producer = Flux.range(1, 5).concatMap(queue::enqueue).then();
    Flux<Integer> consumer = queue.dequeue().repeat(4);
    return Flux.merge(producer.cast(Integer.class), consumer);
  }
}
