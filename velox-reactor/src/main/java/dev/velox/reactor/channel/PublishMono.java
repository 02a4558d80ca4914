package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/** Publishes one element per subscription, once its result is asked for. */
final class PublishMono<T> extends Mono<Integer> implements Scannable {

  private final DefaultBroadcast<T> broadcast;
  private final T element;

  private PublishMono(DefaultBroadcast<T> broadcast, T element) {
    this.broadcast = broadcast;
    this.element = element;
  }

  static <T> Mono<Integer> of(DefaultBroadcast<T> broadcast, T element) {
    return onAssembly(new PublishMono<>(broadcast, element));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Integer> actual) {
    actual.onSubscribe(new Publishing<>(broadcast, element, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return broadcast;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** One publication: idle until the first request; from then on its state is its waiter's. */
  private static final class Publishing<T> extends PublishWaiter
      implements Subscription, Scannable {

    private final DefaultBroadcast<T> broadcast;
    private final AtomicBoolean started = new AtomicBoolean();
    private final T element;
    private @Nullable CoreSubscriber<? super Integer> actual;
    private long since;

    Publishing(DefaultBroadcast<T> broadcast, T element, CoreSubscriber<? super Integer> actual) {
      this.broadcast = broadcast;
      this.element = element;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && started.compareAndSet(false, true)) {
        start();
      }
    }

    /**
     * Binds itself before it publishes, as {@link SendMono} does, and unbinds itself if it has to
     * wait.
     */
    private void start() {
      if (!grant(ADMITTED)) {
        broadcast.core.publisherNeverWaited(); // cancelled meanwhile, and counted out
        return;
      }
      int result = broadcast.core.publish(element, null);
      if (result == BroadcastCore.FULL) {
        if (takeAndRearm() == null) {
          return; // cancelled
        }
        since = broadcast.clock();
        result = broadcast.core.publish(element, this);
        if (result == BroadcastCore.WAITING) {
          broadcast.tell(Event.WAITING);
          return;
        }
        if (!grant(ADMITTED)) {
          broadcast.core.publisherNeverWaited();
          return;
        }
      }
      if (settle() != null) {
        signal(result);
      }
    }

    @Override
    public void run() {
      Object outcome = settle();
      if (outcome != null) {
        broadcast.tellWaited(since);
        signal(outcome == ADMITTED ? reached : BroadcastCore.CLOSED);
      }
    }

    private void signal(int result) {
      CoreSubscriber<? super Integer> subscriber = actual;
      actual = null;
      if (subscriber == null) {
        return;
      }
      if (result >= 0) {
        broadcast.tell(Event.ACCEPTED);
        subscriber.onNext(result);
        subscriber.onComplete();
      } else {
        subscriber.onError(broadcast.refusal(result));
      }
    }

    @Override
    public void cancel() {
      Object had = giveUp();
      if (had == null) {
        return;
      }
      actual = null;
      if (had == WAITED && !started.compareAndSet(false, true)) {
        broadcast.core.publisherLeft();
        broadcast.tell(Event.CANCELLED);
      }
    }

    @Override
    Object element() {
      return element;
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return broadcast;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return isCancelled();
      }
      if (key == Attr.TERMINATED) {
        return outcome() == DELIVERED;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
