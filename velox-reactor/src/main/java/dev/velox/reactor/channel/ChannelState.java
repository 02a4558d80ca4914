package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import org.jspecify.annotations.Nullable;

/**
 * All that a channel knows, as one immutable value: what it holds, who waits, and whether it is
 * open. {@link ChannelCore} goes from one to the next by compare-and-set.
 *
 * <p>What holds in every state (an ended waiter counts as absent):
 *
 * <ul>
 *   <li>someone waits to receive only if the buffer is empty and nobody waits to send;
 *   <li>someone waits to send only if buffer and loans together fill the capacity;
 *   <li>nobody waits to send or to be let in once the channel is closed, but those who came before;
 *   <li>a cancelled channel holds nothing and nobody.
 * </ul>
 *
 * @param <T> the type of the elements
 * @param buffer the accepted elements, each as itself or with the context of its sender (see {@link
 *     Owned})
 * @param receivers who waits to receive
 * @param senders who waits to send
 * @param lent how many deliveries are neither acknowledged nor given back
 * @param phase whether it is open
 */
record ChannelState<T>(
    WaiterQueue<Object> buffer,
    WaiterQueue<ReceiveWaiter> receivers,
    WaiterQueue<SendWaiter> senders,
    int lent,
    Phase phase) {

  /** How far a channel is on its way to its end. */
  enum Stage {
    OPEN,
    CLOSED,
    CANCELLED
  }

  /** Whether it is open, and if not, why. */
  record Phase(Stage stage, @Nullable Throwable cause) {
    static final Phase OPEN = new Phase(Stage.OPEN, null);
    static final Phase CLOSED = new Phase(Stage.CLOSED, null);
    static final Phase CANCELLED = new Phase(Stage.CANCELLED, null);
  }

  private static final ChannelState<?> INITIAL =
      new ChannelState<>(
          WaiterQueue.empty(), WaiterQueue.empty(), WaiterQueue.empty(), 0, Phase.OPEN);

  @SuppressWarnings("unchecked") // it holds no T
  static <T> ChannelState<T> initial() {
    return (ChannelState<T>) INITIAL;
  }

  boolean isOpen() {
    return phase.stage == Stage.OPEN;
  }

  boolean isCancelled() {
    return phase.stage == Stage.CANCELLED;
  }

  /**
   * Whether nothing will ever come out: closed, and nothing buffered, on loan, or waiting to be
   * sent.
   */
  boolean isDrained() {
    return !isOpen() && buffer.isEmpty() && lent == 0 && senders.isEmpty();
  }

  boolean hasRoom(int capacity) {
    return buffer.size() + lent < capacity;
  }

  ChannelState<T> withBuffer(WaiterQueue<Object> changed) {
    return next(changed, receivers, senders, lent, phase);
  }

  ChannelState<T> withReceivers(WaiterQueue<ReceiveWaiter> changed) {
    return next(buffer, changed, senders, lent, phase);
  }

  ChannelState<T> withSenders(WaiterQueue<SendWaiter> changed) {
    return next(buffer, receivers, changed, lent, phase);
  }

  ChannelState<T> withLent(int changed) {
    return next(buffer, receivers, senders, changed, phase);
  }

  ChannelState<T> withPhase(Phase changed) {
    return next(buffer, receivers, senders, lent, changed);
  }

  private static <T> ChannelState<T> next(
      WaiterQueue<Object> buffer,
      WaiterQueue<ReceiveWaiter> receivers,
      WaiterQueue<SendWaiter> senders,
      int lent,
      Phase phase) {
    // The state that a channel is in most often is not made anew each time.
    return phase.stage == Stage.OPEN
            && lent == 0
            && buffer.isEmpty()
            && receivers.isEmpty()
            && senders.isEmpty()
        ? initial()
        : new ChannelState<>(buffer, receivers, senders, lent, phase);
  }
}
