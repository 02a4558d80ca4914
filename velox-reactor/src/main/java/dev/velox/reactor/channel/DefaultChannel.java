package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Discards;
import dev.velox.reactor.internal.Metrics;
import dev.velox.reactor.internal.Trampoline;
import dev.velox.reactor.internal.WaiterQueue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * The channel as its users see it. All decisions are {@link ChannelCore}'s; this class checks
 * arguments, makes the publishers, and tells the owner's callback and listener.
 */
final class DefaultChannel<T> implements Channel<T> {

  final ChannelCore core;
  final @Nullable MetricsListener metrics;

  // Bound once, so that an offer allocates none.
  final Consumer<Object> discards = this::discard;

  private final @Nullable Consumer<? super T> onDrop;
  private final int maxWaitingSenders;
  private final int maxWaitingReceivers;
  private final @Nullable String name;
  private final @Nullable Scheduler timer;
  private final Flux<T> flux;

  DefaultChannel(ChannelBuilder<T> options) {
    this.core =
        new ChannelCore(
            options.capacity,
            options.overflow,
            options.maxWaitingSenders,
            options.maxWaitingReceivers,
            options.signals);
    this.metrics = Metrics.of(options.metrics, Kind.CHANNEL, options.name);
    this.onDrop = options.onDrop;
    this.maxWaitingSenders = options.maxWaitingSenders;
    this.maxWaitingReceivers = options.maxWaitingReceivers;
    this.name = options.name;
    this.timer = options.timer;
    this.flux = ChannelFlux.of(this);
    Metrics.level(metrics, Level.BUFFERED, this, DefaultChannel::size);
    Metrics.level(metrics, Level.WAITING, this, DefaultChannel::waitingSenders);
    Metrics.level(metrics, Level.RECEIVING, this, DefaultChannel::waitingReceivers);
  }

  @Override
  public Mono<Void> send(T element) {
    return SendMono.of(this, Args.notNull(element, "element"), null);
  }

  @Override
  public Mono<Void> send(T element, Duration timeout) {
    return SendMono.of(
        this, Args.notNull(element, "element"), Args.notNegative(timeout, "timeout"));
  }

  @Override
  public SendResult trySend(T element) {
    Args.notNull(element, "element");
    return switch (core.offer(element, null, discards)) {
      case SENT -> {
        tell(Event.ACCEPTED);
        yield SendResult.SENT;
      }
      case DROPPED -> {
        discard(element);
        yield SendResult.DROPPED;
      }
      case CLOSED -> {
        tell(Event.REJECTED);
        yield SendResult.CLOSED;
      }
      default -> {
        tell(Event.REJECTED);
        yield SendResult.FULL;
      }
    };
  }

  @Override
  public Mono<Long> sendAll(Publisher<? extends T> source) {
    return SendAllMono.of(this, Args.notNull(source, "source"));
  }

  @Override
  public Mono<T> receive() {
    return ReceiveMono.element(this, null);
  }

  @Override
  public Mono<T> receive(Duration timeout) {
    return ReceiveMono.element(this, Args.notNegative(timeout, "timeout"));
  }

  @Override
  public Mono<Delivery<T>> receiveDelivery() {
    return ReceiveMono.delivery(this);
  }

  @Override
  public Mono<List<T>> receiveBetween(int min, int max) {
    Args.notNegative(min, "min");
    Args.positive(max, "max");
    if (max < min) {
      throw new IllegalArgumentException(
          "max must not be less than min, but was " + max + " and min was " + min);
    }
    return ReceiveManyMono.of(this, min, max);
  }

  @Override
  public Optional<T> peek() {
    Object first = core.peek();
    return first == null ? Optional.empty() : Optional.of(Owned.unwrap(first));
  }

