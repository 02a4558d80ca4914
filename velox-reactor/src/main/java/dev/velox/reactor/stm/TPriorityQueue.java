package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A transactional priority queue: the least element first, equal ones in the order they were put.
 * It is one ref to an immutable leftist heap (Crane, 1972), so all that changes it conflicts;
 * putting and taking are O(log n).
 *
 * @param <E> the type of the elements
 */
public final class TPriorityQueue<E> {

  private record Heap<E>(
      E least, long ticket, int rank, int size, @Nullable Heap<E> left, @Nullable Heap<E> right) {}

  /** The heap, and the ticket of the next element. */
  private record State<E>(@Nullable Heap<E> heap, long next) {}

  private final Comparator<? super E> order;
  private final TRef<State<E>> state = TRef.of(new State<>(null, 0));

  private TPriorityQueue(Comparator<? super E> order) {
    this.order = order;
  }

  /**
   * Makes an empty queue of elements in their natural order.
   *
   * @param <E> the type of the elements
   * @return a new queue
   */
  public static <E extends Comparable<? super E>> TPriorityQueue<E> natural() {
    return new TPriorityQueue<>(Comparator.<E>naturalOrder());
  }

  /**
   * Makes an empty queue.
   *
   * @param <E> the type of the elements
   * @param order which elements come first
   * @return a new queue
   */
  public static <E> TPriorityQueue<E> orderedBy(Comparator<? super E> order) {
    return new TPriorityQueue<>(Args.notNull(order, "order"));
  }

  private static int rank(@Nullable Heap<?> heap) {
    return heap == null ? 0 : heap.rank;
  }

  private static int size(@Nullable Heap<?> heap) {
    return heap == null ? 0 : heap.size;
  }

  private @Nullable Heap<E> merge(@Nullable Heap<E> one, @Nullable Heap<E> other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    int compared = order.compare(one.least, other.least);
    boolean oneFirst = compared < 0 || (compared == 0 && one.ticket < other.ticket);
    Heap<E> top = oneFirst ? one : other;
    Heap<E> kept = top.left;
    // The right spine is the short one: at most log n deep.
    Heap<E> merged = merge(top.right, oneFirst ? other : one);
    boolean swap = rank(kept) < rank(merged);
    Heap<E> left = swap ? merged : kept;
    Heap<E> right = swap ? kept : merged;
    return new Heap<>(
        top.least, top.ticket, rank(right) + 1, size(left) + size(right) + 1, left, right);
  }

  /**
   * Puts an element.
   *
   * @param tx the transaction
   * @param element the element
   */
  public void put(Transaction tx, E element) {
    Args.notNull(element, "element");
    State<E> before = tx.get(state);
    Heap<E> single = new Heap<>(element, before.next, 1, 1, null, null);
    tx.set(state, new State<>(merge(before.heap, single), before.next + 1));
  }

  /**
   * The least element, which stays.
   *
   * @param tx the transaction
   * @return the element, or {@code null} if there is none
   */
  public @Nullable E peek(Transaction tx) {
    Heap<E> heap = tx.get(state).heap;
    return heap == null ? null : heap.least;
  }

  /**
   * Takes the least element, if there is one.
   *
   * @param tx the transaction
   * @return the element, or {@code null} if there is none
   */
  public @Nullable E poll(Transaction tx) {
    State<E> before = tx.get(state);
    Heap<E> heap = before.heap;
    if (heap == null) {
      return null;
    }
    tx.set(state, new State<>(merge(heap.left, heap.right), before.next));
    return heap.least;
  }

  /**
   * Takes the least element; retries if there is none.
   *
   * @param tx the transaction
   * @return the element
   */
  public E take(Transaction tx) {
    E taken = poll(tx);
    return taken == null ? tx.<E>retry() : taken;
  }

  /**
   * How many elements there are.
   *
   * @param tx the transaction
   * @return the number of elements
   */
  public int size(Transaction tx) {
    return size(tx.get(state).heap);
  }

  /**
   * Puts an element.
   *
   * @param element the element
   * @return a {@code Mono} that completes when it is there
   */
  public Mono<Void> put(E element) {
    Args.notNull(element, "element");
    return Stm.stepDo(tx -> put(tx, element));
  }

  /**
   * Takes the least element; waits until there is one.
   *
   * @return a {@code Mono} of the element
   */
  public Mono<E> take() {
    return Stm.step(this::take);
  }

  /**
   * Takes the least element, if there is one.
   *
   * @return a {@code Mono} of the element, empty if there is none
   */
  public Mono<E> poll() {
    return Stm.step(tx -> poll(tx));
  }

  /**
   * How many elements there are.
   *
   * @return a {@code Mono} of their number
   */
  public Mono<Integer> size() {
    return Stm.step(this::size);
  }
}
