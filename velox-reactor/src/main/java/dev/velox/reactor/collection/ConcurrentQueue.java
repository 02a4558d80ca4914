package dev.velox.reactor.collection;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A first-in-first-out queue for any number of producers and consumers, who wait without a thread:
 * {@link #enqueue} while it is full, {@link #dequeue} while it is empty.
 *
 * <pre>{@code
 * ConcurrentQueue<Job> jobs = ConcurrentQueue.bounded(100);
 *
 * jobs.enqueue(job);             // Mono<Void>: completes when there was room
 * jobs.dequeue();                // Mono<Job>: the next one
 * jobs.takeBetween(1, 50);       // Mono<List<Job>>: waits for one, takes what is there
 * }</pre>
 *
 * <p>It is a {@link Channel} in the words of a queue, and stands on one: order, exactness,
 * cancellation, threads and cost are those of the channel. {@link #on} makes a queue of a channel
 * with options of its own (policies when it is full, limits of waiters, a name, metrics).
 *
 * <p>All operations that are answered at once ({@code tryEnqueue}, {@code tryDequeue}, {@code
 * peek}, {@code size}) take effect at one instant and are exact from any thread.
 *
 * @param <T> the type of the elements
 */
public final class ConcurrentQueue<T> implements Publisher<T>, Scannable {

  private final Channel<T> channel;

  private ConcurrentQueue(Channel<T> channel) {
    this.channel = channel;
  }

  /**
   * A queue of limited size.
   *
   * @param <T> the type of the elements
   * @param maxSize how many elements it holds, exactly
   * @return a new queue
   * @throws IllegalArgumentException if {@code maxSize} is not positive
   */
  public static <T> ConcurrentQueue<T> bounded(int maxSize) {
    return new ConcurrentQueue<>(Channel.bounded(Args.positive(maxSize, "maxSize")));
  }

  /**
   * A queue that is never full.
   *
   * @param <T> the type of the elements
   * @return a new queue
   */
  public static <T> ConcurrentQueue<T> unbounded() {
    return new ConcurrentQueue<>(Channel.unbounded());
  }

  /**
   * A queue that stands on a given channel. What goes in at one comes out at either.
   *
   * @param <T> the type of the elements
   * @param channel the channel
   * @return a view of it
   * @throws NullPointerException if {@code channel} is {@code null}
   */
  public static <T> ConcurrentQueue<T> on(Channel<T> channel) {
    return new ConcurrentQueue<>(Args.notNull(channel, "channel"));
  }

  /**
   * Puts an element at the end, waiting while the queue is full; see {@link Channel#send(Object)}.
   *
   * @param item the element
   * @return completes empty when it was accepted; fails with {@link
   *     dev.velox.reactor.channel.ChannelClosedException} if the queue was shut down. Cancelled
   *     while it waits, it puts nothing
   * @throws NullPointerException if {@code item} is {@code null}
   */
  public Mono<Void> enqueue(T item) {
    return channel.send(Args.notNull(item, "item"));
  }

  /**
   * Puts an element at the end, waiting while the queue is full, but not longer than a given time;
   * see {@link Channel#send(Object, Duration)}.
   *
   * @param item the element
   * @param timeout how long to wait; zero not to wait
   * @return as {@link #enqueue(Object)}; fails with {@link java.util.concurrent.TimeoutException}
   *     if there was no room in time
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if {@code timeout} is negative
   */
  public Mono<Void> enqueue(T item, Duration timeout) {
    return channel.send(Args.notNull(item, "item"), timeout);
  }

  /**
   * Puts all elements of a source at the end, asking it for no more than there is room for; see
   * {@link Channel#sendAll}.
   *
   * @param source where the elements come from
   * @return completes with how many were accepted
   * @throws NullPointerException if {@code source} is {@code null}
   */
  public Mono<Long> enqueueAll(Publisher<? extends T> source) {
    return channel.sendAll(source);
  }

  /**
   * Puts an element at the end if that needs no waiting.
   *
   * @param item the element
   * @return {@code false} if the queue is full or was shut down, and the element stays with the
   *     caller
   * @throws NullPointerException if {@code item} is {@code null}
   */
  public boolean tryEnqueue(T item) {
    return channel.trySend(Args.notNull(item, "item")).isSent();
  }

  /**
   * Takes the first element, waiting while there is none; see {@link Channel#receive()}.
   *
   * @return the element; empty if the queue was shut down and nothing is left. Cancelled while it
   *     waits, it takes nothing
   */
  public Mono<T> dequeue() {
    return channel.receive();
  }

  /**
   * Takes the first element, waiting not longer than a given time; see {@link
   * Channel#receive(Duration)}.
   *
   * @param timeout how long to wait; zero not to wait
   * @return as {@link #dequeue()}; fails with {@link java.util.concurrent.TimeoutException} if none
   *     came in time, and then has taken none
   * @throws NullPointerException if {@code timeout} is {@code null}
   * @throws IllegalArgumentException if {@code timeout} is negative
   */
  public Mono<T> dequeue(Duration timeout) {
    return channel.receive(timeout);
  }

  /**
   * Takes the first element if there is one.
   *
   * @return the element, or empty
   */
  public Optional<T> tryDequeue() {
    return channel.tryReceive().toOptional();
  }

  /**
   * The first element, left where it is.
   *
   * @return the element that was first at this instant, or empty
   */
  public Optional<T> peek() {
    return channel.peek();
  }

  /**
   * Takes what is there, without waiting.
   *
   * @param max how many at most
   * @return the elements, first to last, an empty list if there are none; completes empty if the
   *     queue was shut down and nothing is left
   * @throws IllegalArgumentException if {@code max} is not positive
   */
  public Mono<List<T>> takeUpTo(int max) {
    return channel.receiveBetween(0, max);
  }

  /**
   * Takes what is there as soon as it is enough; see {@link Channel#receiveBetween}.
   *
   * @param min how many it waits for; it may be more than the queue can hold
   * @param max how many at most
   * @return the elements, first to last: fewer than {@code min} only if the queue was shut down;
   *     empty if nothing is left then. Cancelled while it waits, it takes nothing: what it had
   *     gathered goes back to the head of the queue in its order
   * @throws IllegalArgumentException if {@code min} is negative, or {@code max} not positive or
   *     less than {@code min}
   */
  public Mono<List<T>> takeBetween(int min, int max) {
    return channel.receiveBetween(min, max);
  }

  /**
   * Takes for as long as the subscriber asks, and against its demand only; see {@link
   * Channel#asFlux()}.
   *
   * @return the elements; completes when the queue was shut down and nothing is left
   */
  public Flux<T> asFlux() {
    return channel.asFlux();
  }

  @Override
  public void subscribe(Subscriber<? super T> subscriber) {
    channel.subscribe(subscriber);
  }

  /**
   * Accepts nothing more. What is in it, and what already waits to be, is still taken; then {@code
   * dequeue} completes empty.
   *
   * @return whether this call shut it down
   */
  public boolean shutdown() {
    return channel.close();
  }

  /**
   * Ends at once: what is in it is discarded, who waits to enqueue fails, who waits to dequeue
   * completes empty.
   *
   * @return whether this call ended it
   */
  public boolean shutdownNow() {
    return channel.cancel();
  }

  /**
   * Tells when it was shut down and is empty.
   *
   * @return completes empty at that moment
   */
  public Mono<Void> onDrained() {
    return channel.onDrained();
  }

  /**
   * Whether it accepts nothing more.
   *
   * @return {@code true} once it was shut down
   */
  public boolean isShutdown() {
    return channel.isClosed();
  }

  /**
   * How many elements are in it.
   *
   * @return the exact number at this instant
   */
  public int size() {
    return channel.size();
  }

  /**
   * How many elements it can hold.
   *
   * @return the limit; {@code Integer.MAX_VALUE} if there is none
   */
  public int maxSize() {
    return channel.capacity();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return channel.scanUnsafe(key);
  }

  @Override
  public String toString() {
    return "ConcurrentQueue(" + channel + ")";
  }
}
