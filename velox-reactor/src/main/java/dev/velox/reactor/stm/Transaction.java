package dev.velox.reactor.stm;

import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * One attempt of a transaction: what a body reads and writes through.
 *
 * <p>All reads of an attempt are of one instant, also if the attempt is bound to fail. Writes are
 * seen by the attempt itself, and by all others at the instant of its commit. An attempt is over
 * when its body has ended; used after that, or in a nested block's parent while that block has
 * rolled back, it throws {@link IllegalStateException}.
 *
 * <p>A synchronous body uses its transaction on the body's thread only. A {@code Mono} body may use
 * it from any thread and from several at a time ({@code zip}, {@code flatMap} inside the body).
 *
 * <p>Its methods may throw an {@code Error} of this library's to leave a body that has to wait or
 * to run again. Don't catch it; who does gains nothing, for the attempt is over.
 */
public interface Transaction {

  /**
   * The transaction that the subscriber's Context holds.
   *
   * @return a {@code Mono} of it, empty outside of a transaction
   */
  static Mono<Transaction> current() {
    return Mono.deferContextual(context -> Mono.justOrEmpty(from(context)));
  }

  /**
   * The transaction that a Context holds.
   *
   * @param context the Context of a subscriber inside a {@code Mono} body
   * @return the transaction, or nothing outside of one
   */
  static Optional<Transaction> from(ContextView context) {
    return context.getOrEmpty(AsyncTransaction.KEY);
  }

  /**
   * The value of a ref, as of this transaction's instant or as it wrote it itself.
   *
   * @param <T> the type of the value
   * @param ref what to read
   * @return its value
   */
  <T> T get(TRef<T> ref);

  /**
   * Writes a ref when this transaction commits. A ref written without being read makes no conflict.
   *
   * @param <T> the type of the value
   * @param ref what to write
   * @param value its new value
   */
  <T> void set(TRef<T> ref, T value);

  /**
   * Reads a ref and writes what a function makes of its value.
   *
   * @param <T> the type of the value
   * @param ref what to change
   * @param update makes the new value of the old one; in a {@code Mono} body with parallel branches
   *     it may be called again
   * @return the new value
   */
  <T> T update(TRef<T> ref, Function<? super T, ? extends T> update);

  /**
   * Changes a ref at the instant of the commit, whatever its value is then: counters and sums that
   * many transactions change make no conflict so. If this transaction reads the ref, before or
   * after, it is an {@link #update}.
   *
   * @param <T> the type of the value
   * @param ref what to change
   * @param update makes the new value of the last committed one; called during the commit, perhaps
   *     more than once: it must be pure and quick, and must not use the transaction
   */
  <T> void commute(TRef<T> ref, Function<? super T, ? extends T> update);

  /**
   * Reads a ref and insists that it still has that value when this transaction commits, even if
   * nothing is written. Where something is written this holds for all that was read.
   *
   * @param <T> the type of the value
   * @param ref what to read
   * @return its value
   */
  <T> T ensure(TRef<T> ref);

  /**
   * Undoes what was written, and waits until one of the refs read so far has changed; then the body
   * runs again. Inside the left side of an {@link #orElse} it goes on with the right side instead.
   *
   * @param <T> whatever is needed
   * @return never
   * @throws IllegalStateException (from the transaction) if nothing was read, as it would wait for
   *     ever
   */
  @SuppressWarnings("TypeParameterUnusedInFormals") // it never returns
  <T> T retry();

  /**
   * Goes on if the condition holds, else {@linkplain #retry() retries}.
   *
   * @param condition what has to hold
   */
  void check(boolean condition);

  /**
   * Runs {@code left}; if that retries, undoes what it wrote and runs {@code right}. If both retry,
   * the whole waits for a change in what either has read. An error in {@code left} is the result.
   *
   * @param <R> the type of the result
   * @param left what is tried first
   * @param right what is tried if the first retries
   * @return the result of the one that didn't retry
   */
  <R> R orElse(
      Function<? super Transaction, ? extends R> left,
      Function<? super Transaction, ? extends R> right);

  /**
   * Runs a block whose writes are undone if it throws. Who catches the error goes on with what was
   * written before the block.
   *
   * @param <R> the type of the result
   * @param block what to run
   * @return its result
   */
  <R> R nested(Function<? super Transaction, ? extends R> block);

  /**
   * Has something done once this transaction has been committed, before its result is signalled, on
   * the same thread; not if the nested block that asked for it is undone. What it throws is dropped
   * through Reactor's {@code onErrorDropped} hook.
   *
   * @param action what to do
   */
  void afterCommit(Runnable action);

  /**
   * Has something done if this attempt, or the nested block that asks for it, is undone: by an
   * error, a conflict, a retry or a cancellation. What it throws is dropped through Reactor's
   * {@code onErrorDropped} hook.
   *
   * @param action what to do
   */
  void afterRollback(Runnable action);

  /**
   * Which attempt this is.
   *
   * @return 1 for the first
   */
  int attempt();
}
