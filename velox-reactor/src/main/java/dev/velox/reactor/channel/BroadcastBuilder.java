package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Trampoline;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Options of a {@link Broadcast}. A builder may build many; it is not for use by several threads at
 * once.
 *
 * @param <T> the type of the elements
 */
public final class BroadcastBuilder<T> {

  int replay;
  SlowSubscriber policy = SlowSubscriber.WAIT;
  int buffer = 16;
  int maxWaitingPublishers = Integer.MAX_VALUE;
  @Nullable Consumer<? super T> onDrop;
  @Nullable String name;
  MetricsListener metrics = MetricsListener.noop();
  final Consumer<Runnable> signals = Trampoline::run;

  BroadcastBuilder() {}

  /**
   * How many of the latest elements a new subscriber gets first. The default is 0.
   *
   * @param elements their number
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public BroadcastBuilder<T> replay(int elements) {
    this.replay = Args.notNegative(elements, "replay");
    return this;
  }

  /**
   * What {@link Broadcast#asFlux()} does for a slow subscriber. The default is to {@link
   * SlowSubscriber#WAIT} behind a buffer of 16.
   *
   * @param slowSubscriber the policy
   * @param elements how many may wait for it, at least 1
   * @return this builder
   * @throws IllegalArgumentException if {@code elements} is not positive
   */
  public BroadcastBuilder<T> subscribers(SlowSubscriber slowSubscriber, int elements) {
    this.policy = Args.notNull(slowSubscriber, "slowSubscriber");
    this.buffer = Args.positive(elements, "buffer");
    return this;
  }

  /**
   * How many may wait to publish; one more fails with {@link
   * dev.velox.reactor.TooManyWaitersException}. The default is no limit.
   *
   * @param publishers the limit; 0 if none may
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public BroadcastBuilder<T> maxWaitingPublishers(int publishers) {
    this.maxWaitingPublishers = Args.notNegative(publishers, "maxWaitingPublishers");
    return this;
  }

  /**
   * Is called with each element that a subscriber misses, once for each subscriber that does.
   *
   * @param callback what to do with it
   * @return this builder
   */
  public BroadcastBuilder<T> onDrop(Consumer<? super T> callback) {
    this.onDrop = Args.notNull(callback, "onDrop");
    return this;
  }

  /**
   * A name, for errors, {@code Scannable} and metrics.
   *
   * @param broadcastName the name
   * @return this builder
   */
  public BroadcastBuilder<T> name(String broadcastName) {
    this.name = Args.notNull(broadcastName, "name");
    return this;
  }

  /**
   * Is told of elements accepted, delivered, dropped and rejected, of publishers that wait or are
   * cancelled, and how long they waited.
   *
   * @param listener the listener
   * @return this builder
   */
  public BroadcastBuilder<T> metrics(MetricsListener listener) {
    this.metrics = Args.notNull(listener, "metrics");
    return this;
  }

  /**
   * Builds a broadcast.
   *
   * @return a new broadcast
   */
  public Broadcast<T> build() {
    return new DefaultBroadcast<>(this);
  }
}
