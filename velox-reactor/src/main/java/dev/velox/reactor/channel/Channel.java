package dev.velox.reactor.channel;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Hands elements from any number of senders to any number of receivers, in order, with
 * back-pressure and without ever holding a thread.
 *
 * <pre>{@code
 * Channel<Order> orders = Channel.bounded(16);
 *
 * orders.send(order);                      // Mono<Void>: completes when there was room
 * orders.receive();                        // Mono<Order>: completes with the next order
 * orders.asFlux().concatMap(this::ship);   // a receiver for as long as it asks
 * }</pre>
 *
 * <p>A channel is a {@link Publisher} whose subscribers compete: each element goes to one of them,
 * taken only against demand. (For every subscriber to get every element, there is a broadcast.)
 *
 * <p><b>Exactness.</b> {@link #trySend}, {@link #tryReceive}, {@link #size} and {@link #close} take
 * effect at one instant and answer truly from any thread at any time; none ever fails because of
 * what another thread is in the middle of. The capacity is exact.
 *
 * <p><b>Order.</b> Elements leave in the order in which they were accepted. Who waits to send or to
 * receive is served first come, first served; a newcomer never overtakes a waiter.
 *
 * <p><b>Laziness.</b> Nothing happens before subscription, and each subscription is an operation of
 * its own: {@code send(x)} subscribed twice sends twice. A {@code Mono} or {@code Flux} that yields
 * elements begins when it is asked for one.
 *
 * <p><b>Cancellation.</b> A cancelled receive takes no element, and a cancelled send sends none. If
 * the channel had already granted an element that the subscriber has not seen, it goes to the next
 * receiver or back to the head of the line; it then may stand there beyond the capacity.
 * <b>Mind:</b> what happens after {@code onNext} is beyond a channel's reach. {@code timeout},
 * {@code firstWithSignal}, {@code switchMap} and {@code takeUntilOther} drop an element that
 * arrives as they give up. Use {@link #receive(Duration)} instead of {@code
 * receive().timeout(...)}, and {@link #receiveDelivery()} for elements that must not get lost.
 *
 * <p><b>End.</b> {@link #close()} lets what was accepted, and what already waits to be sent, be
 * received, and then ends the receivers. {@link #cancel()} ends at once. What a cancelled channel
 * gives up, or an overflow policy drops, goes to the builder's {@code onDrop} and to the {@code
 * doOnDiscard} hook of its sender.
 *
 * <p><b>Threads.</b> An operation that need not wait completes on the subscribing thread. One that
 * waited completes on the thread of its counterpart, unless the builder was given a scheduler;
 * signals caused inside a signal are lined up behind it on that thread, so a chain of any length
 * needs constant stack. A receiver that blocks its thread holds up the signals lined up behind it.
 *
 * @param <T> the type of the elements
 */
public interface Channel<T> extends Publisher<T>, Scannable {

  /**
   * A channel without a buffer: a send completes when a receiver takes its element.
   *
   * @param <T> the type of the elements
   * @return a new channel
   */
  static <T> Channel<T> rendezvous() {
    return Channel.<T>builder().capacity(0).build();
  }

  /**
   * A channel whose senders wait when it holds {@code capacity} elements.
   *
   * @param <T> the type of the elements
   * @param capacity how many elements it holds, exactly; 0 is a {@link #rendezvous()}
   * @return a new channel
   * @throws IllegalArgumentException if {@code capacity} is negative
   */
  static <T> Channel<T> bounded(int capacity) {
    return Channel.<T>builder().capacity(capacity).build();
  }

  /**
   * A channel that accepts everything at once. Its buffer grows with what is not received.
   *
   * @param <T> the type of the elements
   * @return a new channel
   */
  static <T> Channel<T> unbounded() {
    return Channel.<T>builder().unbounded().build();
  }

  /**
   * A channel that holds the latest element only: a new one displaces the one that was not received
   * yet.
   *
   * @param <T> the type of the elements
   * @return a new channel
   */
  static <T> Channel<T> conflated() {
    return Channel.<T>builder().capacity(1).overflow(Overflow.DROP_OLDEST).build();
  }

  /**
   * A channel with options.
   *
   * @param <T> the type of the elements
   * @return a builder, set to a rendezvous channel
   */
  static <T> ChannelBuilder<T> builder() {
    return new ChannelBuilder<>();
  }

  /**
   * Sends an element, waiting while the channel is full.
   *
   * <p>Completes empty when the element was accepted (without a buffer: when a receiver took it),
   * or was dropped by the policy {@link Overflow#DROP_LATEST}. Fails with {@link
   * ChannelClosedException} if the channel is closed, with {@link ChannelOverflowException} if it
   * is full and its policy is {@link Overflow#ERROR}, and with {@link
   * dev.velox.reactor.TooManyWaitersException} if too many wait already. Cancelled while it waits,
   * it sends nothing, and the element stays with the caller.
   *
   * @param element what to send
   * @return the operation
   * @throws NullPointerException if {@code element} is {@code null}
   */
  Mono<Void> send(T element);

  /**
   * Sends an element, waiting while the channel is full, but not longer than a given time.
   *
   * <p>Like {@link #send(Object)}; fails with {@link java.util.concurrent.TimeoutException} if
   * there was no room in time. Then the element was not sent and never will be.
   *
   * @param element what to send
   * @param timeout how long to wait; zero to fail at once when there is no room
   * @return the operation
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if {@code timeout} is negative
   */
  Mono<Void> send(T element, Duration timeout);

  /**
   * Sends an element if that needs no waiting.
   *
   * @param element what to send
   * @return what became of it; unless it is {@code SENT} or {@code DROPPED}, the element stays with
   *     the caller
   * @throws NullPointerException if {@code element} is {@code null}
   */
  SendResult trySend(T element);

  /**
   * Sends all elements of a source, asking it for no more than there is room for. It does not close
   * the channel.
   *
   * <p>Completes with the number of elements accepted when the source has completed and all its
   * elements were accepted. Fails with the source's error after the elements before it were
   * accepted, and, cancelling the source, with the errors of {@link #send(Object)}. Cancelled, it
   * cancels the source; elements that it got and could not send are discarded. It asks for as much
   * as there is room for at that moment; where several send at once, up to that many of its
   * elements may have to wait, here, for room that others took. When it has filled a channel of 16
   * or more, it asks again once half the capacity is free, nothing is left in it, or somebody else
   * sends. In a channel without a buffer it asks for an element when a receiver waits.
   *
   * @param source where the elements come from
   * @return the operation
   * @throws NullPointerException if {@code source} is {@code null}
   */
  Mono<Long> sendAll(Publisher<? extends T> source);

  /**
   * Receives the next element, waiting while there is none.
   *
   * <p>Completes with the element; empty if the channel is closed without a cause, or cancelled,
   * and drained. Fails with the cause given to {@link #close(Throwable)} once it is drained, and
   * with {@link dev.velox.reactor.TooManyWaitersException} if too many wait already. Cancelled
   * while it waits, it takes nothing.
   *
   * @return the operation
   */
  Mono<T> receive();

  /**
   * Receives the next element, waiting not longer than a given time.
   *
   * <p>Like {@link #receive()}; fails with {@link java.util.concurrent.TimeoutException} if no
   * element came in time. Then it has taken none: an element that comes at the same moment is
   * either received here or stays.
   *
   * @param timeout how long to wait; zero to fail at once when there is no element
   * @return the operation
   * @throws NullPointerException if {@code timeout} is {@code null}
   * @throws IllegalArgumentException if {@code timeout} is negative
   */
  Mono<T> receive(Duration timeout);

  /**
   * Receives the next element on loan.
   *
   * <p>Like {@link #receive()}, but the element goes back to the head of the channel unless it is
   * acknowledged before the subscription is cancelled.
   *
   * @return the operation
   */
  Mono<Delivery<T>> receiveDelivery();

  /**
   * Receives several elements at once, waiting until there are enough.
   *
   * <p>Completes with those that are there, {@code max} at most, if they are {@code min} or more;
   * with {@code min} of them as soon as so many have come, if it has to wait; with fewer if the
   * channel is closed, or cancelled, and no more will come. If there are none then, it ends as
   * {@link #receive()} does. It may ask for more than the capacity: it stays first in line and
   * gathers, so that senders get room and nobody who came later gets anything. Cancelled, it takes
   * nothing: what it had gathered goes back to the head of the line in its order.
   *
   * @param min how many it waits for; 0 not to wait, and to complete with an empty list if there
   *     are none
   * @param max how many it takes at most
   * @return the operation
   * @throws IllegalArgumentException if {@code min} is negative, {@code max} not positive, or less
   *     than {@code min}
   */
  Mono<List<T>> receiveBetween(int min, int max);

  /**
   * The element that is received next, left where it is.
   *
   * @return the first of the elements that the channel holds at this instant; empty if it holds
   *     none
   */
  Optional<T> peek();

  /**
   * Receives the next element if there is one.
   *
   * @return the element, nothing yet, or the end
   */
  ReceiveResult<T> tryReceive();

  /**
   * Receives for as long as the subscriber asks: every subscription competes with all other
   * receivers, and takes an element only against demand, with no prefetch.
   *
   * <p>Completes when the channel is closed without a cause, or cancelled, and drained; fails with
   * the cause given to {@link #close(Throwable)}, with or without demand. Cancelled, it leaves
   * everything that it has not emitted in the channel.
   *
   * @return the elements
   */
  Flux<T> asFlux();

  /**
   * A sink on which any number of threads may emit at once: an emission never fails for not being
   * serialised.
   *
   * <p>{@code tryEmitNext} is {@link #trySend}: no room and {@code DROPPED} are {@code
   * FAIL_OVERFLOW}, closed is {@code FAIL_TERMINATED}, cancelled is {@code FAIL_CANCELLED}.
   * Complete and error close the channel.
   *
   * @return a view of this channel
   */
  Sinks.Many<T> asSink();

  /**
   * A subscriber that sends all it gets and then closes the channel, with the error if there was
   * one. As with {@link #sendAll}, it asks for no more than there is room for. When the channel is
   * closed by someone else, it cancels.
   *
   * @return a new subscriber, for one subscription
   */
  CoreSubscriber<T> asSubscriber();

  /**
   * Takes no more elements. Those accepted before, and those that wait to be sent, are received;
   * then receivers complete.
   *
   * @return whether this call closed the channel; {@code false} if it was closed or cancelled
   *     before
   */
  boolean close();

  /**
   * Takes no more elements. Those accepted before, and those that wait to be sent, are received;
   * then receivers fail.
   *
   * @param cause with what they fail
   * @return whether this call closed the channel; {@code false} if it was closed or cancelled
   *     before
   * @throws NullPointerException if {@code cause} is {@code null}
   */
  boolean close(Throwable cause);

  /**
   * Ends at once. Elements that were not received are discarded, waiting senders fail, waiting
   * receivers complete (or fail with the cause of an earlier {@link #close(Throwable)}).
   *
   * @return whether this call cancelled the channel; {@code false} if it was cancelled before
   */
  boolean cancel();

  /**
   * Tells when the channel was closed or cancelled.
   *
   * @return completes empty at that moment, at once if it has passed; cancelling has no effect on
   *     the channel
   */
  Mono<Void> onClose();

  /**
   * Tells when nothing will ever be received any more: closed or cancelled, and empty.
   *
   * @return completes empty at that moment, at once if it has passed; cancelling has no effect on
   *     the channel
   */
  Mono<Void> onDrained();

  /**
   * Whether it takes no more elements.
   *
   * @return {@code true} once it was closed or cancelled
   */
  boolean isClosed();

  /**
   * How many elements it holds: accepted and not received.
   *
   * @return the exact number at this instant
   */
  int size();

  /**
   * How many elements it can hold.
   *
   * @return the capacity; {@code Integer.MAX_VALUE} if it is unbounded
   */
  int capacity();

  /**
   * How many wait to send.
   *
   * @return their number at about this instant
   */
  int waitingSenders();

  /**
   * How many wait to receive.
   *
   * @return their number at about this instant
   */
  int waitingReceivers();
}
