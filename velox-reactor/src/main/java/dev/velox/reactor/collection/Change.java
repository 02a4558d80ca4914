package dev.velox.reactor.collection;

import dev.velox.reactor.internal.Args;
import org.jspecify.annotations.Nullable;

/**
 * One change of one key of a {@link ConcurrentMap}.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 * @param key which key
 * @param before its value until then; {@code null} if it had none
 * @param after its value from then on; {@code null} if it has none
 * @param cause why
 */
public record Change<K, V>(K key, @Nullable V before, @Nullable V after, Cause cause) {

  /** Why a key changed. */
  public enum Cause {
    /** {@code set}, {@code compute} or {@code update} gave it a value. */
    WRITTEN,
    /** {@code getOrLoad} gave it a value. */
    LOADED,
    /** {@code delete} or {@code compute} took its value away. */
    DELETED,
    /** Its value became too old. */
    EXPIRED,
    /** There were too many keys. */
    EVICTED
  }

  /**
   * A change.
   *
   * @param key which key
   * @param before its value until then
   * @param after its value from then on
   * @param cause why
   * @throws NullPointerException if {@code key} or {@code cause} is {@code null}
   */
  public Change {
    Args.notNull(key, "key");
    Args.notNull(cause, "cause");
  }

  /**
   * Whether the key lost its value.
   *
   * @return {@code true} if it has none from then on
   */
  public boolean isRemoval() {
    return after == null;
  }
}
