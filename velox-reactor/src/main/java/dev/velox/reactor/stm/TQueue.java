package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A transactional first-in-first-out queue. Its two ends are different refs, so who puts and who
 * takes don't conflict as long as there is something to take and room to put.
 *
 * <p>Taking from an empty queue {@linkplain Transaction#retry() retries}. What putting into a full
 * one does is chosen when the queue is made.
 *
 * <p>The two lists of the queue follow Okasaki's, <i>Purely Functional Data Structures</i>, 1998;
 * the two counters follow the {@code TBQueue} of Haskell's {@code stm}.
 *
 * @param <E> the type of the elements
 */
public final class TQueue<E> {

  private enum WhenFull {
    WAIT,
    DROP,
    SLIDE
  }

  private static final class Link<E> {
    static final Link<?> END = new Link<>(null, null);

    final @Nullable E value;
    final @Nullable Link<E> next;

    Link(@Nullable E value, @Nullable Link<E> next) {
      this.value = value;
      this.next = next;
    }

    @SuppressWarnings("unchecked") // the end holds no E
    static <E> Link<E> end() {
      return (Link<E>) END;
    }
  }

  private final TRef<Link<E>> front = TRef.of(Link.end());
  private final TRef<Link<E>> back = TRef.of(Link.end());
  // Room that who puts knows of, and room that who takes has made since.
  private final TRef<Integer> room;
  private final TRef<Integer> made = TRef.of(0);
  private final int capacity;
  private final WhenFull whenFull;

  private TQueue(int capacity, WhenFull whenFull) {
    this.capacity = capacity;
    this.whenFull = whenFull;
    this.room = TRef.of(capacity);
  }

  /**
   * Makes a queue that is never full.
   *
   * @param <E> the type of the elements
   * @return a new queue
   */
  public static <E> TQueue<E> unbounded() {
    return new TQueue<>(Integer.MAX_VALUE, WhenFull.WAIT);
  }

  /**
   * Makes a queue that who puts waits for while it is full.
   *
   * @param <E> the type of the elements
   * @param capacity how many elements it holds
   * @return a new queue
   */
  public static <E> TQueue<E> bounded(int capacity) {
    return new TQueue<>(Args.positive(capacity, "capacity"), WhenFull.WAIT);
  }

  /**
   * Makes a queue that ignores what is put while it is full.
   *
   * @param <E> the type of the elements
   * @param capacity how many elements it holds
   * @return a new queue
   */
  public static <E> TQueue<E> dropping(int capacity) {
    return new TQueue<>(Args.positive(capacity, "capacity"), WhenFull.DROP);
  }

  /**
   * Makes a queue that gives up its oldest element when one is put while it is full.
   *
   * @param <E> the type of the elements
   * @param capacity how many elements it holds
   * @return a new queue
   */
  public static <E> TQueue<E> sliding(int capacity) {
    return new TQueue<>(Args.positive(capacity, "capacity"), WhenFull.SLIDE);
  }

  /**
   * Puts an element at the end, if there is room.
   *
   * @param tx the transaction
   * @param element the element
   * @return whether there was room
   */
  public boolean offer(Transaction tx, E element) {
    Args.notNull(element, "element");
    if (capacity < Integer.MAX_VALUE) {
      int known = tx.get(room);
      if (known == 0) {
        known = tx.get(made);
        if (known == 0) {
          return false;
        }
        tx.set(made, 0);
      }
      tx.set(room, known - 1);
    }
    tx.set(back, new Link<>(element, tx.get(back)));
    return true;
  }

  /**
   * Puts an element at the end; if there is no room, does what the queue was made to do.
   *
   * @param tx the transaction
   * @param element the element
   */
  public void put(Transaction tx, E element) {
    if (offer(tx, element)) {
      return;
    }
    switch (whenFull) {
      case WAIT -> tx.check(false);
      case SLIDE -> {
        E ignored = poll(tx);
        tx.check(offer(tx, element));
      }
      case DROP -> {}
    }
  }

  private Link<E> first(Transaction tx) {
    Link<E> first = tx.get(front);
    if (first == Link.END) {
      for (Link<E> each = tx.get(back); each != null && each != Link.END; each = each.next) {
        first = new Link<>(each.value, first);
      }
      if (first != Link.END) {
        tx.set(back, Link.end());
        tx.set(front, first);
      }
    }
    return first;
  }

  /**
   * The first element, which stays.
   *
   * @param tx the transaction
   * @return the element, or {@code null} if there is none
   */
  public @Nullable E peek(Transaction tx) {
    return first(tx).value;
  }

  /**
   * Takes the first element, if there is one.
   *
   * @param tx the transaction
   * @return the element, or {@code null} if there is none
   */
  public @Nullable E poll(Transaction tx) {
    Link<E> first = first(tx);
    Link<E> rest = first.next;
    if (rest != null) {
      tx.set(front, rest);
      if (capacity < Integer.MAX_VALUE) {
        tx.commute(made, count -> count + 1);
      }
    }
    return first.value;
  }

  /**
   * Takes the first element; retries if there is none.
   *
   * @param tx the transaction
   * @return the element
   */
  public E take(Transaction tx) {
    E taken = poll(tx);
    return taken == null ? tx.<E>retry() : taken;
  }

  /**
   * All elements, first to last, which stay.
   *
   * @param tx the transaction
   * @return a list of them
   */
  public List<E> toList(Transaction tx) {
    List<E> all = new ArrayList<>();
    for (Link<E> each = first(tx); each != null && each.value != null; each = each.next) {
      all.add(each.value);
    }
    int turned = all.size();
    for (Link<E> each = tx.get(back); each != null && each.value != null; each = each.next) {
      all.add(turned, each.value);
    }
    return all;
  }

  /**
   * How many elements there are. O(n) for an unbounded queue.
   *
   * @param tx the transaction
   * @return the number of elements
   */
  public int size(Transaction tx) {
    return capacity < Integer.MAX_VALUE
        ? capacity - tx.get(room) - tx.get(made)
        : toList(tx).size();
  }

  /**
   * Puts an element at the end.
   *
   * @param element the element
   * @return a {@code Mono} that completes when it is there, or dropped if the queue drops
   */
  public Mono<Void> put(E element) {
    Args.notNull(element, "element");
    return Stm.stepDo(tx -> put(tx, element));
  }

  /**
   * Puts an element at the end, if there is room.
   *
   * @param element the element
   * @return a {@code Mono} of whether there was room
   */
  public Mono<Boolean> offer(E element) {
    Args.notNull(element, "element");
    return Stm.step(tx -> offer(tx, element));
  }

  /**
   * Takes the first element; waits until there is one.
   *
   * @return a {@code Mono} of the element
   */
  public Mono<E> take() {
    return Stm.step(this::take);
  }

  /**
   * Takes the first element, if there is one.
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
