package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides what happens to elements and waiters. It knows no publisher, so that a model checker can
 * drive it.
 *
 * <p><b>State.</b> One reference to an immutable {@link ChannelState}. Each operation reads it,
 * computes the state after it, and puts that in place by one compare-and-set, which is the instant
 * at which it takes effect; if another was quicker it looks again. So every answer is exact, from
 * any thread, at any moment: nothing is "being published", nobody has to be waited for, and {@code
 * size} is the size.
 *
 * <p><b>Waiters</b> have a word of their own (see {@code Waiter}), since their subscriber may leave
 * at any time. The two words are never changed together, so their order matters:
 *
 * <ul>
 *   <li><i>Receivers: unlink, then grant.</i> The compare-and-set that unlinks a receiver makes its
 *       thread the only one that can grant it. If the receiver has left, the element is still in
 *       hand, and the operation starts over.
 *   <li><i>Receivers that gather several: grant, and unlink with the last.</i> All but the last
 *       element go to the first in line without a change of the state, decided by its own word,
 *       which takes no last one from who has not unlinked it. What it has gathered is out of the
 *       state; it gives it back, first to last, if it leaves (see {@link GatheringWaiter}).
 *   <li><i>Senders: accept, then unlink.</i> The element of an unlinked sender is in the buffer for
 *       all to see, so the sender must be bound before. If the state changed meanwhile, an accepted
 *       sender stays first in line, and the next operation that makes room (which may be another
 *       thread's) moves it, whether its subscriber is still there or not. Whoever's compare-and-set
 *       unlinks it admits it, and nobody is told before (see {@link AdmissionWaiter}).
 * </ul>
 *
 * <p><b>Lost wake-ups</b> can't be: a waiter registers by the same compare-and-set that sees that
 * it has to wait.
 *
 * <p><b>Signals</b> are not sent from here: what was granted goes to the given consumer, after the
 * change.
 *
 * <p>Cost: an operation that doesn't wait allocates a state (32 B), and a queue and a link (24 B
 * each) where it adds.
 *
 * @param <T> the type of the elements
 */
final class ChannelCore<T> {

  /** What a take answers if it had to wait, or found nothing. */
  static final Object NOTHING = new Object();

  /**
   * What a take answers a waiter that could not bind itself, or bound itself for an element that
   * was gone then.
   */
  static final Object MISSED = new Object();

  // Ended waiters may stay linked until they outnumber the living by this.
  private static final int KEPT_ENDED = 16;

