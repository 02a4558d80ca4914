package dev.velox.reactor.channel;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/** Publishes all elements of a source, once its subscriber asks for the result. */
final class PublishAllMono<T> extends Mono<Long> implements Scannable {

  private final DefaultBroadcast<T> broadcast;
  private final Flux<? extends T> source;

  private PublishAllMono(DefaultBroadcast<T> broadcast, Flux<? extends T> source) {
    this.broadcast = broadcast;
    this.source = source;
  }

  static <T> Mono<Long> of(DefaultBroadcast<T> broadcast, Publisher<? extends T> source) {
    return onAssembly(new PublishAllMono<>(broadcast, Flux.from(source)));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Long> actual) {
    actual.onSubscribe(new Start<>(this, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return source;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** Subscribes to the source at the first request, and passes a cancellation on. */
  private static final class Start<T> implements Subscription, Scannable {

    private final PublishAllMono<T> mono;
    private final CoreSubscriber<? super Long> actual;
    private final PublishAllSubscriber<T> subscriber;
    private final AtomicBoolean started = new AtomicBoolean();

    Start(PublishAllMono<T> mono, CoreSubscriber<? super Long> actual) {
      this.mono = mono;
      this.actual = actual;
      // Reactor's iterables tell so of collections.
      boolean isCollection = Scannable.from(mono.source).scanOrDefault(Attr.BUFFERED, 0) > 1;
      this.subscriber = new PublishAllSubscriber<>(mono.broadcast, isCollection, actual);
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && started.compareAndSet(false, true)) {
        mono.source.subscribe(subscriber);
      }
    }

    @Override
    public void cancel() {
      started.set(true);
      subscriber.cancel();
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return mono.broadcast;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      return subscriber.scanUnsafe(key);
    }
  }
}
