package dev.velox.reactor.internal;

import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A first-come-first-served queue as a value: every operation answers a new queue and leaves the
 * old one as it was.
 *
 * <p>Why a value: a construct keeps its whole state (what it holds, who waits) in one immutable
 * object behind one reference, and each of its operations is one compare-and-set from one state to
 * the next. So every operation takes effect at one instant, answers at once and truly from any
 * thread, and needs neither lock nor owner. The queue inside has to be as immutable as the state
 * around it.
 *
 * <p>The shape is the banker's queue (Okasaki, <i>Purely Functional Data Structures</i>, 1998,
 * section 5.2): a list to take from, and a reversed list to add to, which is turned round when the
 * first runs out. Adding is O(1); taking is O(1) amortised, as each entry is turned round once in
 * its life.
 *
 * <p>It also carries plain values (the buffer of a channel). Of waiters, some may have ended while
 * they stood in line. They are skipped when they come to the front, and {@link #withoutEnded}
 * sweeps those in the middle once they outnumber the living: each sweep is paid for by the
 * cancellations since the last one, so that cancelling is O(1) amortised however long the queue.
 *
 * @param <E> what stands in line
 */
public final class WaiterQueue<E> {

  private static final class Link<E> {
    final E value;
    final @Nullable Link<E> next;

    Link(E value, @Nullable Link<E> next) {
      this.value = value;
      this.next = next;
    }
  }

  private static final WaiterQueue<?> EMPTY = new WaiterQueue<>(null, null, 0);

  // Invariant: front is null only if the queue is empty.
  private final @Nullable Link<E> front;
  private final @Nullable Link<E> back;
  private final int size;

  private WaiterQueue(@Nullable Link<E> front, @Nullable Link<E> back, int size) {
    this.front = front;
    this.back = back;
    this.size = size;
  }

  /**
   * The empty queue.
   *
   * @param <E> what would stand in line
   * @return the one empty queue
   */
  @SuppressWarnings("unchecked") // an empty queue holds no E
  public static <E> WaiterQueue<E> empty() {
    return (WaiterQueue<E>) EMPTY;
  }

  /**
   * Whether nobody stands in line, ended or not.
   *
   * @return {@code true} if it has no entry
   */
  public boolean isEmpty() {
    return size == 0;
  }

  /**
   * How many stand in line, ended ones that were not yet swept included.
   *
   * @return the number of entries
   */
  public int size() {
    return size;
  }

  /**
   * Who is next.
   *
   * @return the first entry, or {@code null} if there is none
   */
  public @Nullable E peek() {
    Link<E> first = front;
    return first == null ? null : first.value;
  }

  /**
   * Lines up at the end.
   *
   * @param entry who comes
   * @return this queue and the newcomer behind it
   */
  public WaiterQueue<E> plus(E entry) {
    return front == null
        ? new WaiterQueue<>(new Link<>(entry, null), null, 1)
        : new WaiterQueue<>(front, new Link<>(entry, back), size + 1);
  }

  /**
   * Goes to the head of the line: for what is given back.
   *
   * @param entry who comes
   * @return the newcomer and this queue behind it
   */
  public WaiterQueue<E> plusFirst(E entry) {
    return new WaiterQueue<>(new Link<>(entry, front), back, size + 1);
  }

  /**
   * Two lines as one.
   *
   * @param <E> what stands in line
   * @param first those who come first
   * @param second those behind them
   * @return all of them; at the cost of the first line's length
   */
  public static <E> WaiterQueue<E> concat(WaiterQueue<E> first, WaiterQueue<E> second) {
    if (first.isEmpty()) {
      return second;
    }
    Link<E> front = second.front;
    for (Link<E> each = first.back; each != null; each = each.next) {
      front = new Link<>(each.value, front);
    }
    for (Link<E> each = reversed(first.front); each != null; each = each.next) {
      front = new Link<>(each.value, front);
    }
    return new WaiterQueue<>(front, second.back, first.size + second.size);
  }

  /**
   * Takes the first entry away.
   *
   * @return this queue without its first entry; itself if it is empty
   */
  public WaiterQueue<E> minusFirst() {
    Link<E> first = front;
    if (first == null || size == 1) {
      return empty();
    }
    Link<E> rest = first.next;
    return rest != null
        ? new WaiterQueue<>(rest, back, size - 1)
        : new WaiterQueue<>(reversed(back), null, size - 1);
  }

  /**
   * Calls every entry, the first one first.
   *
   * @param action what to do with each
   */
  public void forEach(Consumer<? super E> action) {
    for (Link<E> each = front; each != null; each = each.next) {
      action.accept(each.value);
    }
    for (Link<E> each = reversed(back); each != null; each = each.next) {
      action.accept(each.value);
    }
  }

  /**
   * Sweeps out the waiters that have ended.
   *
   * @param <W> the kind of waiter
   * @param queue a queue of waiters
   * @return the same line without those that no longer wait; {@code queue} itself if all do
   */
  public static <W extends Waiter<?>> WaiterQueue<W> withoutEnded(WaiterQueue<W> queue) {
    return queue.retaining(Waiter::isWaiting);
  }

  /**
   * Sweeps out those who are not to stay.
   *
   * @param stays whether one stays; asked once of each
   * @return the same line of those who stay; itself if all do
   */
  public WaiterQueue<E> retaining(Predicate<? super E> stays) {
    Link<E> kept = null;
    int count = 0;
    for (Link<E> each = front; each != null; each = each.next) {
      if (stays.test(each.value)) {
        kept = new Link<>(each.value, kept);
        count++;
      }
    }
    for (Link<E> each = reversed(back); each != null; each = each.next) {
      if (stays.test(each.value)) {
        kept = new Link<>(each.value, kept);
        count++;
      }
    }
    if (count == size) {
      return this;
    }
    return count == 0 ? empty() : new WaiterQueue<>(reversed(kept), null, count);
  }

  private static <E> @Nullable Link<E> reversed(@Nullable Link<E> list) {
    Link<E> result = null;
    for (Link<E> each = list; each != null; each = each.next) {
      result = new Link<>(each.value, result);
    }
    return result;
  }
}
