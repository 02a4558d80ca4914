package dev.velox.reactor.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The elements at the head of a channel's line, laid out in an array. It is the one part of a
 * {@link ChannelState} that changes in place: by {@link #claim()} an element is taken with one
 * compare-and-set of a word of its own, so that a receiver allocates nothing and does not disturb
 * the senders, who change the state.
 *
 * <pre>
 *   h --- claim() ---&gt; h+1 --- claim() ---&gt; ... end     exhausted, for ever
 *   h --- freeze() --&gt; h, frozen                        what is left stays as it is, for ever
 * </pre>
 *
 * <p><b>A claim takes the first element of the channel</b>, whatever state its thread has read: a
 * segment that is neither frozen nor exhausted stands at the head of the current state, since a
 * change puts another in its place only when it is one of the two, and nothing may stand before it.
 * Who needs more than that (elements given back go before it, a place is taken on loan together
 * with the element, a sender is let in at the same instant) freezes it, and then decides by a
 * change of the state, in which what is left is a new segment over the same array.
 *
 * <p><b>Counting.</b> What is left only becomes less. So who has read a state, and then its
 * segment, knows that there is room if it finds room, and that there was none when it read the
 * state if it finds none; and whoever finds nothing left, and the state still the same, knows that
 * there is nothing.
 */
final class Segment {

  private static final int FROZEN = Integer.MIN_VALUE;

  private static final VarHandle HEAD;
  private static final VarHandle ITEMS;
  private static final VarHandle CHAIN;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HEAD = lookup.findVarHandle(Segment.class, "head", int.class);
      ITEMS = lookup.findVarHandle(Segment.class, "items", Object[].class);
      CHAIN = lookup.findVarHandle(Segment.class, "chain", Link.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final int end;
  private volatile int head;
  private volatile Object @Nullable [] items;

  // Until they are laid out, by whoever needs that first: the change that makes a segment of a long
  // chain is not to wait for it, or a busy sender would forever be quicker.
  private volatile @Nullable Link chain;

  private Segment(Object @Nullable [] items, @Nullable Link chain, int head, int end) {
    this.end = end;
    // Without fences: nobody else can see it yet.
    ITEMS.set(this, items);
    CHAIN.set(this, chain);
    HEAD.set(this, head);
  }

  /** The elements from one index of an array, which is left to it, to another. */
  static Segment of(Object[] items, int from, int to, boolean live) {
    return new Segment(items, null, live ? from : from | FROZEN, to);
  }

  /** The elements of a chain. */
  static Segment of(Link last, int size, boolean live) {
    return last.before == null && last.value instanceof Link.Batch batch
        ? of(batch.items, batch.from, batch.to, live)
        : new Segment(null, last, live ? 0 : FROZEN, size);
  }

  int remaining() {
    return end - (head & ~FROZEN);
  }

  boolean isFrozen() {
    return head < 0;
  }

  /** Whether {@link #claim()} would find an element now. */
  boolean isClaimable() {
    int seen = head;
    return seen >= 0 && seen < end;
  }

  /** Takes the first element; {@code null} if it is frozen or exhausted. */
  @Nullable Object claim() {
    Object[] laidOut = items();
    for (; ; ) {
      int seen = head;
      if (seen < 0 || seen >= end) {
        return null;
      }
      if (HEAD.compareAndSet(this, seen, seen + 1)) {
        Object element = laidOut[seen];
        laidOut[seen] = null;
        return element;
      }
    }
  }

  /**
   * Looks at the first element of a segment that is not frozen.
   *
   * @return what was the first element of the channel at an instant in this call; {@code null} if
   *     it is frozen or exhausted
   */
  @Nullable Object peek() {
    Object[] laidOut = items();
    for (; ; ) {
      int seen = head;
      if (seen < 0 || seen >= end) {
        return null;
      }
      Object element = laidOut[seen];
      if (head == seen && element != null) {
        return element;
      }
    }
  }

  /** Leaves what is left as it is. */
  void freeze() {
    for (; ; ) {
      int seen = head;
      if (seen < 0 || HEAD.compareAndSet(this, seen, seen | FROZEN)) {
        return;
      }
    }
  }

  // What follows is asked of a frozen segment only.

  /** An element of those that are left. */
  Object get(int index) {
    return items()[(head & ~FROZEN) + index];
  }

  /** The same without its first elements, to take the place of this one. */
  Segment without(int first, boolean live) {
    return of(items(), (head & ~FROZEN) + first, end, live);
  }

  /** Lets go of the first elements, after another has taken the place of this one. */
  void forget(int first) {
    Object[] laidOut = items();
    int from = head & ~FROZEN;
    for (int index = from; index < from + first; index++) {
      laidOut[index] = null;
    }
  }

  private Object[] items() {
    for (; ; ) {
      Object[] laidOut = items;
      if (laidOut != null) {
        return laidOut;
      }
      Link last = chain;
      if (last != null) {
        ITEMS.compareAndSet(this, null, Link.layOut(last, end));
        chain = null;
      }
    }
  }
}
