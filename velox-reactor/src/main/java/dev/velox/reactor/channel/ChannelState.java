package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import org.jspecify.annotations.Nullable;

/**
 * All that a channel knows: what it holds, who waits, and whether it is open. {@link ChannelCore}
 * goes from one to the next by compare-and-set. It is immutable, but for the head of its {@link
 * Segment}, from which elements are taken in place.
 *
 * <p>The elements are, first to last: those that were given back, the segment, and a chain from the
 * last one sent to the first behind the segment. The chain is made a segment when the one before it
 * is exhausted.
 *
 * <p>What holds in every state (an ended waiter counts as absent):
 *
 * <ul>
 *   <li>someone waits to receive only if there are no elements and nobody waits to send;
 *   <li>someone waits to send only if elements and loans together fill the capacity;
 *   <li>nobody waits to send or to be let in once the channel is closed, but those who came before;
 *   <li>the segment is not frozen only if nothing was given back and nobody waits to send;
 *   <li>a source waits to be told of room as a sender if there are others, else as an asker;
 *   <li>a cancelled channel holds nothing and nobody.
 * </ul>
 */
final class ChannelState {

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

  /** What seldom changes. */
  private static final class Rest {
    static final Rest NOTHING = new Rest(WaiterQueue.empty(), 0, Phase.OPEN);

    /** What receivers gave back. */
    final WaiterQueue<Object> returned;

    /** How many deliveries are neither acknowledged nor given back. */
    final int lent;

    final Phase phase;

    private Rest(WaiterQueue<Object> returned, int lent, Phase phase) {
      this.returned = returned;
      this.lent = lent;
      this.phase = phase;
    }

    static Rest of(WaiterQueue<Object> returned, int lent, Phase phase) {
      return returned.isEmpty() && lent == 0 && phase.stage == Stage.OPEN
          ? NOTHING
          : new Rest(returned, lent, phase);
    }
  }

  private static final ChannelState INITIAL =
      new ChannelState(
          null,
          null,
          0,
          WaiterQueue.empty(),
          WaiterQueue.empty(),
          WaiterQueue.empty(),
          Rest.NOTHING);

  private final @Nullable Segment segment;
  private final @Nullable Link last;
  private final int chained;
  private final WaiterQueue<ReceiveWaiter> receivers;
  private final WaiterQueue<SendWaiter> senders;
  private final WaiterQueue<SendWaiter> askers;
  private final Rest rest;

  private ChannelState(
      @Nullable Segment segment,
      @Nullable Link last,
      int chained,
      WaiterQueue<ReceiveWaiter> receivers,
      WaiterQueue<SendWaiter> senders,
      WaiterQueue<SendWaiter> askers,
      Rest rest) {
    this.segment = segment;
    this.last = last;
    this.chained = chained;
    this.receivers = receivers;
    this.senders = senders;
    this.askers = askers;
    this.rest = rest;
  }

  static ChannelState initial() {
    return INITIAL;
  }

  /** The initial state with somebody who waits to receive. */
  static ChannelState with(ReceiveWaiter receiver) {
    return INITIAL.withReceivers(WaiterQueue.<ReceiveWaiter>empty().plus(receiver));
  }

  private static ChannelState of(
      @Nullable Segment segment,
      @Nullable Link last,
      int chained,
      WaiterQueue<ReceiveWaiter> receivers,
      WaiterQueue<SendWaiter> senders,
      WaiterQueue<SendWaiter> askers,
      Rest rest) {
    Segment left = segment;
    if (left != null) {
      if (left.remaining() == 0) {
        left = null;
      } else if (left.isFrozen() && isLive(senders, rest)) {
        left = left.without(0, true);
      }
    }
    // The state that a channel is in most often is not made anew each time.
    return left == null
            && last == null
            && receivers.isEmpty()
            && senders.isEmpty()
            && askers.isEmpty()
            && rest == Rest.NOTHING
        ? INITIAL
        : new ChannelState(left, last, chained, receivers, senders, askers, rest);
  }

  private static boolean isLive(WaiterQueue<SendWaiter> senders, Rest rest) {
    return senders.isEmpty() && rest.returned.isEmpty();
  }

  WaiterQueue<ReceiveWaiter> receivers() {
    return receivers;
  }

  WaiterQueue<SendWaiter> senders() {
    return senders;
  }

  /** Sources that wait to be told when there is room. */
  WaiterQueue<SendWaiter> askers() {
    return askers;
  }

  /** The elements at the head of the line that may be taken in place, if there are any. */
  @Nullable Segment segment() {
    return segment;
  }

  int lent() {
    return rest.lent;
  }

  Phase phase() {
    return rest.phase;
  }

  boolean isOpen() {
    return rest.phase.stage == Stage.OPEN;
  }

  boolean isCancelled() {
    return rest.phase.stage == Stage.CANCELLED;
  }

  /** How many elements it holds. See {@link Segment} for what that is worth. */
  int size() {
    Segment first = segment;
    return rest.returned.size() + (first == null ? 0 : first.remaining()) + chained;
  }

