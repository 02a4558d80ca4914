package dev.velox.reactor.collection;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.internal.Trampoline;
import dev.velox.reactor.internal.Waiter;
import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One load of one key, for all who ask while it is on its way.
 *
 * <p>Its state is one word, an immutable line of callers until it ends:
 *
 * <pre>
 *   Loading(callers, how many still wait) --- join -----&gt; Loading(one more)   by a caller
 *                                         --- leave ----&gt; Loading(one fewer)  by a caller that left
 *                                         --- leave ----&gt; OVER                by the last one to leave,
 *                                                         who cancels the load
 *                                         --- settle ---&gt; OVER                by the load, which tells all
 * </pre>
 *
 * <p>A caller that finds it OVER looks again: for the value, then for another flight. A flight is
 * taken off the list before anybody is told of its end, so who retries after an error starts a new
 * one. The line and a caller's own word (see {@code Waiter}) are not changed together: one that has
 * left stays in line until those who left outnumber those who wait, and is skipped.
 *
 * <p>The load runs in the key's turn and looks for the value first, so a caller that comes between
 * the end of a flight and its own start does not load twice.
 */
final class Flight<K, V> implements CoreSubscriber<V>, Scannable {

  private static final int KEPT_ENDED = 16;

  private record Loading(WaiterQueue<Caller> callers, int waiting) {}

  private static final Object OVER = new Object();

  /** What a caller is granted when the load completed without a value. */
  static final Object EMPTY = new Object();

  /** What a caller is granted when the load failed. */
  record Failed(Throwable error) {}

  /** Who waits for the value. */
  abstract static class Caller extends Waiter<Object> {}

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Flight.class, "state", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  @SuppressWarnings("rawtypes") // the updater's class token has no type arguments
  private static final AtomicReferenceFieldUpdater<Flight, @Nullable Subscription> LOAD =
      AtomicReferenceFieldUpdater.newUpdater(Flight.class, Subscription.class, "load");

  private final ConcurrentMap<K, V> map;
  private final K key;
  private final Context context;
  private final long since;

  private volatile Object state;
  private volatile @Nullable Subscription load;
  private @Nullable V loaded;

  /**
   * A flight with its first passenger.
   *
   * @param context of the caller that causes the load
   */
  Flight(ConcurrentMap<K, V> map, K key, Caller first, Context context) {
    this.map = map;
    this.key = key;
    this.context = context;
    this.since = map.clock();
    this.state = new Loading(WaiterQueue.<Caller>empty().plus(first), 1);
  }

  void start(Mono<V> source) {
    map.tell(Event.STARTED);
    source.subscribe(this);
  }

  /**
   * Waits for its end.
   *
   * @return {@code false} if it is over
   */
  boolean join(Caller caller) {
    for (; ; ) {
      Object seen = state;
      if (!(seen instanceof Loading loading)) {
        return false;
      }
      if (STATE.compareAndSet(
          this, seen, new Loading(loading.callers.plus(caller), loading.waiting + 1))) {
        return true;
      }
    }
  }

  /** A caller that had joined has left. */
  void leave() {
    for (; ; ) {
      Object seen = state;
      if (!(seen instanceof Loading loading)) {
        return;
      }
      int left = loading.waiting - 1;
      if (left == 0) {
        if (STATE.compareAndSet(this, seen, OVER)) {
          map.landed(key, this);
          map.tell(Event.CANCELLED);
          Operators.terminate(LOAD, this);
          return;
        }
      } else {
        WaiterQueue<Caller> callers =
            loading.callers.size() > 2L * left + KEPT_ENDED
                ? WaiterQueue.withoutEnded(loading.callers)
                : loading.callers;
        if (STATE.compareAndSet(this, seen, new Loading(callers, left))) {
          return;
        }
      }
    }
  }

  /** How many wait for it. */
  int waiting() {
    return state instanceof Loading loading ? loading.waiting : 0;
  }

  private void settle(Object grant, Event how) {
    Object seen = STATE.getAndSet(this, OVER);
    if (!(seen instanceof Loading loading)) {
      if (grant instanceof Failed failed) {
        Operators.onErrorDropped(failed.error, context);
      }
      return;
    }
    map.landed(key, this);
    map.tell(how);
    map.tellTime(Timing.RUN, since);
    loading.callers.forEach(
        caller -> {
          if (caller.grant(grant)) {
            Trampoline.run(caller);
          }
        });
  }

  // ---- the load's signals ----

  @Override
  public void onSubscribe(Subscription s) {
    if (Operators.setOnce(LOAD, this, s)) {
      s.request(Long.MAX_VALUE);
    }
  }

  @Override
  public void onNext(V value) {
    loaded = value;
  }

  @Override
  public void onError(Throwable error) {
    settle(new Failed(error), Event.FAILED);
  }

  @Override
  public void onComplete() {
    V value = loaded;
    settle(value == null ? EMPTY : value, Event.SUCCEEDED);
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr attribute) {
    if (attribute == Attr.PARENT) {
      return load;
    }
    if (attribute == Attr.BUFFERED) {
      return waiting();
    }
    if (attribute == Attr.TERMINATED) {
      return state == OVER;
    }
    return attribute == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }
}
