package dev.velox.reactor.sync;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;

/**
 * Lets a section of a {@link Mutex} wait until another section has made something true.
 *
 * <pre>{@code
 * Mono<T> dequeue = mutex.withLock(
 *     notEmpty.await(() -> !items.isEmpty())            // leaves the mutex to others meanwhile
 *         .then(Mono.fromSupplier(items::poll))
 *         .doOnNext(item -> notFull.signal()));
 * }</pre>
 *
 * <p><b>Waiting</b> gives the mutex back and joins the line of the condition, in one step as far as
 * signals go: one that comes after the mutex was given back finds the waiter. It completes after a
 * signal, when the mutex is held again. There are no spurious wake-ups, and a signal that finds
 * nobody is not remembered. Between the signal and the return others may have been inside, so what
 * is waited for has to be looked at again; the forms with a predicate do.
 *
 * <p><b>Cancelling</b> a wait ends it without the mutex: the lease is released then. If it had been
 * signalled already, the signal goes to the next. A wait that is to go on inside the section when
 * its time is over has to be {@link #await(Lease, Duration)}, which takes the mutex again first;
 * behind {@code timeout(…)} the section would not hold it any more.
 *
 * <p><b>Errors.</b> Without the mutex, a wait fails with {@link IllegalStateException}; with as
 * many waiting as {@link SyncOptions#maxWaiters} says, with {@link
 * dev.velox.reactor.TooManyWaitersException}, and the mutex is still held.
 *
 * <p>Threads and order are those of {@link Mutex}: first come, first signalled.
 */
public interface Condition {

  /**
   * Waits for a signal, inside {@link Mutex#withLock}. The mutex is found through the {@code
   * Context}.
   *
   * @return completes empty after a signal, when the mutex is held again
   */
  Mono<Void> await();

  /**
   * Waits until something is true, inside {@link Mutex#withLock}. The predicate is called with the
   * mutex held, first at once, then after each signal; what it throws is the error of the wait.
   *
   * @param predicate what to wait for
   * @return completes empty when it is true, and the mutex is held
   */
  Mono<Void> await(BooleanSupplier predicate);

  /**
   * Waits for a signal.
   *
   * @param lease the mutex's
   * @return completes empty after a signal, when the mutex is held again
   * @throws IllegalArgumentException if it is a lease of something else
   */
  Mono<Void> await(Lease lease);

  /**
   * Waits until something is true. The predicate is called with the mutex held, first at once, then
   * after each signal; what it throws is the error of the wait.
   *
   * @param lease the mutex's
   * @param predicate what to wait for
   * @return completes empty when it is true, and the mutex is held
   * @throws IllegalArgumentException if it is a lease of something else
   */
  Mono<Void> await(Lease lease, BooleanSupplier predicate);

  /**
   * Waits for a signal for some time. However it ends, the mutex is held again then.
   *
   * @param lease the mutex's
   * @param maxWait how long to wait for the signal; taking the mutex again may take longer
   * @return {@code true} after a signal, {@code false} if the time was over first
   * @throws IllegalArgumentException if it is a lease of something else
   */
  Mono<Boolean> await(Lease lease, Duration maxWait);

  /**
   * Wakes who waits longest. It may be called by anybody; to be sure that nobody is about to wait,
   * call it inside the mutex.
   *
   * @return whether somebody was woken
   */
  boolean signal();

  /**
   * Wakes all who wait.
   *
   * @return how many were woken
   */
  int broadcast();

  /**
   * How many wait. It counts them.
   *
   * @return the number of waiters that were not signalled yet
   */
  int waiting();
}
