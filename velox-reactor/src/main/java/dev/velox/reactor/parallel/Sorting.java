package dev.velox.reactor.parallel;

import java.util.Arrays;
import java.util.Comparator;

/** A stable merge sort's two steps, over arrays that hold nothing but what the comparator takes. */
final class Sorting {

  private Sorting() {}

  /** Sorting gains nothing from more chunks than rails, and each costs a level of merging. */
  static int chunkSizeFor(int length, int parallelism) {
    return Math.max(1, (length + parallelism - 1) / parallelism);
  }

  @SuppressWarnings("unchecked")
  static <T> Object[] sortedRange(
      Object[] items, int from, int to, Comparator<? super T> comparator) {
    Object[] range = Arrays.copyOfRange(items, from, to, Object[].class);
    Arrays.sort(range, (Comparator<Object>) comparator);
    return range;
  }

  @SuppressWarnings("unchecked")
  static <T> Object[] merged(Object[] left, Object[] right, Comparator<? super T> comparator) {
    Object[] merged = new Object[left.length + right.length];
    int l = 0;
    int r = 0;
    for (int i = 0; i < merged.length; i++) {
      // Of equal ones, the left one comes first: that is what keeps their order.
      boolean takeLeft =
          r == right.length
              || (l < left.length && comparator.compare((T) left[l], (T) right[r]) <= 0);
      merged[i] = takeLeft ? left[l++] : right[r++];
    }
    return merged;
  }
}
