package dev.velox.reactor.channel;

import org.reactivestreams.Publisher;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Hands every element to every subscriber, from any number of publishers, without ever holding a
 * thread. Each subscriber has a buffer and a policy of its own for when it is slow.
 *
 * <pre>{@code
 * Broadcast<Price> prices = Broadcast.<Price>builder().replay(1).build();
 *
 * prices.publish(price);                                   // Mono<Integer>: how many it reached
 * prices.asFlux();                                         // publishers wait for this one
 * prices.asFlux(SlowSubscriber.DROP_OLDEST, 1);            // this one sees the latest when it is slow
 * }</pre>
 *
 * <p><b>Order.</b> Publishing takes effect at one instant: all subscribers see the same order, and
 * one that subscribes gets exactly the elements published after that instant, preceded by those to
 * be replayed. Publishers that wait are served first come, first served; a newcomer never overtakes
 * one.
 *
 * <p><b>Slow subscribers</b> harm the others only if their policy says so: publishers wait for
 * {@link SlowSubscriber#WAIT} alone, and a subscriber that leaves frees those that wait for it.
 * Dropping is done on the subscriber's own account: while one blocks the thread inside {@code
 * onNext}, what is published for it is kept until it returns.
 *
 * <p><b>Nobody subscribed</b>: elements are published to nobody, and only kept to be replayed.
 *
 * <p><b>Threads.</b> Elements arrive on the thread of the publisher or of the subscriber's own
 * request; signals caused inside a signal are lined up behind it on that thread.
 *
 * @param <T> the type of the elements
 */
public interface Broadcast<T> extends Publisher<T>, Scannable {

  /**
   * A broadcast that replays nothing and whose publishers wait for the slowest subscriber, each of
   * which has a buffer of 16.
   *
   * @param <T> the type of the elements
   * @return a new broadcast
   */
  static <T> Broadcast<T> create() {
    return Broadcast.<T>builder().build();
  }

  /**
   * A broadcast with options.
   *
   * @param <T> the type of the elements
   * @return a builder
   */
  static <T> BroadcastBuilder<T> builder() {
    return new BroadcastBuilder<>();
  }

  /**
   * Publishes an element, waiting while a subscriber for which publishers wait has no room.
   *
   * <p>Completes with the number of subscribers reached, which may be zero. Fails with {@link
   * ChannelClosedException} if the broadcast is closed, and with {@link
   * dev.velox.reactor.TooManyWaitersException} if too many publishers wait already. Cancelled while
   * it waits, it publishes nothing. It begins when it is asked for its result.
   *
   * @param element what to publish
   * @return the operation
   * @throws NullPointerException if {@code element} is {@code null}
   */
  Mono<Integer> publish(T element);

  /**
   * Publishes an element if that needs no waiting.
   *
   * @param element what to publish
   * @return what became of it, decided at once and exactly, from any thread
   * @throws NullPointerException if {@code element} is {@code null}
   */
  PublishResult tryPublish(T element);

  /**
   * Publishes all elements of a source, one after the other, asking for the next when the one
   * before is published. Of a source that has its elements at hand (an array, a collection, a
   * range, with no function behind it) it publishes up to 64 by one step, if everybody has room for
   * them. It does not close the broadcast. An element that is not published, as this was cancelled
   * or failed while it waited, is discarded ({@code Flux.doOnDiscard}).
   *
   * @param source where the elements come from
   * @return completes with the number of elements published; fails with the source's error or those
   *     of {@link #publish(Object)}, cancelling the source
   * @throws NullPointerException if {@code source} is {@code null}
   */
  Mono<Long> publishAll(Publisher<? extends T> source);

  /**
   * Subscribes with the buffer and policy of the builder.
   *
   * @return the elements, from the subscription on; completes when the broadcast is closed and all
   *     was emitted, fails with the cause given to {@link #close(Throwable)}. Cancelled, it leaves
   *     at once
   */
  Flux<T> asFlux();

  /**
   * Subscribes with a buffer and policy of its own.
   *
   * @param policy what happens when the buffer is full
   * @param buffer how many elements may wait for this subscriber, at least 1
   * @return as {@link #asFlux()}
   * @throws NullPointerException if {@code policy} is {@code null}
   * @throws IllegalArgumentException if {@code buffer} is not positive
   */
  Flux<T> asFlux(SlowSubscriber policy, int buffer);

  /**
   * A sink on which any number of threads may emit at once. {@code tryEmitNext} is {@link
   * #tryPublish}: full is {@code FAIL_OVERFLOW}, closed is {@code FAIL_TERMINATED}, cancelled is
   * {@code FAIL_CANCELLED}.
   *
   * @return a view of this broadcast
   */
  Sinks.Many<T> asSink();

  /**
   * Takes no more elements. Those published before, and those that wait to be, are still emitted;
   * then subscribers complete.
   *
   * @return whether this call closed it
   */
  boolean close();

  /**
   * Takes no more elements. Those published before, and those that wait to be, are still emitted;
   * then subscribers fail.
   *
   * @param cause with what they fail
   * @return whether this call closed it
   * @throws NullPointerException if {@code cause} is {@code null}
   */
  boolean close(Throwable cause);

  /**
   * Ends at once: subscribers complete, what they have not seen is discarded, waiting publishers
   * fail.
   *
   * @return whether this call ended it
   */
  boolean cancel();

  /**
   * Whether it takes no more elements.
   *
   * @return {@code true} once it was closed or cancelled
   */
  boolean isClosed();

  /**
   * How many are subscribed.
   *
   * @return their number at this instant
   */
  int subscriberCount();

  /**
   * How many wait to publish.
   *
   * @return their number at about this instant
   */
  int waitingPublishers();
}