  /** How many more elements there is room for; negative if it holds more than it should. */
  int room(int capacity) {
    return capacity - size() - rest.lent;
  }

  /**
   * Whether nothing will ever come out: closed, and nothing buffered, on loan, or waiting to be
   * sent.
   */
  boolean isDrained() {
    return !isOpen() && rest.lent == 0 && senders.isEmpty() && size() == 0;
  }

  ChannelState plus(Object element) {
    return of(segment, new Link(element, last), chained + 1, receivers, senders, askers, rest);
  }

  /** With several more elements, in an array that is left to it. */
  ChannelState plusAll(Object[] items, int from, int to) {
    Segment first = segment;
    boolean none = last == null && (first == null || first.remaining() == 0);
    return none
        ? of(
            Segment.of(items, from, to, isLive(senders, rest)),
            null,
            0,
            receivers,
            senders,
            askers,
            rest)
        : of(
            first,
            new Link(new Link.Batch(items, from, to), last),
            chained + to - from,
            receivers,
            senders,
            askers,
            rest);
  }

  ChannelState withReceivers(WaiterQueue<ReceiveWaiter> changed) {
    return of(segment, last, chained, changed, senders, askers, rest);
  }

  /** With other senders; if there are any, the segment has to be frozen. */
  ChannelState withSenders(WaiterQueue<SendWaiter> changed) {
    return of(segment, last, chained, receivers, changed, askers, rest);
  }

  ChannelState withAskers(WaiterQueue<SendWaiter> changed) {
    return of(segment, last, chained, receivers, senders, changed, rest);
  }

  ChannelState withLent(int changed) {
    return withRest(rest.returned, changed, rest.phase);
  }

  ChannelState withPhase(Phase changed) {
    return withRest(rest.returned, rest.lent, changed);
  }

  /** With other elements given back; if there are any, the segment has to be frozen. */
  ChannelState withReturned(WaiterQueue<Object> changed) {
    return withRest(changed, rest.lent, rest.phase);
  }

  private ChannelState withRest(WaiterQueue<Object> returned, int lent, Phase phase) {
    return of(segment, last, chained, receivers, senders, askers, Rest.of(returned, lent, phase));
  }

  WaiterQueue<Object> returned() {
    return rest.returned;
  }

  // What follows looks at the elements or takes them by a change of the state: the segment has to
  // be frozen or exhausted.

  void freeze() {
    Segment first = segment;
    if (first != null) {
      first.freeze();
    }
  }

  /**
   * The first element.
   *
   * @return {@code null} if there is none, or it is in the chain and {@link #laidOut()} is needed
   */
  @Nullable Object first() {
    if (!rest.returned.isEmpty()) {
      return rest.returned.peek();
    }
    Segment first = segment;
    if (first != null && first.remaining() > 0) {
      return first.get(0);
    }
    Link only = last;
    return only == null || only.before != null || only.value instanceof Link.Batch
        ? null
        : only.value;
  }

  /** The same, with the chain made a segment if there is none any more. */
  ChannelState laidOut() {
    Link chain = last;
    Segment first = segment;
    return chain == null || (first != null && first.remaining() > 0)
        ? this
        : of(
            Segment.of(chain, chained, isLive(senders, rest)),
            null,
            0,
            receivers,
            senders,
            askers,
            rest);
  }

  /** Without the element that {@link #first()} tells, and with {@code more} on loan. */
  ChannelState minusFirst(int more) {
    if (!rest.returned.isEmpty()) {
      return withRest(rest.returned.minusFirst(), rest.lent + more, rest.phase);
    }
    Rest next = more == 0 ? rest : Rest.of(rest.returned, rest.lent + more, rest.phase);
    Segment first = segment;
    return first != null && first.remaining() > 0
        ? of(
            first.without(1, isLive(senders, next)),
            last,
            chained,
            receivers,
            senders,
            askers,
            next)
        : of(null, null, 0, receivers, senders, askers, next);
  }

  /** Lets go of the element that was taken from this state by {@link #minusFirst}. */
  void forgetFirst() {
    Segment first = segment;
    if (rest.returned.isEmpty() && first != null && first.remaining() > 0) {
      first.forget(1);
    }
  }

  /** All elements, the first one first. */
  WaiterQueue<Object> all() {
    WaiterQueue<Object> all = rest.returned;
    Segment first = segment;
    if (first != null) {
      int left = first.remaining();
      for (int index = 0; index < left; index++) {
        all = all.plus(first.get(index));
      }
    }
    Link chain = last;
    if (chain != null) {
      for (Object element : Link.layOut(chain, chained)) {
        all = all.plus(element);
      }
    }
    return all;
  }

  /** Without any element. */
  ChannelState emptied() {
    return of(
        null,
        null,
        0,
        receivers,
        senders,
        askers,
        Rest.of(WaiterQueue.empty(), rest.lent, rest.phase));
  }
}
