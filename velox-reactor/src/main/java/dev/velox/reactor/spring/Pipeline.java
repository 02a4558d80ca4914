package dev.velox.reactor.spring;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.internal.Args;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.Logger;
import reactor.util.Loggers;

/**
 * Receives from a channel for as long as the application lives, and works off on shutdown what the
 * channel has accepted. It is meant to be a bean.
 *
 * <pre>{@code
 * @Bean
 * Pipeline shipping(ChannelRegistry channels, Shipper shipper) {
 *   return Pipeline.of(
 *       "shipping", channels.get("orders", Order.class), orders -> orders.flatMap(shipper::ship, 8));
 * }
 * }</pre>
 *
 * <p>It is subscribed before the web server starts. When the server has finished its requests, the
 * channel is closed, and the application waits until the work on its last element has completed; a
 * subscription made elsewhere would be cut off with that work in hand. Work that goes on after the
 * time for the shutdown is cancelled.
 *
 * <p>An error ends it, is logged, and makes the application's health {@code DOWN}: the channel has
 * lost its receiver. What can fail and should go on needs an {@code onErrorResume} or a retry
 * inside.
 *
 * <p>State, in one word, by compare-and-set:
 *
 * <pre>
 *   NEW ──start()──> RUNNING ──onComplete──> COMPLETED
 *                       ├──────onError─────> FAILED
 *    └────cancel()──────┴──────cancel()────> CANCELLED
 * </pre>
 *
 * Whoever makes the last step tells those that wait for the end; the others do nothing.
 */
public final class Pipeline {

  private static final Logger LOG = Loggers.getLogger(Pipeline.class);

  private static final AtomicReferenceFieldUpdater<Pipeline, State> STATE =
      AtomicReferenceFieldUpdater.newUpdater(Pipeline.class, State.class, "state");

  enum State {
    NEW,
    RUNNING,
    COMPLETED,
    FAILED,
    CANCELLED
  }

  private final String name;
  private final Channel<?> channel;
  private final Flux<?> work;
  private volatile State state = State.NEW;
  private final Disposable.Swap subscription = Disposables.swap();
  private final Sinks.Empty<Void> ended = Sinks.empty();
  private volatile @Nullable Throwable failure;

  private Pipeline(String name, Channel<?> channel, Flux<?> work) {
    this.name = name;
    this.channel = channel;
    this.work = work;
  }

  /**
   * A pipeline.
   *
   * @param <T> the type of the elements
   * @param name what it is called in logs, health and the actuator
   * @param channel what it receives from, and closes on shutdown
   * @param work what is done with the elements; called once, when the application starts
   * @return a new pipeline, not begun
   */
  public static <T> Pipeline of(
      String name, Channel<T> channel, Function<? super Flux<T>, ? extends Publisher<?>> work) {
    Args.notNull(name, "name");
    Args.notNull(channel, "channel");
    Args.notNull(work, "work");
    return new Pipeline(
        name, channel, Flux.<Object>defer(() -> Flux.from(work.apply(channel.asFlux()))));
  }

  /**
   * Its name.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  Channel<?> channel() {
    return channel;
  }

  State state() {
    return state;
  }

  @Nullable Throwable failure() {
    return failure;
  }

  void start() {
    if (STATE.compareAndSet(this, State.NEW, State.RUNNING)) {
      // A swap that cancel() has disposed of meanwhile disposes of what it gets.
      boolean ignored =
          subscription.update(
              work.subscribe(element -> {}, this::failed, () -> end(State.COMPLETED)));
    }
  }

  private void failed(Throwable error) {
    failure = error;
    LOG.error("The pipeline {} has failed, and nobody receives from its channel", name, error);
    end(State.FAILED);
  }

  void cancel() {
    subscription.dispose();
    if (!STATE.compareAndSet(this, State.NEW, State.CANCELLED)) {
      end(State.CANCELLED);
    }
  }

  private void end(State how) {
    if (STATE.compareAndSet(this, State.RUNNING, how)) {
      Sinks.EmitResult ignored = ended.tryEmitEmpty();
    }
  }

  /** Completes when nothing more is done, at once if nothing was begun. */
  Mono<Void> ended() {
    return Mono.defer(() -> state == State.RUNNING ? ended.asMono() : Mono.empty());
  }

  @Override
  public String toString() {
    return "pipeline " + name;
  }
}
