package dev.velox.reactor.parallel;

import dev.velox.reactor.internal.Args;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one item of a parallel operation came to: a value, an error, or nothing. It is what {@code
 * Promise.allSettled} gives, as data: no item's failure ends the operation.
 *
 * <p>It is sealed, so that a {@code switch} or a chain of {@code instanceof} over its three records
 * is complete:
 *
 * <pre>{@code
 * if (settled instanceof Settled.Success<Weather> success) {
 *   show(success.value());
 * } else if (settled instanceof Settled.Failure<Weather> failure) {
 *   log(failure.index(), failure.error());
 * }
 * }</pre>
 *
 * @param <R> the type of the value
 */
public sealed interface Settled<R> {

  /**
   * The item came to a value.
   *
   * @param <R> the type of the value
   * @param index the item's place in the input, from 0
   * @param value the value
   */
  record Success<R>(long index, R value) implements Settled<R> {
    /**
     * Refuses {@code null}.
     *
     * @param index the item's place in the input, from 0
     * @param value the value
     */
    public Success {
      Args.notNull(value, "value");
    }
  }

  /**
   * The item failed.
   *
   * @param <R> the type of the value it did not come to
   * @param index the item's place in the input, from 0
   * @param error what it failed with
   */
  record Failure<R>(long index, Throwable error) implements Settled<R> {
    /**
     * Refuses {@code null}.
     *
     * @param index the item's place in the input, from 0
     * @param error what it failed with
     */
    public Failure {
      Args.notNull(error, "error");
    }
  }

  /**
   * The item ended without a value.
   *
   * @param <R> the type of the value it did not come to
   * @param index the item's place in the input, from 0
   */
  record Empty<R>(long index) implements Settled<R> {}

  /**
   * A value.
   *
   * @param <R> the type of the value
   * @param index the item's place in the input, from 0
   * @param value the value
   * @return the outcome
   */
  static <R> Settled<R> success(long index, R value) {
    return new Success<>(index, value);
  }

  /**
   * A failure.
   *
   * @param <R> the type of the value it did not come to
   * @param index the item's place in the input, from 0
   * @param error what it failed with
   * @return the outcome
   */
  static <R> Settled<R> failure(long index, Throwable error) {
    return new Failure<>(index, error);
  }

  /**
   * Nothing.
   *
   * @param <R> the type of the value it did not come to
   * @param index the item's place in the input, from 0
   * @return the outcome
   */
  static <R> Settled<R> empty(long index) {
    return new Empty<>(index);
  }

  /**
   * The item's place in the input.
   *
   * @return its index, from 0
   */
  long index();

  /**
   * Whether there is a value.
   *
   * @return {@code true} for a {@link Success}
   */
  default boolean isSuccess() {
    return this instanceof Success;
  }

  /**
   * Whether the item failed.
   *
   * @return {@code true} for a {@link Failure}
   */
  default boolean isFailure() {
    return this instanceof Failure;
  }

  /**
   * Whether the item ended without a value.
   *
   * @return {@code true} for an {@link Empty}
   */
  default boolean isEmpty() {
    return this instanceof Empty;
  }

  /**
   * The value, if there is one.
   *
   * @return the value of a {@link Success}, else {@code null}
   */
  default @Nullable R valueOrNull() {
    return this instanceof Success<R> success ? success.value() : null;
  }

  /**
   * The error, if there is one.
   *
   * @return the error of a {@link Failure}, else {@code null}
   */
  default @Nullable Throwable errorOrNull() {
    return this instanceof Failure<R> failure ? failure.error() : null;
  }

  /**
   * Maps the value, if there is one.
   *
   * @param <S> the type it is mapped to
   * @param mapper what maps it; what it throws is thrown from here
   * @return the outcome with the mapped value, or the same failure or emptiness
   */
  default <S> Settled<S> map(Function<? super R, ? extends S> mapper) {
    Args.notNull(mapper, "mapper");
    if (this instanceof Success<R> success) {
      return new Success<>(success.index(), mapper.apply(success.value()));
    }
    if (this instanceof Failure<R> failure) {
      return new Failure<>(failure.index(), failure.error());
    }
    return new Empty<>(index());
  }
}
