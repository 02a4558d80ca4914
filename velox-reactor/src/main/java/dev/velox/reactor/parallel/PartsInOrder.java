package dev.velox.reactor.parallel;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Lays the parts of chunks one behind the other in the order of the chunks.
 *
 * <p>State: one cell per chunk, {@code null -> part -> null}. The last step is by an atomic swap,
 * so each part is discarded by one thread only, however many try.
 */
final class PartsInOrder<U> implements Gather<Object[], List<U>> {

  private final AtomicReferenceArray<Object @Nullable []> parts;
  private final boolean owned;

  /**
   * Makes room.
   *
   * @param chunks how many parts there will be
   * @param owned whether the values in them were made by the operation, and so are its to discard
   */
  PartsInOrder(int chunks, boolean owned) {
    this.parts = new AtomicReferenceArray<>(chunks);
    this.owned = owned;
  }

  @Override
  public void put(int chunk, Object[] part) {
    parts.set(chunk, part);
  }

  @Override
  public List<U> whole() {
    int length = 0;
    for (int chunk = 0; chunk < parts.length(); chunk++) {
      length += part(chunk).length;
    }
    Object[] whole = new Object[length];
    int filled = 0;
    for (int chunk = 0; chunk < parts.length(); chunk++) {
      Object[] part = part(chunk);
      System.arraycopy(part, 0, whole, filled, part.length);
      filled += part.length;
    }
    return listOf(whole);
  }

  private Object[] part(int chunk) {
    Object[] part = parts.get(chunk);
    if (part == null) {
      throw new IllegalStateException("chunk " + chunk + " has no part");
    }
    return part;
  }

  @Override
  public void discard(Context context) {
    if (!owned) {
      return;
    }
    for (int chunk = 0; chunk < parts.length(); chunk++) {
      Object[] part = parts.getAndSet(chunk, null);
      if (part != null) {
        for (Object value : part) {
          if (value != null) {
            Operators.onDiscard(value, context);
          }
        }
      }
    }
  }

  @SuppressWarnings("unchecked") // whoever fills the array puts nothing but U into it
  static <U> List<U> listOf(Object[] values) {
    return (List<U>) Collections.unmodifiableList(Arrays.asList(values));
  }
}
