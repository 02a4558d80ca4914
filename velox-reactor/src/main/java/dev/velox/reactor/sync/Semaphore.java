package dev.velox.reactor.sync;

import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Lends a number of permits, first come, first served, and no thread waits.
 *
 * <p>Its most frequent use bounds how many of something run at once, over all pipelines that go
 * through it:
 *
 * <pre>{@code
 * Semaphore calls = Semaphore.of(16);
 * Flux<Row> rows = query.transform(calls.limit(1));     // at most 16 queries at any instant
 * Mono<Page> page = fetch.transform(calls::withPermit);
 * }</pre>
 *
 * <p><b>Requests for many permits</b> get them all at once or wait; a big one at the head of the
 * line keeps what is released until it has enough, so small ones that keep coming don't starve it.
 * One for more than there are in all waits until the semaphore is {@linkplain #resize resized}.
 *
 * <p><b>Order, threads, cancellation, limits</b> are those of {@link Mutex}. A section that asks
 * for more permits inside is not refused, as others may release some; two such sections can wait
 * for each other for ever.
 */
public interface Semaphore extends Scannable {

  /**
   * A semaphore.
   *
   * @param permits how many it lends; 0 to begin closed
   * @return a new semaphore
   * @throws IllegalArgumentException if it is negative
   */
  static Semaphore of(int permits) {
    return of(permits, SyncOptions.defaults());
  }

  /**
   * A semaphore with options.
   *
   * @param permits how many it lends; 0 to begin closed
   * @param options name, limits, schedulers
   * @return a new semaphore
   * @throws IllegalArgumentException if {@code permits} is negative
   */
  static Semaphore of(int permits, SyncOptions options) {
    return new DefaultSemaphore(permits, options);
  }

  /**
   * Runs a body with one permit: takes it, subscribes to the body, and gives it back when the body
   * completes, fails or is cancelled. All else is as with {@link Mutex#withLock(Mono)}.
   *
   * @param <T> the type of the result
   * @param body what to do; not subscribed before it is its turn
   * @return the body's result
   */
  <T> Mono<T> withPermit(Mono<T> body);

  /**
   * Runs a stream with one permit.
   *
   * @param <T> the type of the elements
   * @param body what to do; not subscribed before it is its turn
   * @return the body's elements
   */
  <T> Flux<T> withPermit(Flux<T> body);

  /**
   * Runs a body with some permits.
   *
   * @param <T> the type of the result
   * @param permits how many
   * @param body what to do; not subscribed before it is its turn
   * @return the body's result
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  <T> Mono<T> withPermits(int permits, Mono<T> body);

  /**
   * Runs a stream with some permits.
   *
   * @param <T> the type of the elements
   * @param permits how many
   * @param body what to do; not subscribed before it is its turn
   * @return the body's elements
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  <T> Flux<T> withPermits(int permits, Flux<T> body);

  /**
   * Runs a body with some permits, if it can begin in time; else it fails with {@link
   * java.util.concurrent.TimeoutException}.
   *
   * @param <T> the type of the result
   * @param permits how many
   * @param body what to do; not subscribed before it is its turn
   * @param maxWait how long to wait for the permits; zero not to wait
   * @return the body's result
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  <T> Mono<T> withPermits(int permits, Mono<T> body, Duration maxWait);

  /**
   * Runs a stream with some permits, if it can begin in time; else it fails with {@link
   * java.util.concurrent.TimeoutException}.
   *
   * @param <T> the type of the elements
   * @param permits how many
   * @param body what to do; not subscribed before it is its turn
   * @param maxWait how long to wait for the permits; zero not to wait
   * @return the body's elements
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  <T> Flux<T> withPermits(int permits, Flux<T> body, Duration maxWait);

  /**
   * {@link #withPermits(int, Flux)} as an operator: each subscription to the resulting {@code Flux}
   * takes that many permits for as long as it lasts.
   *
   * @param <T> the type of the elements
   * @param permits how many each subscription takes
   * @return a function for {@code transform}
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  <T> UnaryOperator<Flux<T>> limit(int permits);

  /**
   * Takes one permit. Whoever gets the lease has to release it; see {@link Mutex#lock()}.
   *
   * @return the lease
   */
  Mono<Lease> acquire();

  /**
   * Takes permits.
   *
   * @param permits how many
   * @return the lease for all of them
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  Mono<Lease> acquire(int permits);

  /**
   * Takes permits if they can be had in time; else it fails with {@link
   * java.util.concurrent.TimeoutException}.
   *
   * @param permits how many
   * @param maxWait how long to wait; zero not to wait
   * @return the lease for all of them
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  Mono<Lease> acquire(int permits, Duration maxWait);

  /**
   * Takes permits if they are free now and nobody waits. The answer is exact.
   *
   * @param permits how many
   * @return the lease for all of them, or empty
   * @throws IllegalArgumentException if {@code permits} is not positive
   */
  Optional<Lease> tryAcquire(int permits);

  /**
   * Changes how many permits there are in all. More are lent to those who wait; fewer take effect
   * as leases are released, and {@link #available()} is negative until then. 0 lets nobody in.
   *
   * @param permits the new total
   * @throws IllegalArgumentException if it is negative
   */
  void resize(int permits);

  /**
   * How many permits there are in all.
   *
   * @return the total, as it was given at last
   */
  int permits();

  /**
   * How many are free.
   *
   * @return the number; negative if more are out than there are now
   */
  int available();

  /**
   * How many requests wait. It counts them.
   *
   * @return the number of waiters
   */
  int waiting();
}