  @Override
  public ReceiveResult<T> tryReceive() {
    Object taken = core.take(null, false);
    if (taken == ReceiveWaiter.END) {
      return ReceiveResult.closed(core.state().phase().cause());
    }
    if (taken == ChannelCore.NOTHING || taken == null) {
      return ReceiveResult.empty();
    }
    tell(Event.DELIVERED);
    return ReceiveResult.received(Owned.unwrap(taken));
  }

  @Override
  public Flux<T> asFlux() {
    return flux;
  }

  @Override
  public void subscribe(Subscriber<? super T> subscriber) {
    flux.subscribe(subscriber);
  }

  @Override
  public Sinks.Many<T> asSink() {
    return new ChannelSink<>(this);
  }

  @Override
  public CoreSubscriber<T> asSubscriber() {
    return new SendAllSubscriber<>(this, null, Context.empty());
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
    return core.cancel(discards);
  }

  @Override
  public Mono<Void> onClose() {
    return MilestoneMono.of(core.closed());
  }

  @Override
  public Mono<Void> onDrained() {
    return MilestoneMono.of(core.drained());
  }

  @Override
  public boolean isClosed() {
    return !core.state().isOpen();
  }

  @Override
  public int size() {
    return core.size();
  }

  @Override
  public int capacity() {
    return core.capacity();
  }

  @Override
  public int waitingSenders() {
    return core.waitingSenders();
  }

  @Override
  public int waitingReceivers() {
    return core.waitingReceivers();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.CAPACITY) {
      return capacity();
    }
    if (key == Attr.BUFFERED) {
      return size();
    }
    if (key == Attr.TERMINATED) {
      return core.drained().hasHappened();
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
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.SYNC;
    }
    return null;
  }

  @Override
  public String toString() {
    if (name != null) {
      return "channel '" + name + "'";
    }
    int capacity = capacity();
    return capacity == 0
        ? "rendezvous channel"
        : capacity == Integer.MAX_VALUE ? "unbounded channel" : "channel of capacity " + capacity;
  }

  // What the publishers need.

  Scheduler timer() {
    return timer != null ? timer : Schedulers.parallel();
  }

  Throwable refusal(ChannelCore.Offer offer) {
    tell(Event.REJECTED);
    return switch (offer) {
      case CLOSED -> new ChannelClosedException(toString(), core.state().phase().cause());
      case TOO_MANY -> new TooManyWaitersException(toString(), "send", maxWaitingSenders);
      default -> new ChannelOverflowException(toString(), capacity());
    };
  }

  Throwable tooManyReceivers() {
    tell(Event.REJECTED);
    return new TooManyWaitersException(toString(), "receive", maxWaitingReceivers);
  }

  /** An accepted element will not be received. */
  void discard(Object buffered) {
    tell(Event.DROPPED);
    Discards.<T>discard(Owned.unwrap(buffered), onDrop, Owned.contextOf(buffered));
  }

  /** A receiver left with an element that it has not seen. */
  void giveBack(Object buffered, boolean wasLent) {
    if (!core.giveBack(buffered, wasLent)) {
      discard(buffered);
    }
  }

  /** A receiver left with elements that it has not seen. */
  void giveBackAll(WaiterQueue<Object> buffered) {
    core.giveBackAll(buffered).forEach(discards);
  }

  /** A grant that could not be delivered to its subscriber has to go somewhere. */
  static void undelivered(Throwable failure, Context context) {
    Operators.onErrorDropped(failure, context);
  }

  void tell(Event event) {
    Metrics.count(metrics, event);
  }

  /** Tells how long somebody waited who began at {@code since}, as {@link #clock()} told it. */
  void tellWaited(long since) {
    Metrics.time(metrics, MetricsListener.Timing.WAIT, clock() - since);
  }

  /** The time of the timer's scheduler; zero, and never asked for, without a listener. */
  long clock() {
    return metrics == null ? 0L : timer().now(TimeUnit.NANOSECONDS);
  }

  void signal(Runnable signal) {
    Trampoline.run(signal);
  }
}
