package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A transactional map: a hash trie whose nodes are refs, so transactions that use different keys
 * seldom conflict, and only those that ask for the size conflict with those that change it. Keys
 * and values must not be {@code null}; keys need a stable {@code equals} and {@code hashCode}.
 *
 * <p>What has grown does not shrink: removed keys leave their empty cells.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 */
public final class TMap<K, V> {

  private static final int BITS = 4;
  private static final int WIDTH = 1 << BITS;
  private static final int FULL = 4;

  /** A few entries that share a cell. Immutable. */
  private record Bucket<K, V>(List<Map.Entry<K, V>> entries) {
    @Nullable V get(Object key) {
      for (Map.Entry<K, V> each : entries) {
        if (each.getKey().equals(key)) {
          return each.getValue();
        }
      }
      return null;
    }

    Bucket<K, V> without(Object key) {
      List<Map.Entry<K, V>> rest = new ArrayList<>(entries);
      rest.removeIf(each -> each.getKey().equals(key));
      return new Bucket<>(rest);
    }

    Bucket<K, V> with(K key, V value) {
      Bucket<K, V> more = without(key);
      more.entries.add(Map.entry(key, value));
      return more;
    }
  }

  /** The cells of one level below. */
  private record Branch(List<TRef<Object>> cells) {}

  /** Where a key belongs. */
  private record Place<K, V>(TRef<Object> cell, Bucket<K, V> bucket, int shift) {}

  private final TRef<Object> root = TRef.of(new Bucket<K, V>(List.of()));
  private final TRef<Integer> size = TRef.of(0);

  private TMap() {}

  /**
   * Makes an empty map.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the values
   * @return a new map
   */
  public static <K, V> TMap<K, V> empty() {
    return new TMap<>();
  }

  private static int hash(Object key) {
    int hash = key.hashCode();
    return hash ^ (hash >>> 16);
  }

  @SuppressWarnings("unchecked") // the cells of this map hold nothing else
  private Place<K, V> place(Transaction tx, Object key) {
    int hash = hash(key);
    TRef<Object> cell = root;
    int shift = 0;
    Object at = tx.get(cell);
    while (at instanceof Branch branch) {
      cell = branch.cells.get((hash >>> shift) & (WIDTH - 1));
      shift += BITS;
      at = tx.get(cell);
    }
    return new Place<>(cell, (Bucket<K, V>) at, shift);
  }

  /**
   * The value of a key.
   *
   * @param tx the transaction
   * @param key the key
   * @return its value, or {@code null}
   */
  public @Nullable V get(Transaction tx, K key) {
    Args.notNull(tx, "tx");
    Args.notNull(key, "key");
    return place(tx, key).bucket.get(key);
  }

  /**
   * Whether a key is there.
   *
   * @param tx the transaction
   * @param key the key
   * @return {@code true} if it has a value
   */
  public boolean containsKey(Transaction tx, K key) {
    return get(tx, key) != null;
  }

  /**
   * Gives a key a value.
   *
   * @param tx the transaction
   * @param key the key
   * @param value its new value
   * @return the value it had, or {@code null}
   */
  public @Nullable V put(Transaction tx, K key, V value) {
    Args.notNull(tx, "tx");
    Args.notNull(key, "key");
    Args.notNull(value, "value");
    Place<K, V> place = place(tx, key);
    V before = place.bucket.get(key);
    Bucket<K, V> after = place.bucket.with(key, value);
    boolean split = after.entries.size() > FULL && place.shift < Integer.SIZE;
    tx.set(place.cell, split ? split(after, place.shift) : after);
    if (before == null) {
      tx.commute(size, count -> count + 1);
    }
    return before;
  }

