package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.internal.WaiterQueue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/** Receives several elements per subscription, as one list, once it is asked for. */
final class ReceiveManyMono<T> extends Mono<List<T>> implements Scannable {

  private final DefaultChannel<T> channel;
  private final int min;
  private final int max;

  private ReceiveManyMono(DefaultChannel<T> channel, int min, int max) {
    this.channel = channel;
    this.min = min;
    this.max = max;
  }

  static <T> Mono<List<T>> of(DefaultChannel<T> channel, int min, int max) {
    return onAssembly(new ReceiveManyMono<>(channel, min, max));
  }

  @Override
  public void subscribe(CoreSubscriber<? super List<T>> actual) {
    actual.onSubscribe(new Receiving<>(channel, min, max, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return channel;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** One receive: idle until the first request; from then on its state is its waiter's. */
  private static final class Receiving<T> extends GatheringWaiter
      implements Subscription, Scannable {

    private final DefaultChannel<T> channel;
    private final AtomicInteger requested = new AtomicInteger();
    private @Nullable CoreSubscriber<? super List<T>> actual;
    private long since;

    Receiving(DefaultChannel<T> channel, int min, int max, CoreSubscriber<? super List<T>> actual) {
      super(min, max);
      this.channel = channel;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && requested.compareAndSet(0, 1) && isWaiting()) {
        start();
      }
    }

    @SuppressWarnings("unchecked") // a list is what takeMany answers when it has taken
    private void start() {
      since = channel.clock();
      Object taken = channel.core.takeMany(this);
      if (taken == ChannelCore.NOTHING) {
        channel.tell(Event.WAITING);
        return;
      }
      if (!finish()) {
        if (taken instanceof WaiterQueue<?> elements) {
          channel.giveBackAll((WaiterQueue<Object>) elements);
        }
        return;
      }
      if (taken == null) {
        CoreSubscriber<? super List<T>> subscriber = clear();
        if (subscriber != null) {
          subscriber.onError(channel.tooManyReceivers());
        }
      } else {
        deliver(taken == END ? null : (WaiterQueue<Object>) taken);
      }
    }

    @Override
    public void run() {
      Object outcome = beginDelivery();
      if (outcome == null) {
        return; // cancelled meanwhile; the cancellation has given the elements back
      }
      channel.tellWaited(since);
      deliver(outcome instanceof All all ? all.elements() : null);
    }

    private void deliver(@Nullable WaiterQueue<Object> taken) {
      CoreSubscriber<? super List<T>> subscriber = clear();
      if (subscriber == null) {
        return;
      }
      if (taken == null) {
        Throwable cause = channel.core.state().phase().cause();
        if (cause == null) {
          subscriber.onComplete();
        } else {
          subscriber.onError(cause);
        }
        return;
      }
      List<T> received = new ArrayList<>(taken.size());
      taken.forEach(
          element -> {
            channel.tell(Event.DELIVERED);
            received.add(Owned.unwrap(element));
          });
      try {
        subscriber.onNext(Collections.unmodifiableList(received));
      } catch (Throwable failure) {
        // As for a single element: it must not break the sender on whose thread it was called.
        Exceptions.throwIfFatal(failure);
        DefaultChannel.undelivered(failure, subscriber.currentContext());
        return;
      }
      subscriber.onComplete();
    }

    @Override
    public void cancel() {
      Object had = leave();
      if (had == null) {
        return;
      }
      clear();
      if (had instanceof Gathered gathered) {
        channel.core.receiverLeft();
        channel.tell(Event.CANCELLED);
        channel.giveBackAll(gathered.elements());
      } else if (had instanceof All all) {
        channel.giveBackAll(all.elements());
      }
    }

    private @Nullable CoreSubscriber<? super List<T>> clear() {
      CoreSubscriber<? super List<T>> subscriber = actual;
      actual = null;
      return subscriber;
    }

    @Override
    @SuppressWarnings("rawtypes") // as Scannable declares it
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return channel;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return hasCancelled();
      }
      if (key == Attr.TERMINATED) {
        return outcome() == DELIVERED;
      }
      if (key == Attr.BUFFERED) {
        return outcome() instanceof Gathered gathered ? gathered.elements().size() : 0;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
