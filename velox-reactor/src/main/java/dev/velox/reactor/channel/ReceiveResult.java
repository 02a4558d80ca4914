package dev.velox.reactor.channel;

import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was found by a receive that does not wait: an element, nothing yet, or the end.
 *
 * @param <T> the type of the elements
 */
public final class ReceiveResult<T> {

  private static final ReceiveResult<?> EMPTY = new ReceiveResult<>(null, false, null);
  private static final ReceiveResult<?> CLOSED = new ReceiveResult<>(null, true, null);

  private final @Nullable T value;
  private final boolean closed;
  private final @Nullable Throwable cause;

  private ReceiveResult(@Nullable T value, boolean closed, @Nullable Throwable cause) {
    this.value = value;
    this.closed = closed;
    this.cause = cause;
  }

  static <T> ReceiveResult<T> received(T value) {
    return new ReceiveResult<>(value, false, null);
  }

  @SuppressWarnings("unchecked") // it holds no T
  static <T> ReceiveResult<T> empty() {
    return (ReceiveResult<T>) EMPTY;
  }

  @SuppressWarnings("unchecked") // it holds no T
  static <T> ReceiveResult<T> closed(@Nullable Throwable cause) {
    return cause == null ? (ReceiveResult<T>) CLOSED : new ReceiveResult<>(null, true, cause);
  }

  /**
   * Whether there was an element.
   *
   * @return {@code true} if {@link #get()} answers
   */
  public boolean isReceived() {
    return value != null;
  }

  /**
   * Whether there was no element, though one may come.
   *
   * @return {@code true} if it is worth asking again
   */
  public boolean isEmpty() {
    return value == null && !closed;
  }

  /**
   * Whether the channel is closed and drained.
   *
   * @return {@code true} if no element will ever come
   */
  public boolean isClosed() {
    return closed;
  }

  /**
   * The element.
   *
   * @return what was received
   * @throws NoSuchElementException if there was none
   */
  public T get() {
    if (value == null) {
      throw new NoSuchElementException(toString());
    }
    return value;
  }

  /**
   * The element, if there was one.
   *
   * @return what was received, or nothing
   */
  public Optional<T> toOptional() {
    return Optional.ofNullable(value);
  }

  /**
   * Why the channel was closed.
   *
   * @return the cause given to {@code close(cause)}; {@code null} if there was none or the channel
   *     isn't closed
   */
  public @Nullable Throwable cause() {
    return cause;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ReceiveResult<?> that
        && closed == that.closed
        && Objects.equals(value, that.value)
        && Objects.equals(cause, that.cause);
  }

  @Override
  public int hashCode() {
    return Objects.hash(value, closed, cause);
  }

  @Override
  public String toString() {
    if (value != null) {
      return "Received(" + value + ")";
    }
    if (!closed) {
      return "Empty";
    }
    return cause == null ? "Closed" : "Closed(" + cause + ")";
  }
}
