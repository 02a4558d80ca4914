package dev.velox.reactor.collection;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.collection.Change.Cause;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Metrics;
import dev.velox.reactor.sync.KeyedMutex;
import dev.velox.reactor.sync.SyncOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * A map whose writers take turns key by key, without a thread, so that a new value may be computed
 * or loaded by a {@code Mono}; and whose readers never wait.
 *
 * <pre>{@code
 * ConcurrentMap<String, Account> accounts = ConcurrentMap.create();
 *
 * accounts.set("A-1", account);                              // Mono<Void>
 * accounts.get("A-1");                                       // Mono<Account>, empty if there is none
 * accounts.compute("A-1", (id, old) -> bank.refresh(old));   // Mono<Account>: no other write of A-1 meanwhile
 * accounts.getOrLoad("A-2", bank::find);                     // Mono<Account>: one load for all who ask
 * accounts.changes();                                        // Flux<Change<String, Account>>
 * }</pre>
 *
 * <p><b>Turns.</b> {@code set}, {@code delete}, {@code compute}, {@code update} and loads of one
 * key take turns, first come, first served, as in a {@link KeyedMutex}; those of different keys run
 * side by side. A read sees the last write that has completed. Each operation takes effect at one
 * instant.
 *
 * <p><b>Inside.</b> A function given to {@code compute} or {@code getOrLoad} that asks for another
 * turn of its own key fails with {@link dev.velox.reactor.sync.SelfDeadlockException} instead of
 * waiting for itself. Two that wait for each other's keys wait for ever, as with locks.
 *
 * <p><b>Laziness, cancellation, errors.</b> Nothing happens before subscription, and each
 * subscription is an operation of its own. A cancelled operation that has not had its effect has
 * none. A function that fails, throws, or is cancelled leaves the value as it was.
 *
 * <p><b>Threads.</b> An operation that need not wait runs on the subscribing thread, one that
 * waited on the thread of the one before it.
 *
 * <p><b>Cost.</b> An entry costs what it does in a {@link ConcurrentHashMap}, in which they live,
 * and a key's turn costs memory only while somebody has it or awaits it. With {@link
 * ConcurrentMapBuilder#expireAfterWrite} or {@link ConcurrentMapBuilder#maximumSize} they live in a
 * Caffeine cache. Either may hold a thread for as long as another links an entry.
 *
 * @param <K> the type of the keys, with {@code equals} and {@code hashCode}
 * @param <V> the type of the values
 */
public final class ConcurrentMap<K, V> implements Scannable {

  // Who changes what: a key's value is put and removed by who has the key's turn (see KeyedMutex),
  // which is also where its change is told, so changes of one key are told in the order in which
  // they were made. Readers look into the map that holds the values, without a turn. The one
  // exception is what Caffeine forgets by itself, at any time: its change is told later, in the
  // key's turn, and only if the key has no new value then, whose own change has superseded it.
  // A key's load is shared by its Flight, which takes the key's turn as any other writer.

  private static final int CHANGES = 256;

  private record Inside(Object key, @Nullable Inside around) {}

  private final java.util.concurrent.ConcurrentMap<K, V> values;
  private final ConcurrentHashMap<K, Flight<K, V>> flights = new ConcurrentHashMap<>();
  private final KeyedMutex<K> turns;
  private final Broadcast<Change<K, V>> changes = Broadcast.create();
  private final @Nullable String name;
  private final @Nullable MetricsListener metrics;
  private final @Nullable Scheduler timer;

  // Its own key in the Context of what runs in one of its turns.
  private final Object inside = new Object();

  ConcurrentMap(ConcurrentMapBuilder<K, V> options) {
    this.name = options.name;
    this.metrics = Metrics.of(options.metrics, Kind.MAP, name);
    this.timer = options.timer;
    this.turns = KeyedMutex.create(SyncOptions.named(toString()));
    this.values = storage(options);
    Metrics.level(metrics, Level.BUFFERED, values, java.util.concurrent.ConcurrentMap::size);
  }

  private java.util.concurrent.ConcurrentMap<K, V> storage(ConcurrentMapBuilder<K, V> options) {
    if (options.expireAfterWrite == null && options.maximumSize < 0) {
      return new ConcurrentHashMap<>();
    }
    try {
      return CaffeineStorage.create(options, this::timer, this::wentByItself);
    } catch (NoClassDefFoundError missing) {
      throw new IllegalStateException(
          "expireAfterWrite and maximumSize need Caffeine on the class path:"
              + " add com.github.ben-manes.caffeine:caffeine",
          missing);
    }
  }

  /**
   * A map that keeps everything.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the values
   * @return a new map, empty
   */
  public static <K, V> ConcurrentMap<K, V> create() {
    return ConcurrentMap.<K, V>builder().build();
  }

