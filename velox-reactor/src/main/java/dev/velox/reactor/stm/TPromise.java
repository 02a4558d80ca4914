package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * A transactional value that is given once. Who asks before {@linkplain Transaction#retry()
 * retries}.
 *
 * @param <T> the type of the value
 */
public final class TPromise<T> {

  private final TRef<Optional<T>> value = TRef.of(Optional.empty());

  private TPromise() {}

  /**
   * Makes a promise without a value.
   *
   * @param <T> the type of the value
   * @return a new promise
   */
  public static <T> TPromise<T> empty() {
    return new TPromise<>();
  }

  /**
   * Gives the value, if it has none.
   *
   * @param tx the transaction
   * @param given the value
   * @return whether it had none
   */
  public boolean complete(Transaction tx, T given) {
    Args.notNull(given, "given");
    if (tx.get(value).isPresent()) {
      return false;
    }
    tx.set(value, Optional.of(given));
    return true;
  }

  /**
   * The value; retries if there is none.
   *
   * @param tx the transaction
   * @return the value
   */
  public T get(Transaction tx) {
    Optional<T> given = tx.get(value);
    return given.isPresent() ? given.get() : tx.<T>retry();
  }

  /**
   * The value, if there is one.
   *
   * @param tx the transaction
   * @return the value or nothing
   */
  public Optional<T> poll(Transaction tx) {
    return tx.get(value);
  }

  /**
   * Gives the value, if it has none.
   *
   * @param given the value
   * @return a {@code Mono} of whether it had none
   */
  public Mono<Boolean> complete(T given) {
    Args.notNull(given, "given");
    return Stm.step(tx -> complete(tx, given));
  }

  /**
   * The value; waits until there is one.
   *
   * @return a {@code Mono} of the value
   */
  public Mono<T> get() {
    return Stm.step(this::get);
  }
}
