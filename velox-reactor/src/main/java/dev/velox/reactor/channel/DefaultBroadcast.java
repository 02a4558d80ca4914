package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Discards;
import dev.velox.reactor.internal.Metrics;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** The broadcast as its users see it; all decisions are {@link BroadcastCore}'s. */
final class DefaultBroadcast<T> implements Broadcast<T> {

  final BroadcastCore core;

  private final @Nullable MetricsListener metrics;
  private final @Nullable Consumer<? super T> onDrop;
  private final int maxWaitingPublishers;
  private final @Nullable String name;
  private final int replay;
  private final Flux<T> flux;

  DefaultBroadcast(BroadcastBuilder<T> options) {
    this.core = new BroadcastCore(options.replay, options.maxWaitingPublishers, options.signals);
    this.metrics = Metrics.of(options.metrics, Kind.BROADCAST, options.name);
    this.onDrop = options.onDrop;
    this.maxWaitingPublishers = options.maxWaitingPublishers;
    this.name = options.name;
    this.replay = options.replay;
    this.flux = BroadcastFlux.of(this, options.policy, options.buffer);
    Metrics.level(metrics, Level.WAITING, this, DefaultBroadcast::waitingPublishers);
    Metrics.level(metrics, Level.RECEIVING, this, DefaultBroadcast::subscriberCount);
  }

  @Override
  public Mono<Integer> publish(T element) {
    return PublishMono.of(this, Args.notNull(element, "element"));
  }

  @Override
  public PublishResult tryPublish(T element) {
    int reached = core.publish(Args.notNull(element, "element"), null);
    if (reached >= 0) {
      tell(Event.ACCEPTED);
      return PublishResult.published(reached);
    }
    tell(Event.REJECTED);
    return reached == BroadcastCore.CLOSED ? PublishResult.CLOSED : PublishResult.FULL;
  }

  @Override
  public Mono<Long> publishAll(Publisher<? extends T> source) {
    return PublishAllMono.of(this, Args.notNull(source, "source"));
  }

  @Override
  public Flux<T> asFlux() {
    return flux;
  }

  @Override
  public Flux<T> asFlux(SlowSubscriber policy, int buffer) {
    return BroadcastFlux.of(this, Args.notNull(policy, "policy"), Args.positive(buffer, "buffer"));
  }

  @Override
  public void subscribe(Subscriber<? super T> subscriber) {
    flux.subscribe(subscriber);
  }

  @Override
  public Sinks.Many<T> asSink() {
    return new BroadcastSink<>(this);
  }

  @Override
  public boolean close() {
    return core.close(null);
  }

  @Override
  public boolean close(Throwable cause) {
    return core.close(Args.notNull(cause, "cause"));
  }

  @Override
  public boolean cancel() {
    return core.cancel();
  }

  @Override
  public boolean isClosed() {
    return !core.state().isOpen();
  }

  @Override
  public int subscriberCount() {
    return core.state().receivers().length;
  }

  @Override
  public int waitingPublishers() {
    return core.waiting();
  }

  Throwable refusal(int result) {
    tell(Event.REJECTED);
    return result == BroadcastCore.TOO_MANY
        ? new TooManyWaitersException(toString(), "publish", maxWaitingPublishers)
        : new ChannelClosedException(toString(), core.state().phase().cause());
  }

  void dropped(T element, Context context) {
    tell(Event.DROPPED);
    Discards.discard(element, onDrop, context);
  }

  void tell(Event event) {
    Metrics.count(metrics, event);
  }

  /** Tells how long somebody waited who began at {@code since}, as {@link #clock()} told it. */
  void tellWaited(long since) {
    Metrics.time(metrics, MetricsListener.Timing.WAIT, clock() - since);
  }

  /** The time of {@code Schedulers.parallel()}; zero, and never asked for, without a listener. */
  long clock() {
    return metrics == null ? 0L : Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.CAPACITY) {
      return replay;
    }
    if (key == Attr.TERMINATED) {
      return isClosed();
    }
    if (key == Attr.CANCELLED) {
      return core.state().isCancelled();
    }
    if (key == Attr.ERROR) {
      return core.state().phase().cause();
    }
    if (key == Attr.NAME) {
      return name;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  @Override
  public String toString() {
    return name == null ? "broadcast" : "broadcast '" + name + "'";
  }
}
