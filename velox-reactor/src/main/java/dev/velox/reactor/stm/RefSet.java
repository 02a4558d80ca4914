package dev.velox.reactor.stm;

import org.jspecify.annotations.Nullable;

/** Refs met so far: a hash table with open addressing. One owner. */
final class RefSet {

  private final @Nullable TRef<?>[] slots;

  /** Has room for so many. */
  RefSet(int most) {
    slots = new TRef<?>[4 * Integer.highestOneBit(Math.max(most, 1))];
  }

  /** Whether it was not there before. */
  boolean add(TRef<?> ref) {
    int mask = slots.length - 1;
    int slot = ref.hash & mask;
    for (TRef<?> there = slots[slot]; there != null; there = slots[slot]) {
      if (there == ref) {
        return false;
      }
      slot = (slot + 1) & mask;
    }
    slots[slot] = ref;
    return true;
  }
}
