package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Trampoline;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * Options of a {@link Channel}, checked together when it is built. A builder may build many
 * channels; it is not for use by several threads at once.
 *
 * @param <T> the type of the elements
 */
public final class ChannelBuilder<T> {

  int capacity;
  Overflow overflow = Overflow.WAIT;
  @Nullable Consumer<? super T> onDrop;
  int maxWaitingSenders = Integer.MAX_VALUE;
  int maxWaitingReceivers = Integer.MAX_VALUE;
  @Nullable String name;
  MetricsListener metrics = MetricsListener.noop();
  @Nullable Scheduler timer;
  Consumer<Runnable> signals = Trampoline::run;

  ChannelBuilder() {}

  /**
   * How many elements the channel holds. The default is 0.
   *
   * @param elements the capacity, kept exactly; 0 for none
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public ChannelBuilder<T> capacity(int elements) {
    this.capacity = Args.notNegative(elements, "capacity");
    return this;
  }

  /**
   * Lets the channel hold any number of elements.
   *
   * @return this builder
   */
  public ChannelBuilder<T> unbounded() {
    this.capacity = Integer.MAX_VALUE;
    return this;
  }

  /**
   * What happens to an element for which there is no room. The default is {@link Overflow#WAIT}.
   *
   * @param policy the policy
   * @return this builder
   */
  public ChannelBuilder<T> overflow(Overflow policy) {
    this.overflow = Args.notNull(policy, "overflow");
    return this;
  }

  /**
   * Is called with each element that the policy drops or a cancelled channel gives up, once, on the
   * thread that causes it. What it throws goes to Reactor's {@code onErrorDropped} hook.
   *
   * @param callback what to do with the element
   * @return this builder
   */
  public ChannelBuilder<T> onDrop(Consumer<? super T> callback) {
    this.onDrop = Args.notNull(callback, "onDrop");
    return this;
  }

  /**
   * How many may wait to send; one more fails with {@link
   * dev.velox.reactor.TooManyWaitersException}. The default is no limit.
   *
   * @param senders the limit; 0 if none may
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public ChannelBuilder<T> maxWaitingSenders(int senders) {
    this.maxWaitingSenders = Args.notNegative(senders, "maxWaitingSenders");
    return this;
  }

  /**
   * How many may wait to receive; one more fails with {@link
   * dev.velox.reactor.TooManyWaitersException}. The default is no limit.
   *
   * @param receivers the limit; 0 if none may
   * @return this builder
   * @throws IllegalArgumentException if it is negative
   */
  public ChannelBuilder<T> maxWaitingReceivers(int receivers) {
    this.maxWaitingReceivers = Args.notNegative(receivers, "maxWaitingReceivers");
    return this;
  }

  /**
   * A name, for errors, {@code Scannable} and metrics.
   *
   * @param channelName the name
   * @return this builder
   */
  public ChannelBuilder<T> name(String channelName) {
    this.name = Args.notNull(channelName, "name");
    return this;
  }

  /**
   * Is told of elements accepted, delivered, dropped and rejected, of operations that wait, are
   * cancelled or time out, and how long they waited. The default listens to nothing.
   *
   * @param listener the listener
   * @return this builder
   */
  public ChannelBuilder<T> metrics(MetricsListener listener) {
    this.metrics = Args.notNull(listener, "metrics");
    return this;
  }

  /**
   * Where time-outs are kept. The default is {@code Schedulers.parallel()}, looked up at each
   * subscription.
   *
   * @param scheduler the scheduler
   * @return this builder
   */
  public ChannelBuilder<T> timer(Scheduler scheduler) {
    this.timer = Args.notNull(scheduler, "timer");
    return this;
  }

  /**
   * Where operations that had to wait complete. The default is the thread of the counterpart that
   * served them.
   *
   * @param scheduler the scheduler
   * @return this builder
   */
  public ChannelBuilder<T> resumeOn(Scheduler scheduler) {
    Args.notNull(scheduler, "resumeOn");
    this.signals =
        signal -> {
          try {
            Disposable ignored = scheduler.schedule(signal);
          } catch (RejectedExecutionException disposed) {
            // The grant is made and can't be unmade: better on this thread than never.
            Trampoline.run(signal);
          }
        };
    return this;
  }

  /**
   * Builds a channel.
   *
   * @return a new channel
   * @throws IllegalArgumentException if it would have to drop the oldest element of a buffer that
   *     it has not got
   */
  public Channel<T> build() {
    if (capacity == 0 && overflow == Overflow.DROP_OLDEST) {
      throw new IllegalArgumentException(
          "overflow DROP_OLDEST needs a buffer to drop from, but capacity was 0");
    }
    return new DefaultChannel<>(this);
  }
}
