package dev.velox.reactor.stm;

import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * A transactional set, made of a {@link TMap}: transactions that use different elements seldom
 * conflict.
 *
 * @param <E> the type of the elements
 */
public final class TSet<E> {

  private final TMap<E, Boolean> map = TMap.empty();

  private TSet() {}

  /**
   * Makes an empty set.
   *
   * @param <E> the type of the elements
   * @return a new set
   */
  public static <E> TSet<E> empty() {
    return new TSet<>();
  }

  /**
   * Whether an element is there.
   *
   * @param tx the transaction
   * @param element the element
   * @return {@code true} if it is
   */
  public boolean contains(Transaction tx, E element) {
    return map.containsKey(tx, element);
  }

  /**
   * Adds an element.
   *
   * @param tx the transaction
   * @param element the element
   * @return whether it was not there before
   */
  public boolean add(Transaction tx, E element) {
    return !map.containsKey(tx, element) && map.put(tx, element, true) == null;
  }

  /**
   * Takes an element away.
   *
   * @param tx the transaction
   * @param element the element
   * @return whether it was there before
   */
  public boolean remove(Transaction tx, E element) {
    return map.remove(tx, element) != null;
  }

  /**
   * How many elements there are.
   *
   * @param tx the transaction
   * @return the number of elements
   */
  public int size(Transaction tx) {
    return map.size(tx);
  }

  /**
   * All elements at one instant, in no particular order.
   *
   * @param tx the transaction
   * @return a set of its own, which does not follow this one
   */
  public Set<E> toSet(Transaction tx) {
    return map.toMap(tx).keySet();
  }

  /**
   * Whether an element is there.
   *
   * @param element the element
   * @return a {@code Mono} of whether it is
   */
  public Mono<Boolean> contains(E element) {
    return map.get(element).hasElement();
  }

  /**
   * Adds an element.
   *
   * @param element the element
   * @return a {@code Mono} of whether it was not there before
   */
  public Mono<Boolean> add(E element) {
    return Stm.step(tx -> add(tx, element));
  }

  /**
   * Takes an element away.
   *
   * @param element the element
   * @return a {@code Mono} of whether it was there before
   */
  public Mono<Boolean> remove(E element) {
    return map.remove(element).hasElement();
  }

  /**
   * How many elements there are.
   *
   * @return a {@code Mono} of the number of elements
   */
  public Mono<Integer> size() {
    return map.size();
  }

  /**
   * All elements at one instant.
   *
   * @return a {@code Mono} of a set of its own
   */
  public Mono<Set<E>> toSet() {
    return Stm.step(this::toSet);
  }
}
