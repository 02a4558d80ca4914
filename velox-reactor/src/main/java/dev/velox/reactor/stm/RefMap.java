package dev.velox.reactor.stm;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map from refs to objects: a hash trie of 32-way nodes, compressed by bitmaps
 * (Bagwell, <i>Ideal Hash Trees</i>, 2001). A new map shares all but one path with the old one, so
 * a journal that many threads write is one word with compare-and-set, and going back to an earlier
 * state is keeping the earlier map.
 */
final class RefMap {

  private record Leaf(TRef<?> ref, Object value) {}

  private static final class Node {
    final int bitmap;
    final Object[] slots;

    Node(int bitmap, Object[] slots) {
      this.bitmap = bitmap;
      this.slots = slots;
    }
  }

  /** Two refs of one hash: searched one by one. */
  private static final class Bucket {
    final Leaf[] leaves;

    Bucket(Leaf[] leaves) {
      this.leaves = leaves;
    }
  }

  static final RefMap EMPTY = new RefMap(null, 0);

  private static final int BITS = 5;
  private static final int LAST_SHIFT = 30;

  private final @Nullable Object root;
  private final int size;

  private RefMap(@Nullable Object root, int size) {
    this.root = root;
    this.size = size;
  }

  int size() {
    return size;
  }

  @Nullable Object get(TRef<?> ref) {
    Object at = root;
    for (int shift = 0; at instanceof Node node; shift += BITS) {
      int bit = bit(ref, shift);
      if ((node.bitmap & bit) == 0) {
        return null;
      }
      at = node.slots[index(node, bit)];
    }
    if (at instanceof Leaf leaf) {
      return leaf.ref == ref ? leaf.value : null;
    }
    if (at instanceof Bucket bucket) {
      for (Leaf leaf : bucket.leaves) {
        if (leaf.ref == ref) {
          return leaf.value;
        }
      }
    }
    return null;
  }

  RefMap with(TRef<?> ref, Object value) {
    Leaf leaf = new Leaf(ref, value);
    int grown = get(ref) == null ? size + 1 : size;
    return new RefMap(root == null ? leaf : with(root, leaf, 0), grown);
  }

  private static Object with(Object at, Leaf leaf, int shift) {
    if (at instanceof Node node) {
      int bit = bit(leaf.ref, shift);
      int index = index(node, bit);
      if ((node.bitmap & bit) != 0) {
        Object[] slots = node.slots.clone();
        slots[index] = with(slots[index], leaf, shift + BITS);
        return new Node(node.bitmap, slots);
      }
      Object[] slots = new Object[node.slots.length + 1];
      System.arraycopy(node.slots, 0, slots, 0, index);
      slots[index] = leaf;
      System.arraycopy(node.slots, index, slots, index + 1, node.slots.length - index);
      return new Node(node.bitmap | bit, slots);
    }
    if (at instanceof Leaf other) {
      return other.ref == leaf.ref ? leaf : both(other, leaf, shift);
    }
    Leaf[] leaves = ((Bucket) at).leaves;
    for (int i = 0; i < leaves.length; i++) {
      if (leaves[i].ref == leaf.ref) {
        Leaf[] replaced = leaves.clone();
        replaced[i] = leaf;
        return new Bucket(replaced);
      }
    }
    Leaf[] longer = java.util.Arrays.copyOf(leaves, leaves.length + 1);
    longer[leaves.length] = leaf;
    return new Bucket(longer);
  }

  private static Object both(Leaf one, Leaf other, int shift) {
    if (shift > LAST_SHIFT) {
      return new Bucket(new Leaf[] {one, other});
    }
    int bitOne = bit(one.ref, shift);
    int bitOther = bit(other.ref, shift);
    if (bitOne == bitOther) {
      return new Node(bitOne, new Object[] {both(one, other, shift + BITS)});
    }
    boolean inOrder = Integer.compareUnsigned(bitOne, bitOther) < 0;
    return new Node(
        bitOne | bitOther, inOrder ? new Object[] {one, other} : new Object[] {other, one});
  }

  void forEach(BiConsumer<? super TRef<?>, Object> action) {
    if (root != null) {
      forEach(root, action);
    }
  }

  private static void forEach(Object at, BiConsumer<? super TRef<?>, Object> action) {
    if (at instanceof Node node) {
      for (Object slot : node.slots) {
        forEach(slot, action);
      }
    } else if (at instanceof Leaf leaf) {
      action.accept(leaf.ref, leaf.value);
    } else {
      for (Leaf leaf : ((Bucket) at).leaves) {
        action.accept(leaf.ref, leaf.value);
      }
    }
  }

  private static int bit(TRef<?> ref, int shift) {
    return 1 << ((ref.hash >>> shift) & 31);
  }

  private static int index(Node node, int bit) {
    return Integer.bitCount(node.bitmap & (bit - 1));
  }
}
