package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A {@link Mutex} per key: sections of one key take turns, sections of different keys run side by
 * side.
 *
 * <pre>{@code
 * Mono<Void> landed = runways.withLock(airport, land(flight));
 * }</pre>
 *
 * <p>Order, threads, cancellation, self-deadlock and limits ({@code maxWaiters} is per key) are
 * those of {@link Mutex}, for each key by itself. Sections of two keys that are taken inside each
 * other in both orders can wait for each other for ever; take keys in one order.
 *
 * <p>A key costs memory only while somebody holds or awaits it. Keys need {@code equals} and {@code
 * hashCode}; they live in a {@code ConcurrentHashMap}, which is the one place in this package where
 * a thread may wait for another: for as long as it takes to link an entry into the same bucket.
 *
 * @param <K> the type of the keys
 */
public final class KeyedMutex<K> implements Scannable {

  private final ConcurrentHashMap<K, KeyGate<K>> gates = new ConcurrentHashMap<>();
  private final SyncOptions options;
  private final KeyGate<K> retired;

  private KeyedMutex(SyncOptions options) {
    this.options = Args.notNull(options, "options").of(Gate.Kind.KEYED_MUTEX.told);
    this.retired = new KeyGate<>(gates, null, this.options);
    boolean ignored = retired.retire();
    this.options.offer(
        Level.WAITING, gates, all -> all.values().stream().mapToLong(Gate::waiting).sum());
  }

  /**
   * A keyed mutex.
   *
   * @param <K> the type of the keys
   * @return a new keyed mutex, all keys free
   */
  public static <K> KeyedMutex<K> create() {
    return create(SyncOptions.defaults());
  }

  /**
   * A keyed mutex with options.
   *
   * @param <K> the type of the keys
   * @param options name, limits per key, schedulers
   * @return a new keyed mutex, all keys free
   */
  public static <K> KeyedMutex<K> create(SyncOptions options) {
    return new KeyedMutex<>(options);
  }

  /**
   * Runs a body inside the mutex of a key; see {@link Mutex#withLock(Mono)}.
   *
   * @param <T> the type of the result
   * @param key the key
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's result
   */
  public <T> Mono<T> withLock(K key, Mono<T> body) {
    return GuardedMono.of(door(key), 1, Args.notNull(body, "body"), null);
  }

  /**
   * Runs a body inside the mutex of a key, if it can begin in time; see {@link Mutex#withLock(Mono,
   * Duration)}.
   *
   * @param <T> the type of the result
   * @param key the key
   * @param body what to do inside; not subscribed before it is its turn
   * @param maxWait how long to wait for the mutex; zero not to wait
   * @return the body's result
   */
  public <T> Mono<T> withLock(K key, Mono<T> body, Duration maxWait) {
    return GuardedMono.of(
        door(key), 1, Args.notNull(body, "body"), Args.notNegative(maxWait, "maxWait"));
  }

  /**
   * Runs a stream inside the mutex of a key; see {@link Mutex#withLock(Flux)}.
   *
   * @param <T> the type of the elements
   * @param key the key
   * @param body what to do inside; not subscribed before it is its turn
   * @return the body's elements
   */
  public <T> Flux<T> withLock(K key, Flux<T> body) {
    return GuardedFlux.of(door(key), 1, Args.notNull(body, "body"), null);
  }

  /**
   * Runs a stream inside the mutex of a key, if it can begin in time; see {@link
   * Mutex#withLock(Flux, Duration)}.
   *
   * @param <T> the type of the elements
   * @param key the key
   * @param body what to do inside; not subscribed before it is its turn
   * @param maxWait how long to wait for the mutex; zero not to wait
   * @return the body's elements
   */
  public <T> Flux<T> withLock(K key, Flux<T> body, Duration maxWait) {
    return GuardedFlux.of(
        door(key), 1, Args.notNull(body, "body"), Args.notNegative(maxWait, "maxWait"));
  }

  /**
   * Takes the mutex of a key; see {@link Mutex#lock()}.
   *
   * @param key the key
   * @return the lease
   */
  public Mono<Lease> lock(K key) {
    return AcquireMono.of(door(key), 1, null);
  }

  /**
   * Takes the mutex of a key if it can be had in time; see {@link Mutex#lock(Duration)}.
   *
   * @param key the key
   * @param maxWait how long to wait; zero not to wait
   * @return the lease
   */
  public Mono<Lease> lock(K key, Duration maxWait) {
    return AcquireMono.of(door(key), 1, Args.notNegative(maxWait, "maxWait"));
  }

  /**
   * Takes the mutex of a key if it is free now and nobody waits for it.
   *
   * @param key the key
   * @return the lease, or empty
   */
  public Optional<Lease> tryLock(K key) {
    return AcquireMono.atOnce(door(key), 1);
  }

  /**
   * Whether somebody holds the mutex of a key.
   *
   * @param key the key
   * @return {@code false} if it is free
   */
  public boolean isLocked(K key) {
    Gate gate = gates.get(Args.notNull(key, "key"));
    return gate != null && !gate.isRetired() && gate.free() <= 0;
  }

  /**
   * How many wait for the mutex of a key. It counts them.
   *
   * @param key the key
   * @return the number of waiters
   */
  public int waiting(K key) {
    Gate gate = gates.get(Args.notNull(key, "key"));
    return gate == null ? 0 : gate.waiting();
  }

  /**
   * How many keys are held; while others come and go, an estimate.
   *
   * @return the number of keys that cost memory
   */
  public int activeKeys() {
    return gates.size();
  }

  private Door door(K key) {
    return new KeyDoor(Args.notNull(key, "key"));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return options.name();
    }
    if (key == Attr.BUFFERED) {
      return activeKeys();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  @Override
  public String toString() {
    return retired.toString();
  }

  /**
   * The gate of a key while it is in use. It retires in the moment in which nobody holds it or
   * waits for it, by a compare-and-set on its state; who comes after that finds it retired, and
   * makes another.
   */
  private static final class KeyGate<K> extends Gate {

    private final ConcurrentHashMap<K, KeyGate<K>> gates;
    private final @Nullable K key;

    KeyGate(ConcurrentHashMap<K, KeyGate<K>> gates, @Nullable K key, SyncOptions options) {
      super(Kind.KEYED_MUTEX, 1, options);
      this.gates = gates;
      this.key = key;
    }

    @Override
    @Nullable Request giveBack(int permits) {
      Request granted = give(permits);
      K own = key;
      if (granted == null && own != null && retire()) {
        gates.remove(own, this);
      }
      return granted;
    }

    @Override
    public String toString() {
      return key == null ? super.toString() : super.toString() + " of " + key;
    }
  }

  private final class KeyDoor implements Door, Scannable {

    private final K key;

    KeyDoor(K key) {
      this.key = key;
    }

    @Override
    public Gate gate() {
      for (; ; ) {
        KeyGate<K> found = gates.get(key);
        if (found == null) {
          KeyGate<K> made = new KeyGate<>(gates, key, options);
          found = gates.putIfAbsent(key, made);
          if (found == null) {
            return made;
          }
        }
        if (!found.isRetired()) {
          return found;
        }
        gates.remove(key, found);
      }
    }

    @Override
    public Gate entrance() {
      return retired;
    }

    @Override
    public @Nullable Object scanUnsafe(Attr attribute) {
      return KeyedMutex.this.scanUnsafe(attribute);
    }

    @Override
    public String toString() {
      return KeyedMutex.this + " of " + key;
    }
  }
}
