package dev.velox.reactor.channel;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One of several receives and sends, a time-out, or a default: exactly one takes effect, and what
 * the others would have received or sent stays where it is. It is how to write a time-out, a merge
 * or a priority without loss, which Reactor's own racing operators can't give.
 *
 * <pre>{@code
 * Mono<String> next = Select.<String>fair()
 *     .onReceive(orders, Order::toString)
 *     .onReceive(returns, Return::toString)
 *     .onSend(log, "idle", () -> "logged")
 *     .onTimeout(Duration.ofSeconds(1), () -> "nothing for a second")
 *     .toMono();
 * }</pre>
 *
 * <p>Each subscription of {@link #toMono()} is a selection of its own, begun when it is asked for
 * its result. It completes with what the clause's function answers. A clause whose channel is
 * closed and drained (for a send: closed) is passed over; if no clause is left, it completes empty,
 * or fails with the cause of the first channel that was closed with one, or with {@link
 * ChannelClosedException} if all were sends. It fails with what a function throws; its element is
 * then received all the same. Cancelled, it receives and sends nothing. It completes on the
 * subscribing thread, or on that of whoever made it possible.
 *
 * <p><b>Order.</b> When several clauses are ready, {@link #fair()} takes any with equal chance,
 * {@link #biased()} the one written first, {@link #rotating()} the next after the one that was
 * first last time. In the channels' lines, a clause waits like any other receiver or sender.
 *
 * <p>Not for use by several threads while clauses are added; then any number may subscribe.
 *
 * @param <R> the type of the result
 */
public final class Select<R> {

  /** One thing to wait for. */
  record Clause<R>(
      DefaultChannel<?> channel,
      @Nullable Object element,
      Function<@Nullable Object, ? extends R> handler) {

    boolean isSend() {
      return element != null;
    }
  }

  /** A time to wait, and what then. */
  record TimeOut<R>(Duration after, Supplier<? extends R> handler) {}

  // Where to begin among n clauses that are looked at in turn.
  private final IntUnaryOperator first;
  private final boolean shuffled;
  private final List<Clause<R>> clauses = new ArrayList<>();
  private @Nullable TimeOut<R> timeOut;
  private @Nullable Supplier<? extends R> otherwise;
  private @Nullable Scheduler timer;

  private Select(IntUnaryOperator first, boolean shuffled) {
    this.first = first;
    this.shuffled = shuffled;
  }

  /**
   * Takes any of the ready clauses, with equal chance.
   *
   * @param <R> the type of the result
   * @return a selection without clauses
   */
  public static <R> Select<R> fair() {
    return new Select<>(n -> 0, true);
  }

  /**
   * Takes the ready clause that was written first.
   *
   * @param <R> the type of the result
   * @return a selection without clauses
   */
  public static <R> Select<R> biased() {
    return new Select<>(n -> 0, false);
  }

  /**
   * Looks at the clauses in turn, each subscription beginning one further on than the one before.
   *
   * @param <R> the type of the result
   * @return a selection without clauses
   */
  public static <R> Select<R> rotating() {
    AtomicInteger turn = new AtomicInteger();
    return new Select<>(n -> Math.floorMod(turn.getAndIncrement(), n), false);
  }

  /**
   * Adds: receive from a channel.
   *
   * @param <T> the type of the elements
   * @param channel where from
   * @param handler makes the result of the element
   * @return this selection
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if the channel is not one of this library's own
   */
  @SuppressWarnings("unchecked") // the channel gives only T
  public <T> Select<R> onReceive(Channel<T> channel, Function<? super T, ? extends R> handler) {
    Args.notNull(handler, "handler");
    clauses.add(new Clause<>(own(channel), null, element -> handler.apply((T) element)));
    return this;
  }

  /**
   * Adds: send to a channel.
   *
   * @param <T> the type of the elements
   * @param channel where to
   * @param element what to send; it stays with the caller unless this clause is taken
   * @param handler makes the result once it was sent
   * @return this selection
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if the channel is not one of this library's own
   */
  public <T> Select<R> onSend(Channel<T> channel, T element, Supplier<? extends R> handler) {
    Args.notNull(handler, "handler");
    clauses.add(
        new Clause<>(own(channel), Args.notNull(element, "element"), sent -> handler.get()));
    return this;
  }

  /**
   * Adds: give up when no clause was ready for a time.
   *
   * @param after how long
   * @param handler makes the result then
   * @return this selection
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if {@code after} is not positive
   * @throws IllegalStateException if there is a time-out or a default already
   */
  public Select<R> onTimeout(Duration after, Supplier<? extends R> handler) {
    return onTimeout(after, handler, null);
  }

  /**
   * Adds: give up when no clause was ready for a time, kept by a scheduler. The default is {@code
   * Schedulers.parallel()}.
   *
   * @param after how long
   * @param handler makes the result then
   * @param scheduler who keeps the time
   * @return this selection
   * @throws NullPointerException if {@code after} or {@code handler} is {@code null}
   * @throws IllegalArgumentException if {@code after} is not positive
   * @throws IllegalStateException if there is a time-out or a default already
   */
  public Select<R> onTimeout(
      Duration after, Supplier<? extends R> handler, @Nullable Scheduler scheduler) {
    refuseSecond();
    this.timeOut = new TimeOut<>(Args.positive(after, "after"), Args.notNull(handler, "handler"));
    this.timer = scheduler;
    return this;
  }

  /**
   * Adds: don't wait; if no clause is ready, this is the result.
   *
   * @param handler makes the result
   * @return this selection
   * @throws NullPointerException if {@code handler} is {@code null}
   * @throws IllegalStateException if there is a time-out or a default already
   */
  public Select<R> orElse(Supplier<? extends R> handler) {
    refuseSecond();
    this.otherwise = Args.notNull(handler, "handler");
    return this;
  }

  /**
   * Makes the selection.
   *
   * @return a selection for each subscription
   * @throws IllegalStateException if there is no clause
   */
  public Mono<R> toMono() {
    if (clauses.isEmpty()) {
      throw new IllegalStateException("a selection needs a clause, but there is none");
    }
    return SelectMono.of(this, List.copyOf(clauses));
  }

  private void refuseSecond() {
    if (timeOut != null || otherwise != null) {
      throw new IllegalStateException("a selection has one time-out or default, not two");
    }
  }

  private static DefaultChannel<?> own(Channel<?> channel) {
    if (Args.notNull(channel, "channel") instanceof DefaultChannel<?> own) {
      return own;
    }
    throw new IllegalArgumentException("channel must be made by Channel, but was " + channel);
  }

  @Nullable TimeOut<R> timeOut() {
    return timeOut;
  }

  @Nullable Supplier<? extends R> otherwise() {
    return otherwise;
  }

  @Nullable Scheduler timer() {
    return timer;
  }

  /** In which order to look at the clauses this time. */
  int[] order(int count) {
    int[] order = new int[count];
    int start = first.applyAsInt(count);
    for (int i = 0; i < count; i++) {
      order[i] = (start + i) % count;
    }
    if (shuffled) {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      for (int i = count - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[other];
        order[other] = swapped;
      }
    }
    return order;
  }
}