  private static <K, V> Branch split(Bucket<K, V> bucket, int shift) {
    List<Bucket<K, V>> parts = new ArrayList<>(WIDTH);
    for (int i = 0; i < WIDTH; i++) {
      parts.add(new Bucket<>(List.of()));
    }
    for (Map.Entry<K, V> each : bucket.entries) {
      int slot = (hash(each.getKey()) >>> shift) & (WIDTH - 1);
      parts.set(slot, parts.get(slot).with(each.getKey(), each.getValue()));
    }
    List<TRef<Object>> cells = new ArrayList<>(WIDTH);
    for (Bucket<K, V> part : parts) {
      cells.add(TRef.of(part));
    }
    return new Branch(cells);
  }

  /**
   * Takes a key away.
   *
   * @param tx the transaction
   * @param key the key
   * @return the value it had, or {@code null}
   */
  public @Nullable V remove(Transaction tx, K key) {
    Args.notNull(tx, "tx");
    Args.notNull(key, "key");
    Place<K, V> place = place(tx, key);
    V before = place.bucket.get(key);
    if (before != null) {
      tx.set(place.cell, place.bucket.without(key));
      tx.commute(size, count -> count - 1);
    }
    return before;
  }

  /**
   * Changes the value of a key.
   *
   * @param tx the transaction
   * @param key the key
   * @param first the value to start from if it has none
   * @param update makes the new value of the old one
   * @return the new value
   */
  public V merge(Transaction tx, K key, V first, UnaryOperator<V> update) {
    Args.notNull(first, "first");
    Args.notNull(update, "update");
    V before = get(tx, key);
    V after = Args.notNull(update.apply(before == null ? first : before), "the value made");
    V ignored = put(tx, key, after);
    return after;
  }

  /**
   * How many keys there are.
   *
   * @param tx the transaction
   * @return the number of keys
   */
  public int size(Transaction tx) {
    return tx.get(size);
  }

  /**
   * All entries, at one instant, in no particular order.
   *
   * @param tx the transaction
   * @return a map of its own, which does not follow this one
   */
  public Map<K, V> toMap(Transaction tx) {
    Map<K, V> all = new LinkedHashMap<>();
    forEach(tx, root, all::put);
    return all;
  }

  @SuppressWarnings("unchecked") // the cells of this map hold nothing else
  private void forEach(Transaction tx, TRef<Object> cell, BiConsumer<K, V> action) {
    Object at = tx.get(cell);
    if (at instanceof Branch branch) {
      branch.cells.forEach(each -> forEach(tx, each, action));
    } else {
      ((Bucket<K, V>) at).entries.forEach(each -> action.accept(each.getKey(), each.getValue()));
    }
  }

  /**
   * The value of a key.
   *
   * @param key the key
   * @return a {@code Mono} of its value, empty if it has none
   */
  public Mono<V> get(K key) {
    Args.notNull(key, "key");
    return Stm.step(tx -> get(tx, key));
  }

  /**
   * Gives a key a value.
   *
   * @param key the key
   * @param value its new value
   * @return a {@code Mono} of the value it had, empty if none
   */
  public Mono<V> put(K key, V value) {
    Args.notNull(key, "key");
    Args.notNull(value, "value");
    return Stm.step(tx -> put(tx, key, value));
  }

  /**
   * Takes a key away.
   *
   * @param key the key
   * @return a {@code Mono} of the value it had, empty if none
   */
  public Mono<V> remove(K key) {
    Args.notNull(key, "key");
    return Stm.step(tx -> remove(tx, key));
  }

  /**
   * Waits until a key has a value.
   *
   * @param key the key
   * @return a {@code Mono} of its value
   */
  public Mono<V> await(K key) {
    Args.notNull(key, "key");
    return Stm.step(
        tx -> {
          V value = get(tx, key);
          return value == null ? tx.<V>retry() : value;
        });
  }

  /**
   * How many keys there are.
   *
   * @return a {@code Mono} of the number of keys
   */
  public Mono<Integer> size() {
    return size.read();
  }

  /**
   * All entries, at one instant.
   *
   * @return a {@code Mono} of a map of its own
   */
  public Mono<Map<K, V>> toMap() {
    return Stm.step(this::toMap);
  }
}
