package dev.velox.reactor.sync;

import java.time.Duration;
import java.util.Optional;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Lets one in at a time, first come, first served, and no thread waits.
 *
 * <p>The main form runs a body inside it:
 *
 * <pre>{@code
 * Mono<Receipt> paid = transfer.transform(mutex::withLock);
 * }</pre>
 *
 * <p><b>Who holds it</b> is who has the {@link Lease}: not a thread, so that a section may begin on
 * one thread and end on another, and two sections on one thread exclude each other.
 *
 * <p><b>Waiting</b> is in arrival order; nobody overtakes. A mutex of {@link
 * SyncOptions#maxWaiters} refuses more with {@link dev.velox.reactor.TooManyWaitersException}.
 * Cancelling a wait takes it out of the line, and costs the same however long that is.
 *
 * <p><b>Threads.</b> Who needn't wait goes on where it subscribed; who waited goes on where the
 * mutex was released, or where {@link SyncOptions#resumeOn} says. Those signals run one after the
 * other, never inside each other, so any number of waiters needs a constant stack.
 *
 * <p><b>A section that takes its own mutex again</b> would wait for itself. It fails with {@link
 * SelfDeadlockException} instead, as the Reactor {@code Context} tells which sections are around; a
 * {@link #reentrant()} one lets it in. What is done with a bare {@link #lock()} is not in the
 * context, and is not recognised.
 *
 * <p>Cost: to take and give back a free mutex is one compare-and-set each on the mutex and one on
 * the lease, and one object.
 */
public interface Mutex extends Scannable {

  /**
   * A mutex.
   *
   * @return a new mutex, free
   */
  static Mutex create() {
    return create(SyncOptions.defaults());
  }

  /**
   * A mutex with options.
   *
   * @param options name, limits, schedulers
   * @return a new mutex, free
   */
  static Mutex create(SyncOptions options) {
    return new DefaultMutex(Gate.Kind.MUTEX, options);
  }

  /**
   * A mutex that lets a section inside its own section in. Sections side by side within one section
   * still take turns among each other.
   *
   * @return a new mutex, free
   */
  static Mutex reentrant() {
    return reentrant(SyncOptions.defaults());
  }

  /**
   * A mutex, as {@link #reentrant()} makes it, with options.
   *
   * @param options name, limits, schedulers
   * @return a new mutex, free
   */
  static Mutex reentrant(SyncOptions options) {
    return new DefaultMutex(Gate.Kind.REENTRANT_MUTEX, options);
  }

  /**
   * Runs a body inside the mutex: takes it, subscribes to the body, and gives it back when the body
   * completes, fails or is cancelled.
   *
   * <p>The result is passed on when the body has completed and the mutex is free again; an empty
   * body completes empty. Errors are the body's, and {@link SelfDeadlockException} or {@link
   * dev.velox.reactor.TooManyWaitersException} if it could not begin. Cancelling before it begins
   * takes it out of the line; later it cancels the body and then gives the mutex back.
   *
   * @param <T> the type of the result
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's result
   */
  <T> Mono<T> withLock(Mono<T> body);

  /**
   * Runs a body inside the mutex, if it can begin in time. As {@link #withLock(Mono)}, and fails
   * with {@link java.util.concurrent.TimeoutException} if it had to wait longer. The body itself
   * may take as long as it likes.
   *
   * @param <T> the type of the result
   * @param body what to do inside
   * @param maxWait how long to wait for the mutex; zero not to wait
   * @return the body's result
   */
  <T> Mono<T> withLock(Mono<T> body, Duration maxWait);

  /**
   * Runs a stream inside the mutex: takes it, subscribes to the body, passes its elements on, and
   * gives the mutex back when the body completes, fails or is cancelled. A slow subscriber holds it
   * as long.
   *
   * @param <T> the type of the elements
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's elements
   */
  <T> Flux<T> withLock(Flux<T> body);

  /**
   * Runs a stream inside the mutex, if it can begin in time. As {@link #withLock(Flux)}, and fails
   * with {@link java.util.concurrent.TimeoutException} if it had to wait longer.
   *
   * @param <T> the type of the elements
   * @param body what to do inside
   * @param maxWait how long to wait for the mutex; zero not to wait
   * @return the body's elements
   */
  <T> Flux<T> withLock(Flux<T> body, Duration maxWait);

  /**
   * Takes the mutex. Whoever gets the lease has to release it.
   *
   * <p>It completes with the lease when it is this subscription's turn, and asks for it when it is
   * requested. It fails with {@link SelfDeadlockException} inside a section of this mutex, and with
   * {@link dev.velox.reactor.TooManyWaitersException} if too many wait.
   *
   * <p><b>Cancelling</b> releases the lease: before it is delivered at once, and afterwards, on the
   * hand-over scheduler, too, since operators that race ({@code timeout}, {@code firstWithSignal},
   * {@code zip}) drop a value and can't tell but by cancelling. A subscriber that cancels inside
   * its own {@code onNext}, as {@code next()} does, keeps the lease. An operator that drops the
   * lease and does not cancel ({@code filter}, {@code then}) loses it: prefer {@link #withLock} or
   * {@code Mono.usingWhen}.
   *
   * @return the lease
   */
  Mono<Lease> lock();

  /**
   * Takes the mutex if it can be had in time. As {@link #lock()}, and fails with {@link
   * java.util.concurrent.TimeoutException} if it had to wait longer.
   *
   * @param maxWait how long to wait; zero not to wait
   * @return the lease
   */
  Mono<Lease> lock(Duration maxWait);

  /**
   * Takes the mutex if it is free now and nobody waits for it. The answer is exact.
   *
   * @return the lease, or empty
   */
  Optional<Lease> tryLock();

  /**
   * Releases the lease, if it is one of this mutex.
   *
   * @param lease what {@link #lock()} gave
   * @return {@code true} if this call released it; {@code false} if it was released before
   * @throws IllegalArgumentException if it is a lease of something else
   */
  boolean unlock(Lease lease);

  /**
   * A condition for which those inside can wait.
   *
   * @return a new condition of this mutex
   */
  Condition newCondition();

  /**
   * Whether somebody holds it.
   *
   * @return {@code false} if it is free
   */
  boolean isLocked();

  /**
   * How many wait for it. It counts them.
   *
   * @return the number of waiters
   */
  int waiting();
}