  /**
   * A map with options.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the values
   * @return a builder
   */
  public static <K, V> ConcurrentMapBuilder<K, V> builder() {
    return new ConcurrentMapBuilder<>();
  }

  /**
   * Reads a value. It never waits, though a new one is being computed.
   *
   * @param key the key
   * @return completes with its value; empty if it has none
   * @throws NullPointerException if {@code key} is {@code null}
   */
  public Mono<V> get(K key) {
    Args.notNull(key, "key");
    return Mono.fromSupplier(() -> now(key));
  }

  /**
   * Writes a value, in the key's turn.
   *
   * @param key the key
   * @param value its value from then on
   * @return completes empty when it is written
   * @throws NullPointerException if an argument is {@code null}
   */
  public Mono<Void> set(K key, V value) {
    Args.notNull(key, "key");
    Args.notNull(value, "value");
    return turns.withLock(key, Mono.fromRunnable(() -> write(key, value, Cause.WRITTEN)));
  }

  /**
   * Takes a value away, in the key's turn.
   *
   * @param key the key
   * @return completes with whether it had one
   * @throws NullPointerException if {@code key} is {@code null}
   */
  public Mono<Boolean> delete(K key) {
    Args.notNull(key, "key");
    return turns.withLock(key, Mono.fromSupplier(() -> remove(key)));
  }

