package dev.velox.reactor.parallel;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * Combines the parts of chunks pairwise, neighbours only and left before right, so that an
 * associative function gives what a sequential fold would, even if it does not commute.
 *
 * <p>The parts are the leaves of a binary tree laid out as a heap: the children of node {@code n}
 * are {@code 2n} and {@code 2n + 1}. It is rounded up to a power of two; a node whose right side
 * has no leaf passes its left side up.
 *
 * <p>State: a counter per inner node, raised once by each of its children after it has stored its
 * part. The one that finds it raised already combines and goes on upwards, the other leaves. So
 * each pair is combined by one thread, as soon as both parts are there, and the counter's atomic
 * step makes the first one's part visible to the second. Nobody waits.
 */
final class CombineTree<A, R> implements Gather<A, R> {

  private final int leaves;
  private final int width;
  private final BinaryOperator<A> combiner;
  private final Function<A, R> finisher;
  private final AtomicReferenceArray<@Nullable A> parts;
  private final AtomicIntegerArray arrived;

  CombineTree(int leaves, BinaryOperator<A> combiner, Function<A, R> finisher) {
    this.leaves = leaves;
    this.width = leaves <= 1 ? 1 : Integer.highestOneBit(leaves - 1) << 1;
    this.combiner = combiner;
    this.finisher = finisher;
    this.parts = new AtomicReferenceArray<>(2 * width);
    this.arrived = new AtomicIntegerArray(width);
  }

  @Override
  public void put(int leaf, A part) {
    int node = width + leaf;
    A made = part;
    while (node > 1) {
      int parent = node >> 1;
      if ((node & 1) == 1 || firstLeaf(node + 1) < leaves) {
        parts.set(node, made);
        if (arrived.getAndIncrement(parent) == 0) {
          return;
        }
        made = combiner.apply(take(node & ~1), take(node | 1));
      }
      node = parent;
    }
    parts.set(1, made);
  }

  private int firstLeaf(int node) {
    int leaf = node;
    while (leaf < width) {
      leaf <<= 1;
    }
    return leaf - width;
  }

  private A take(int node) {
    A part = parts.getAndSet(node, null);
    if (part == null) {
      throw new IllegalStateException("node " + node + " has no part");
    }
    return part;
  }

  @Override
  public R whole() {
    return finisher.apply(take(1));
  }

  @Override
  public void discard(Context context) {
    // What is on its way to a sum was handed to the user's functions; it is not an element.
  }
}
