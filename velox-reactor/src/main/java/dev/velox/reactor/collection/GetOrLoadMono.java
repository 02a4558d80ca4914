package dev.velox.reactor.collection;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.sync.SelfDeadlockException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/** Reads a value, or waits for the one {@link Flight} that loads it. */
final class GetOrLoadMono<K, V> extends Mono<V> implements Scannable {

  private final ConcurrentMap<K, V> map;
  private final K key;
  private final Function<? super K, ? extends Mono<? extends V>> loader;

  private GetOrLoadMono(
      ConcurrentMap<K, V> map, K key, Function<? super K, ? extends Mono<? extends V>> loader) {
    this.map = map;
    this.key = key;
    this.loader = loader;
  }

  static <K, V> Mono<V> of(
      ConcurrentMap<K, V> map, K key, Function<? super K, ? extends Mono<? extends V>> loader) {
    return onAssembly(new GetOrLoadMono<>(map, key, loader));
  }

  @Override
  public void subscribe(CoreSubscriber<? super V> actual) {
    V value = map.now(key);
    if (value != null) {
      actual.onSubscribe(Operators.scalarSubscription(actual, value));
    } else {
      actual.onSubscribe(new Call<>(this, actual));
    }
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr attribute) {
    if (attribute == Attr.PARENT) {
      return map;
    }
    return attribute == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One call: idle until the first request, from then on its state is its waiter's. {@code flight}
   * tells who has to take it off its flight when its subscriber leaves:
   *
   * <pre>
   *   null --- the call, after it has joined ---&gt; the flight    a cancellation that comes later does
   *   null --- a cancellation ------------------&gt; LEFT          the call does, when it has joined
   * </pre>
   */
  private static final class Call<K, V> extends Flight.Caller implements Subscription, Scannable {

    private static final Object LEFT = new Object();

    private final GetOrLoadMono<K, V> parent;
    private final AtomicBoolean requested = new AtomicBoolean();
    private final AtomicReference<@Nullable Object> flight = new AtomicReference<>();
    private @Nullable CoreSubscriber<? super V> actual;

    Call(GetOrLoadMono<K, V> parent, CoreSubscriber<? super V> actual) {
      this.parent = parent;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      CoreSubscriber<? super V> subscriber = actual;
      if (Operators.validate(n) && requested.compareAndSet(false, true) && subscriber != null) {
        start(subscriber);
      }
    }

    private void start(CoreSubscriber<? super V> subscriber) {
      ConcurrentMap<K, V> map = parent.map;
      while (isWaiting()) {
        V value = map.now(parent.key);
        if (value != null) {
          if (finish()) {
            deliver(value);
          }
          return;
        }
        if (map.isInside(parent.key, subscriber.currentContext())) {
          if (finish()) {
            deliver(new Flight.Failed(new SelfDeadlockException(map + " of " + parent.key)));
          }
          return;
        }
        Flight<K, V> made = new Flight<>(map, parent.key, this, subscriber.currentContext());
        Flight<K, V> found = map.takeOff(parent.key, made);
        if (found == null) {
          map.tell(Event.WAITING);
          joined(made);
          made.start(map.load(parent.key, parent.loader));
          return;
        }
        if (found.join(this)) {
          map.tell(Event.WAITING);
          joined(found);
          return;
        }
        map.landed(parent.key, found);
      }
    }

    private void joined(Flight<K, V> taken) {
      if (!flight.compareAndSet(null, taken)) {
        taken.leave();
      }
    }

    @Override
    public void run() {
      Object outcome = beginDelivery();
      if (outcome != null) {
        deliver(outcome);
      }
    }

    @SuppressWarnings("unchecked") // what is neither of the two others is a V
    private void deliver(Object outcome) {
      CoreSubscriber<? super V> subscriber = actual;
      actual = null;
      if (subscriber == null) {
        return;
      }
      if (outcome instanceof Flight.Failed failed) {
        subscriber.onError(failed.error());
        return;
      }
      if (outcome != Flight.EMPTY) {
        subscriber.onNext((V) outcome);
      }
      subscriber.onComplete();
    }

    @Override
    public void cancel() {
      Object had = abandon();
      if (had == null) {
        return;
      }
      actual = null;
      if (had == WAITED && flight.getAndSet(LEFT) instanceof Flight<?, ?> taken) {
        taken.leave();
      }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Scannable declares it
    public @Nullable Object scanUnsafe(Attr attribute) {
      if (attribute == Attr.PARENT) {
        return parent.map;
      }
      if (attribute == Attr.ACTUAL) {
        return actual;
      }
      if (attribute == Attr.CANCELLED) {
        return outcome() == CANCELLED;
      }
      if (attribute == Attr.TERMINATED) {
        return outcome() == DELIVERED;
      }
      return attribute == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