  /**
   * Computes a new value from the old one, in the key's turn: no other write of this key comes
   * between.
   *
   * @param key the key
   * @param function is given the key and its value, {@code null} if it has none; its result becomes
   *     the value, and if it is empty, the key has none from then on
   * @return completes with the new value; empty if there is none. Fails with what the function
   *     throws or its result fails with, and then nothing has changed. Cancelled, it cancels the
   *     function's result, and nothing has changed
   * @throws NullPointerException if an argument is {@code null}
   */
  public Mono<V> compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends Mono<? extends V>> function) {
    Args.notNull(key, "key");
    Args.notNull(function, "function");
    Mono<V> computed =
        Mono.defer(() -> given(function.apply(key, now(key)), "function"))
            .<V>map(value -> write(key, value, Cause.WRITTEN))
            .switchIfEmpty(
                Mono.fromRunnable(
                    () -> {
                      boolean ignored = remove(key);
                    }));
    return turns.withLock(key, inside(key, computed));
  }

  /**
   * Changes a value by a plain function, in the key's turn.
   *
   * @param key the key
   * @param function is given the value if there is one; must not answer {@code null}
   * @return completes with the new value; empty if there was none. Fails with what the function
   *     throws, and then nothing has changed
   * @throws NullPointerException if an argument is {@code null}
   */
  public Mono<V> update(K key, UnaryOperator<V> function) {
    Args.notNull(key, "key");
    Args.notNull(function, "function");
    return turns.withLock(
        key,
        inside(
            key,
            Mono.fromSupplier(
                () -> {
                  V before = now(key);
                  return before == null
                      ? null
                      : write(key, Args.notNull(function.apply(before), "value"), Cause.WRITTEN);
                })));
  }

  /**
   * Reads a value, or loads it: once for all who ask for this key while the load is on its way, in
   * the key's turn.
   *
   * @param key the key
   * @param loader is given the key; its result becomes the value. It sees the {@code Context} of
   *     the caller that caused it
   * @return completes with the value; empty if the load was empty, which is not kept. Fails with
   *     the load's error, for all who waited for it, and the next who asks loads again. Cancelled,
   *     it leaves the load to the others; the last one to leave cancels it
   * @throws NullPointerException if an argument is {@code null}
   */
  public Mono<V> getOrLoad(K key, Function<? super K, ? extends Mono<? extends V>> loader) {
    return GetOrLoadMono.of(this, Args.notNull(key, "key"), Args.notNull(loader, "loader"));
  }

  /**
   * How many keys have a value. With Caffeine, those that are too old and not yet swept included.
   *
   * @return their number; while others write, an estimate
   */
  public int size() {
    return values.size();
  }

  /**
   * All keys and values. It waits for nobody and holds nobody up: a key that is written meanwhile
   * is seen as it was or as it is.
   *
   * @return an entry per key, in no order, as they are asked for; entries that don't change
   */
  public Flux<Map.Entry<K, V>> entries() {
    return Flux.fromIterable(values.entrySet())
        .map(entry -> Map.entry(entry.getKey(), entry.getValue()));
  }

  /**
   * The changes from the subscription on, for a reader that keeps up: one that has not asked for
   * 256 of them fails with {@link dev.velox.reactor.channel.ChannelOverflowException}, and can
   * begin anew with {@link #entries()}.
   *
   * @return the changes, those of one key in the order in which they were made; it does not
   *     complete
   */
  public Flux<Change<K, V>> changes() {
    return changes.asFlux(SlowSubscriber.ERROR, CHANGES);
  }

  /**
   * The changes from the subscription on.
   *
   * @param policy what happens to a reader that does not keep up. Not {@link SlowSubscriber#WAIT}:
   *     writers don't wait for readers
   * @param buffer how many changes may wait for it
   * @return as {@link #changes()}
   * @throws NullPointerException if {@code policy} is {@code null}
   * @throws IllegalArgumentException if it is {@code WAIT}, or {@code buffer} is not positive
   */
  public Flux<Change<K, V>> changes(SlowSubscriber policy, int buffer) {
    if (Args.notNull(policy, "policy") == SlowSubscriber.WAIT) {
      throw new IllegalArgumentException("policy must not let writers wait, but was " + policy);
    }
    return changes.asFlux(policy, buffer);
  }

  /**
   * How many keys have a turn taken or a load on its way.
   *
   * @return their number; while others come and go, an estimate
   */
  public int activeKeys() {
    return turns.activeKeys();
  }

  /**
   * How many wait for the load of a key.
   *
   * @param key the key
   * @return their number at this instant
   * @throws NullPointerException if {@code key} is {@code null}
   */
  public int waiting(K key) {
    Flight<K, V> flight = flights.get(Args.notNull(key, "key"));
    return flight == null ? 0 : flight.waiting();
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return name;
    }
    if (key == Attr.BUFFERED) {
      return size();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  @Override
  public String toString() {
    return name == null ? "ConcurrentMap" : "ConcurrentMap(" + name + ")";
  }

  // ---- in a key's turn ----

  private V write(K key, V value, Cause cause) {
    V before = values.put(key, value);
    publish(key, before, value, cause);
    return value;
  }

  private boolean remove(K key) {
    V before = values.remove(key);
    if (before == null) {
      return false;
    }
    publish(key, before, null, Cause.DELETED);
    return true;
  }

  private void publish(K key, @Nullable V before, @Nullable V after, Cause cause) {
    if (changes.subscriberCount() > 0) {
      changes.tryPublish(new Change<>(key, before, after, cause));
    }
  }

  /**
   * Caffeine has dropped a value. It tells so at some time, when the key may have a new value: its
   * readers have been told of that, and need no news of the old one.
   */
  private void wentByItself(K key, V value, Cause cause) {
    if (changes.subscriberCount() > 0) {
      turns
          .withLock(
              key,
              Mono.fromRunnable(
                  () -> {
                    if (now(key) == null) {
                      publish(key, value, null, cause);
                    }
                  }))
          .subscribe();
    }
  }

  private <T> Mono<T> inside(K key, Mono<T> body) {
    return body.contextWrite(
        context -> context.put(inside, new Inside(key, context.getOrDefault(inside, null))));
  }

  // ---- for loads ----

  @Nullable V now(K key) {
    return values.get(key);
  }

  boolean isInside(K key, ContextView context) {
    Inside around = context.getOrDefault(inside, null);
    while (around != null) {
      if (around.key.equals(key)) {
        return true;
      }
      around = around.around;
    }
    return false;
  }

  /** Puts a flight on the list, unless there is one, which it answers. */
  @Nullable Flight<K, V> takeOff(K key, Flight<K, V> flight) {
    return flights.putIfAbsent(key, flight);
  }

  void landed(K key, Flight<K, V> flight) {
    flights.remove(key, flight);
  }

  Mono<V> load(K key, Function<? super K, ? extends Mono<? extends V>> loader) {
    Mono<V> loaded =
        Mono.defer(
            () -> {
              V value = now(key);
              return value != null
                  ? Mono.just(value)
                  : given(loader.apply(key), "loader")
                      .<V>map(fresh -> write(key, fresh, Cause.LOADED));
            });
    return turns.withLock(key, inside(key, loaded));
  }

  private static <T> Mono<? extends T> given(@Nullable Mono<? extends T> result, String name) {
    if (result == null) {
      throw new NullPointerException("The " + name + " returned null");
    }
    return result;
  }

  // ---- for who looks ----

  private Scheduler timer() {
    Scheduler own = timer;
    return own == null ? Schedulers.parallel() : own;
  }

  long clock() {
    return metrics == null ? 0L : timer().now(TimeUnit.NANOSECONDS);
  }

  void tell(Event event) {
    Metrics.count(metrics, event);
  }

  void tellTime(Timing timing, long since) {
    Metrics.time(metrics, timing, clock() - since);
  }
}
