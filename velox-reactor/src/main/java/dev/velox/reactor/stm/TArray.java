package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import reactor.core.publisher.Mono;

/**
 * A transactional array of fixed length: one ref per element, so transactions that use different
 * elements don't conflict.
 *
 * @param <T> the type of the elements
 */
public final class TArray<T> {

  private final List<TRef<T>> cells;

  private TArray(List<TRef<T>> cells) {
    this.cells = cells;
  }

  /**
   * Makes an array.
   *
   * @param <T> the type of the elements
   * @param length how many elements
   * @param first makes the first value of each index
   * @return a new array
   */
  public static <T> TArray<T> of(int length, IntFunction<? extends T> first) {
    Args.notNegative(length, "length");
    Args.notNull(first, "first");
    List<TRef<T>> cells = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      cells.add(TRef.of(first.apply(i)));
    }
    return new TArray<>(cells);
  }

  /**
   * How many elements it has.
   *
   * @return the length
   */
  public int length() {
    return cells.size();
  }

  /**
   * The ref of an element.
   *
   * @param index which
   * @return its ref
   * @throws IndexOutOfBoundsException if there is no such element
   */
  public TRef<T> at(int index) {
    return cells.get(index);
  }

  /**
   * Reads an element.
   *
   * @param tx the transaction
   * @param index which
   * @return its value
   */
  public T get(Transaction tx, int index) {
    return tx.get(at(index));
  }

  /**
   * Writes an element.
   *
   * @param tx the transaction
   * @param index which
   * @param value its new value
   */
  public void set(Transaction tx, int index, T value) {
    tx.set(at(index), value);
  }

  /**
   * Changes an element.
   *
   * @param tx the transaction
   * @param index which
   * @param update makes the new value of the old one
   * @return the new value
   */
  public T update(Transaction tx, int index, Function<? super T, ? extends T> update) {
    return tx.update(at(index), update);
  }

  /**
   * All elements at one instant.
   *
   * @param tx the transaction
   * @return a list of the values
   */
  public List<T> toList(Transaction tx) {
    List<T> values = new ArrayList<>(cells.size());
    for (TRef<T> cell : cells) {
      values.add(tx.get(cell));
    }
    return values;
  }

  /**
   * All elements at one instant.
   *
   * @return a {@code Mono} of a list of the values
   */
  public Mono<List<T>> toList() {
    return Stm.step(this::toList);
  }
}
