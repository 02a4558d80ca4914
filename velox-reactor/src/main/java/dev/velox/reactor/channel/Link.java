package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;

/**
 * What was sent last, and what was sent before it.
 *
 * @see ChannelState
 */
final class Link {

  /** Several elements that were sent at one instant: {@code items[from]} to {@code items[to-1]}. */
  static final class Batch {
    final Object[] items;
    final int from;
    final int to;

    Batch(Object[] items, int from, int to) {
      this.items = items;
      this.from = from;
      this.to = to;
    }
  }

  /** An element in buffered form, or a {@link Batch} of them. */
  final Object value;

  final @Nullable Link before;

  Link(Object value, @Nullable Link before) {
    this.value = value;
    this.before = before;
  }

  /** Lays out a chain of {@code size} elements, the first one first. */
  static Object[] layOut(Link last, int size) {
    Object[] items = new Object[size];
    int index = size;
    for (Link each = last; each != null; each = each.before) {
      if (each.value instanceof Batch batch) {
        int length = batch.to - batch.from;
        index -= length;
        System.arraycopy(batch.items, batch.from, items, index, length);
      } else {
        items[--index] = each.value;
      }
    }
    return items;
  }
}
