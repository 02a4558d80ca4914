package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Lets in any number of readers, or one writer.
 *
 * <p>All wait in one line, first come, first served: readers that stand next to each other enter
 * together, and a reader that comes after a waiting writer waits behind it. So neither starves, in
 * whatever proportion they come.
 *
 * <p>A writer can {@linkplain #downgrade become a reader} with no writer in between. The other way
 * round is not offered: two readers that both want to become writers would wait for each other. A
 * section that asks for either lock inside its own section and can't have it at once fails with
 * {@link SelfDeadlockException}, as it would wait for itself: a reader inside a reader waits behind
 * a writer that waits for the outer one.
 *
 * <p>Threads, cancellation and limits are those of {@link Mutex}. Cost: as a {@link Semaphore}; a
 * reader takes one permit of very many, a writer all of them.
 */
public final class ReadWriteMutex implements Scannable {

  private static final int ALL = Integer.MAX_VALUE;

  private final Gate gate;

  private ReadWriteMutex(SyncOptions options) {
    Gate.Kind kind = Gate.Kind.READ_WRITE_MUTEX;
    this.gate = new Gate(kind, ALL, Args.notNull(options, "options").of(kind.told));
    gate.options.offer(Level.WAITING, gate, Gate::waiting);
  }

  /**
   * A read-write mutex.
   *
   * @return a new one, free
   */
  public static ReadWriteMutex create() {
    return create(SyncOptions.defaults());
  }

  /**
   * A read-write mutex with options.
   *
   * @param options name, limits, schedulers
   * @return a new one, free
   */
  public static ReadWriteMutex create(SyncOptions options) {
    return new ReadWriteMutex(options);
  }

  /**
   * Runs a body as a reader; see {@link Mutex#withLock(Mono)}.
   *
   * @param <T> the type of the result
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's result
   */
  public <T> Mono<T> withReadLock(Mono<T> body) {
    return GuardedMono.of(gate, 1, Args.notNull(body, "body"), null);
  }

  /**
   * Runs a stream as a reader; see {@link Mutex#withLock(Flux)}.
   *
   * @param <T> the type of the elements
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's elements
   */
  public <T> Flux<T> withReadLock(Flux<T> body) {
    return GuardedFlux.of(gate, 1, Args.notNull(body, "body"), null);
  }

  /**
   * Runs a body as the writer; see {@link Mutex#withLock(Mono)}.
   *
   * @param <T> the type of the result
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's result
   */
  public <T> Mono<T> withWriteLock(Mono<T> body) {
    return GuardedMono.of(gate, ALL, Args.notNull(body, "body"), null);
  }

  /**
   * Runs a stream as the writer; see {@link Mutex#withLock(Flux)}.
   *
   * @param <T> the type of the elements
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's elements
   */
  public <T> Flux<T> withWriteLock(Flux<T> body) {
    return GuardedFlux.of(gate, ALL, Args.notNull(body, "body"), null);
  }

  /**
   * Enters as a reader; see {@link Mutex#lock()}.
   *
   * @return the lease
   */
  public Mono<Lease> readLock() {
    return AcquireMono.of(gate, 1, null);
  }

  /**
   * Enters as a reader, if that can be had in time; see {@link Mutex#lock(Duration)}.
   *
   * @param maxWait how long to wait; zero not to wait
   * @return the lease
   */
  public Mono<Lease> readLock(Duration maxWait) {
    return AcquireMono.of(gate, 1, Args.notNegative(maxWait, "maxWait"));
  }

  /**
   * Enters as the writer; see {@link Mutex#lock()}.
   *
   * @return the lease
   */
  public Mono<Lease> writeLock() {
    return AcquireMono.of(gate, ALL, null);
  }

  /**
   * Enters as the writer, if that can be had in time; see {@link Mutex#lock(Duration)}.
   *
   * @param maxWait how long to wait; zero not to wait
   * @return the lease
   */
  public Mono<Lease> writeLock(Duration maxWait) {
    return AcquireMono.of(gate, ALL, Args.notNegative(maxWait, "maxWait"));
  }

  /**
   * Enters as a reader if that is possible now and nobody waits.
   *
   * @return the lease, or empty
   */
  public Optional<Lease> tryReadLock() {
    return AcquireMono.atOnce(gate, 1);
  }

  /**
   * Enters as the writer if nobody is inside and nobody waits.
   *
   * @return the lease, or empty
   */
  public Optional<Lease> tryWriteLock() {
    return AcquireMono.atOnce(gate, ALL);
  }

  /**
   * Makes a reader of the writer, in one step: no other writer comes in between, and the readers
   * that wait first come in. The same lease goes on, as a reader's.
   *
   * @param lease a lease of {@link #writeLock()}
   * @return {@code true} if it was the writer's and is a reader's now; {@code false} if it was a
   *     reader's, or is released
   * @throws IllegalArgumentException if it is a lease of something else
   */
  public boolean downgrade(Lease lease) {
    return gate.own(lease).keep(ALL, 1);
  }

  /**
   * How many readers are inside.
   *
   * @return the number of readers; 0 while a writer is
   */
  public int readers() {
    int free = gate.free();
    return free == 0 ? 0 : ALL - free;
  }

  /**
   * Whether a writer is inside.
   *
   * @return {@code true} if a writer holds it
   */
  public boolean isWriteLocked() {
    return gate.free() == 0;
  }

  /**
   * How many wait, readers and writers. It counts them.
   *
   * @return the number of waiters
   */
  public int waiting() {
    return gate.waiting();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.CAPACITY ? null : gate.scanUnsafe(key);
  }

  @Override
  public String toString() {
    return gate.toString();
  }
}