  private static final VarHandle STATE;
  private static final VarHandle WAITING_SENDERS;
  private static final VarHandle WAITING_RECEIVERS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(ChannelCore.class, "state", ChannelState.class);
      WAITING_SENDERS = lookup.findVarHandle(ChannelCore.class, "waitingSenders", int.class);
      WAITING_RECEIVERS = lookup.findVarHandle(ChannelCore.class, "waitingReceivers", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final int capacity;
  private final Overflow overflow;
  private final int maxWaitingSenders;
  private final int maxWaitingReceivers;
  private final Consumer<Runnable> signals;

  private final Milestone closed;
  private final Milestone drained;

  private volatile ChannelState<T> state = ChannelState.initial();

  // How many of the linked waiters still wait: raised before one is linked, lowered by whoever ends
  // it.
  private volatile int waitingSenders;
  private volatile int waitingReceivers;

  /**
   * A core.
   *
   * @param capacity how many elements it holds; {@code Integer.MAX_VALUE} for no limit
   * @param overflow what to do with one more
   * @param maxWaitingSenders how many may wait to send
   * @param maxWaitingReceivers how many may wait to receive
   * @param signals runs granted waiters
   */
  ChannelCore(
      int capacity,
      Overflow overflow,
      int maxWaitingSenders,
      int maxWaitingReceivers,
      Consumer<Runnable> signals) {
    this.capacity = capacity;
    this.overflow = overflow;
    this.maxWaitingSenders = maxWaitingSenders;
    this.maxWaitingReceivers = maxWaitingReceivers;
    this.signals = signals;
    this.closed = new Milestone(signals);
    this.drained = new Milestone(signals);
  }

  /** What became of an element that was offered. */
  enum Offer {
    SENT,
    FULL,
    DROPPED,
    CLOSED,
    WAITING,
    TOO_MANY,
    /** The waiter could not bind itself, or bound itself for room that was gone then. */
    MISSED
  }

  /**
   * Sends an element, or lines up to do so.
   *
   * @param element in buffered form
   * @param waiter who waits if there is no room; {@code null} if nobody does
   * @param displaced is given the element that had to go for this one
   */
  Offer offer(Object element, @Nullable SendWaiter waiter, Consumer<Object> displaced) {
    boolean counted = false;
    for (; ; ) {
      ChannelState<T> seen = state;
      Offer offer;
      if (!seen.isOpen()) {
        offer = Offer.CLOSED;
      } else if (waiter != null && isReady(seen) && !waiter.bind()) {
        offer = Offer.MISSED;
      } else if (!seen.receivers().isEmpty()) {
        if (!handOver(seen, element)) {
          continue;
        }
        offer = Offer.SENT;
      } else if (seen.hasRoom(capacity)) {
        if (!change(seen, seen.withBuffer(seen.buffer().plus(element)))) {
          continue;
        }
        offer = Offer.SENT;
      } else if (overflow == Overflow.DROP_OLDEST && !seen.buffer().isEmpty()) {
        Object oldest = seen.buffer().peek();
        if (!change(seen, seen.withBuffer(seen.buffer().minusFirst().plus(element)))) {
          continue;
        }
        displaced.accept(oldest);
        offer = Offer.SENT;
      } else if (overflow == Overflow.DROP_OLDEST || overflow == Overflow.DROP_LATEST) {
        offer = Offer.DROPPED;
      } else if (waiter == null || overflow == Overflow.ERROR) {
        offer = Offer.FULL;
      } else if (waiter.isBound()) {
        offer = Offer.MISSED;
      } else if (!counted && !countIn(WAITING_SENDERS, maxWaitingSenders)) {
        return Offer.TOO_MANY;
      } else {
        counted = true;
        if (!change(seen, seen.withSenders(seen.senders().plus(waiter)))) {
          continue;
        }
        return Offer.WAITING;
      }
      if (counted) {
        WAITING_SENDERS.getAndAdd(this, -1);
      }
      return offer;
    }
  }

  /** Whether an offer takes effect at once. */
  private boolean isReady(ChannelState<T> seen) {
    return !seen.receivers().isEmpty()
        || seen.hasRoom(capacity)
        || overflow == Overflow.DROP_OLDEST
        || overflow == Overflow.DROP_LATEST;
  }

  /**
   * Unlinks the first receiver and grants it the element, or adds it to what that gathers; {@code
   * false} if it has left or the state has changed.
   */
  private boolean handOver(ChannelState<T> seen, Object element) {
    ReceiveWaiter first = seen.receivers().peek();
    return first != null
        && (first.gather(element)
            || (change(seen, seen.withReceivers(seen.receivers().minusFirst()))
                && grant(first, element)));
  }

  private boolean grant(ReceiveWaiter receiver, Object grant) {
    if (!receiver.take(grant)) {
      return false;
    }
    WAITING_RECEIVERS.getAndAdd(this, -1);
    signals.accept(receiver);
    return true;
  }

  /**
   * How many elements a source may be asked for. If none, the waiter lines up to be told when that
   * changes.
   *
   * @param waiter who wants to know; {@code null} if nobody waits
   * @return how much room there is, at least one if somebody would receive at once; 0 if there is
   *     none (and the waiter was lined up); -1 if the channel is closed
   */
  int roomOrWait(@Nullable SendWaiter waiter) {
    boolean counted = false;
    for (; ; ) {
      ChannelState<T> seen = state;
      int room;
      if (!seen.isOpen()) {
        room = -1;
      } else if (overflow != Overflow.WAIT) {
        room = Integer.MAX_VALUE;
      } else {
        room = Math.max(0, capacity - seen.buffer().size() - seen.lent());
        ReceiveWaiter receiver = seen.receivers().peek();
        if (room == 0 && receiver != null) {
          if (receiver.hasEnded()) {
            change(seen, seen.withReceivers(seen.receivers().minusFirst()));
            continue;
          }
          room = 1;
        }
        if (room == 0) {
          if (waiter == null) {
            return 0;
          }
          if (!counted) {
            counted = true;
            WAITING_SENDERS.getAndAdd(this, 1);
          }
          if (!change(seen, seen.withSenders(seen.senders().plus(waiter)))) {
            continue;
          }
          return 0;
        }
      }
      if (counted) {
        WAITING_SENDERS.getAndAdd(this, -1);
      }
      return room;
    }
  }

  /**
   * Takes the first element, or lines up for one.
   *
   * @param waiter who waits if there is none; {@code null} if nobody does
   * @param lend whether the element's place stays taken
   * @return the element in buffered form; {@link ReceiveWaiter#END} if none will ever come; {@link
   *     #NOTHING} if there is none yet (and the waiter was lined up); {@code null} if too many wait
   */
  @Nullable Object take(@Nullable ReceiveWaiter waiter, boolean lend) {
    boolean counted = false;
    for (; ; ) {
      ChannelState<T> seen = state;
      Object taken;
      boolean ready = !seen.buffer().isEmpty() || !seen.senders().isEmpty();
      if (waiter != null && ready && !waiter.bind()) {
        taken = MISSED;
      } else if (!seen.buffer().isEmpty()) {
        taken = takeBuffered(seen, lend);
      } else if (!seen.senders().isEmpty()) {
        taken = takeFromSender(seen, lend);
      } else if (seen.isDrained()) {
        taken = ReceiveWaiter.END;
      } else if (waiter == null) {
        return NOTHING;
      } else if (waiter.isBound()) {
        taken = MISSED;
      } else if (!counted && !countIn(WAITING_RECEIVERS, maxWaitingReceivers)) {
        return null;
      } else {
        counted = true;
        if (!change(seen, seen.withReceivers(seen.receivers().plus(waiter)))) {
          continue;
        }
        return NOTHING;
      }
      if (taken != null) {
        if (counted) {
          WAITING_RECEIVERS.getAndAdd(this, -1);
        }
        return taken;
      }
    }
  }

  private @Nullable Object takeBuffered(ChannelState<T> seen, boolean lend) {
    Object first = seen.buffer().peek();
    ChannelState<T> taken =
        new ChannelState<>(
            seen.buffer().minusFirst(),
            seen.receivers(),
            seen.senders(),
            seen.lent() + (lend ? 1 : 0),
            seen.phase());
    return changeAndAdmit(seen, taken) ? first : null;
  }

  /**
   * In a channel without a buffer (or whose whole capacity is on loan) an element goes from hand to
   * hand.
   */
  private @Nullable Object takeFromSender(ChannelState<T> seen, boolean lend) {
    SendWaiter first = seen.senders().peek();
    if (first == null) {
      return null;
    }
    ChannelState<T> without = seen.withSenders(seen.senders().minusFirst());
    if (!first.accept()) {
      change(seen, without);
      return null;
    }
    if (!first.hasElement()) {
      // It is told that there is a receiver; whoever asked goes on looking, or lines up to be that
      // receiver.
      if (change(seen, without)) {
        admitted(first);
      }
      return null;
    }
    if (!change(seen, lend ? without.withLent(without.lent() + 1) : without)) {
      return null;
    }
    Object element = first.element();
    admitted(first);
    return element;
  }

  /**
   * Goes to {@code next}, in which there may be room, with as many senders let in as there is room
   * for.
   */
  private boolean changeAndAdmit(ChannelState<T> seen, ChannelState<T> next) {
    return changeAndAdmit(seen, next, WaiterQueue.empty());
  }

  /** The same, with senders who have already been let in on the way to {@code next}. */
  private boolean changeAndAdmit(
      ChannelState<T> seen, ChannelState<T> next, WaiterQueue<SendWaiter> already) {
    WaiterQueue<SendWaiter> admitted = already;
    WaiterQueue<SendWaiter> senders = next.senders();
    WaiterQueue<Object> buffer = next.buffer();
    while (!senders.isEmpty() && buffer.size() + next.lent() < capacity) {
      SendWaiter first = senders.peek();
      senders = senders.minusFirst();
      if (first != null && first.accept()) {
        Object element = first.element();
        if (element != null) {
          buffer = buffer.plus(element);
        }
        admitted = admitted.plus(first);
      }
    }
    if (!change(
        seen, senders == next.senders() ? next : next.withBuffer(buffer).withSenders(senders))) {
      return false;
    }
    if (!admitted.isEmpty()) {
      admitted.forEach(this::admitted);
    }
    return true;
  }

  /**
   * Takes as many elements as there are, up to a limit, at one instant: those in the buffer, then
   * those of waiting senders. If these are too few, the waiter lines up with them in hand.
   *
   * @param waiter how many it wants, and who waits if there are fewer
   * @return the elements in buffered form; {@link ReceiveWaiter#END} if none will ever come; {@link
   *     #NOTHING} if the waiter was lined up; {@link #MISSED} if its subscriber has left; {@code
   *     null} if too many wait
   */
  @Nullable Object takeMany(GatheringWaiter waiter) {
    boolean counted = false;
    for (; ; ) {
      ChannelState<T> seen = state;
      WaiterQueue<Object> taken = WaiterQueue.empty();
      WaiterQueue<Object> buffer = seen.buffer();
      while (taken.size() < waiter.max) {
        Object first = buffer.peek();
        if (first == null) {
          break;
        }
        taken = taken.plus(first);
        buffer = buffer.minusFirst();
      }
      WaiterQueue<SendWaiter> senders = seen.senders();
      // Asked before senders are promised anything.
      if (!counted && !seen.isDrained() && taken.size() + senders.size() < waiter.min) {
        if (!countIn(WAITING_RECEIVERS, maxWaitingReceivers)) {
          return null;
        }
        counted = true;
      }
      WaiterQueue<SendWaiter> admitted = WaiterQueue.empty();
      while (taken.size() < waiter.max) {
        SendWaiter first = senders.peek();
        if (first == null) {
          break;
        }
        senders = senders.minusFirst();
        if (first.accept()) {
          Object element = first.element();
          taken = element == null ? taken : taken.plus(element);
          admitted = admitted.plus(first);
        }
      }
      ChannelState<T> next = seen.withBuffer(buffer).withSenders(senders);
      if (taken.size() >= waiter.min || next.isDrained()) {
        if (changeAndAdmit(seen, next, admitted)) {
          if (counted) {
            WAITING_RECEIVERS.getAndAdd(this, -1);
          }
          return taken.isEmpty() && next.isDrained() ? ReceiveWaiter.END : taken;
        }
        continue;
      }
      if (!counted && !countIn(WAITING_RECEIVERS, maxWaitingReceivers)) {
        return null;
      }
      counted = true;
      if (!waiter.starting(taken)) {
        WAITING_RECEIVERS.getAndAdd(this, -1);
        return MISSED;
      }
      if (changeAndAdmit(seen, next.withReceivers(next.receivers().plus(waiter)), admitted)) {
        if (waiter.inLine(taken)) {
          return NOTHING;
        }
        receiverLeft();
        return taken;
      }
      if (!waiter.notInLine()) {
        WAITING_RECEIVERS.getAndAdd(this, -1);
        return MISSED;
      }
    }
  }

  private void admitted(SendWaiter sender) {
    WAITING_SENDERS.getAndAdd(this, -1);
    if (sender.admitted()) {
      signals.accept(sender);
    }
  }

  /** A delivery was acknowledged: its place is free. */
  void settle() {
    for (; ; ) {
      ChannelState<T> seen = state;
      if (seen.isCancelled() || seen.lent() == 0) {
        return;
      }
      ChannelState<T> next = seen.withLent(seen.lent() - 1);
      if (next.isDrained() && !next.receivers().isEmpty()) {
        if (change(seen, next.withReceivers(WaiterQueue.empty()))) {
          next.receivers().forEach(receiver -> grant(receiver, ReceiveWaiter.END));
          return;
        }
      } else if (changeAndAdmit(seen, next)) {
        return;
      }
    }
  }

  /** Takes a place on loan for an element that was handed to a receiver which had waited. */
  void lend() {
    for (; ; ) {
      ChannelState<T> seen = state;
      if (seen.isCancelled() || change(seen, seen.withLent(seen.lent() + 1))) {
        return;
      }
    }
  }

  /**
   * Takes an element back that was given to a receiver who left before it saw it: it goes to who
   * waits, or to the head of the line.
   *
   * @param element in buffered form
   * @param wasLent whether it was on loan
   * @return {@code false} if the channel was cancelled and the caller has to discard the element
   */
  boolean giveBack(Object element, boolean wasLent) {
    boolean onLoan = wasLent;
    for (; ; ) {
      ChannelState<T> seen = state;
      if (seen.isCancelled()) {
        return false;
      }
      ChannelState<T> next = onLoan && seen.lent() > 0 ? seen.withLent(seen.lent() - 1) : seen;
      ReceiveWaiter first = next.receivers().peek();
      if (first == null) {
        if (change(seen, next.withBuffer(next.buffer().plusFirst(element)))) {
          return true;
        }
      } else if (first.gather(element)) {
        if (onLoan) {
          settle();
        }
        return true;
      } else if (change(seen, next.withReceivers(next.receivers().minusFirst()))) {
        onLoan = false;
        if (grant(first, element)) {
          return true;
        }
      }
    }
  }

  /**
   * Takes several elements back, first to last, as {@link #giveBack} does.
   *
   * @param elements in buffered form
   * @return those that the caller has to discard, since the channel was cancelled
   */
  WaiterQueue<Object> giveBackAll(WaiterQueue<Object> elements) {
    WaiterQueue<Object> rest = elements;
    while (!rest.isEmpty()) {
      ChannelState<T> seen = state;
      if (seen.isCancelled()) {
        return rest;
      }
      Object first = rest.peek();
      if (first == null || seen.receivers().isEmpty()) {
        if (change(seen, seen.withBuffer(WaiterQueue.concat(rest, seen.buffer())))) {
          return WaiterQueue.empty();
        }
      } else if (handOver(seen, first)) {
        rest = rest.minusFirst();
      }
    }
    return rest;
  }

  /**
   * Takes no more elements. Those that were accepted or already wait to be are still received; then
   * receivers end.
   *
   * @return whether this call closed it
   */
  boolean close(@Nullable Throwable cause) {
    for (; ; ) {
      ChannelState<T> seen = state;
      if (!seen.isOpen()) {
        return false;
      }
      ChannelState.Phase phase =
          cause == null
              ? ChannelState.Phase.CLOSED
              : new ChannelState.Phase(ChannelState.Stage.CLOSED, cause);
      // Who waits with nothing in hand is told at once: its elements would be later sends.
      WaiterQueue<SendWaiter> staying = WaiterQueue.empty();
      WaiterQueue<SendWaiter> leaving = WaiterQueue.empty();
      for (WaiterQueue<SendWaiter> rest = seen.senders(); ; rest = rest.minusFirst()) {
        SendWaiter sender = rest.peek();
        if (sender == null) {
          break;
        }
        if (sender.hasElement()) {
          staying = staying.plus(sender);
        } else {
          leaving = leaving.plus(sender);
        }
      }
      ChannelState<T> closed = seen.withPhase(phase).withSenders(staying);
      boolean ended = closed.isDrained();
      if (change(seen, ended ? closed.withReceivers(WaiterQueue.empty()) : closed)) {
        leaving.forEach(this::refuse);
        if (ended) {
          seen.receivers().forEach(receiver -> grant(receiver, ReceiveWaiter.END));
        }
        return true;
      }
    }
  }

  /**
   * Ends at once: what it holds is given up, and who waits is sent away.
   *
   * @param discarded is given each element, in buffered form
   * @return whether this call ended it
   */
  boolean cancel(Consumer<Object> discarded) {
    for (; ; ) {
      ChannelState<T> seen = state;
      if (seen.isCancelled()) {
        return false;
      }
      ChannelState.Phase phase =
          seen.phase().cause() == null
              ? ChannelState.Phase.CANCELLED
              : new ChannelState.Phase(ChannelState.Stage.CANCELLED, seen.phase().cause());
      if (change(seen, ChannelState.<T>initial().withPhase(phase))) {
        seen.buffer().forEach(discarded);
        seen.senders()
            .forEach(
                sender -> {
                  Object element = sender.element();
                  if (refuse(sender) && element != null) {
                    discarded.accept(element);
                  }
                });
        seen.receivers().forEach(receiver -> grant(receiver, ReceiveWaiter.END));
        return true;
      }
    }
  }

  /**
   * Sends a waiting sender away; one that was accepted on the way is told so, and its element given
   * up all the same.
   */
  private boolean refuse(SendWaiter sender) {
    if (sender.grant(SendWaiter.REFUSED)) {
      WAITING_SENDERS.getAndAdd(this, -1);
      signals.accept(sender);
      return true;
    }
    if (!sender.accept()) {
      return false;
    }
    admitted(sender);
    return true;
  }

  /** A sender was cancelled on its way, counted itself out, and was never counted in. */
  void senderNeverWaited() {
    WAITING_SENDERS.getAndAdd(this, 1);
  }

  /** A receiver was cancelled on its way, counted itself out, and was never counted in. */
  void receiverNeverWaited() {
    WAITING_RECEIVERS.getAndAdd(this, 1);
  }

  /** A waiting sender has ended by itself. */
  void senderLeft() {
    int waiting = (int) WAITING_SENDERS.getAndAdd(this, -1) - 1;
    for (; ; ) {
      ChannelState<T> seen = state;
      WaiterQueue<SendWaiter> senders = seen.senders();
      // One that was accepted and not yet moved is neither waiting nor gone.
      if (!isWorthSweeping(senders, waiting)
          || change(seen, seen.withSenders(senders.retaining(each -> !each.hasLeft())))) {
        return;
      }
    }
  }

  /** A waiting receiver has ended by itself. */
  void receiverLeft() {
    int waiting = (int) WAITING_RECEIVERS.getAndAdd(this, -1) - 1;
    for (; ; ) {
      ChannelState<T> seen = state;
      WaiterQueue<ReceiveWaiter> receivers = seen.receivers();
      if (!isWorthSweeping(receivers, waiting)
          || change(seen, seen.withReceivers(receivers.retaining(each -> !each.hasEnded())))) {
        return;
      }
    }
  }

  private static boolean isWorthSweeping(WaiterQueue<?> queue, int waiting) {
    return waiting == 0 ? !queue.isEmpty() : queue.size() > 2L * Math.max(0, waiting) + KEPT_ENDED;
  }

  private boolean countIn(VarHandle count, int limit) {
    if ((int) count.getAndAdd(this, 1) >= limit) {
      count.getAndAdd(this, -1);
      return false;
    }
    return true;
  }

  private boolean change(ChannelState<T> seen, ChannelState<T> next) {
    if (!STATE.compareAndSet(this, seen, next)) {
      return false;
    }
    if (!next.isOpen()) {
      closed.happen();
      if (next.isDrained()) {
        drained.happen();
      }
    }
    return true;
  }

  /** Happens when the channel takes no more elements. */
  Milestone closed() {
    return closed;
  }

  /** Happens when nothing will ever come out any more. */
  Milestone drained() {
    return drained;
  }

  /** Whether a sender waits when there is no room. */
  boolean mayWait() {
    return overflow == Overflow.WAIT;
  }

  ChannelState<T> state() {
    return state;
  }

  int capacity() {
    return capacity;
  }

  int waitingSenders() {
    return Math.max(0, waitingSenders);
  }

  int waitingReceivers() {
    return Math.max(0, waitingReceivers);
  }
}
