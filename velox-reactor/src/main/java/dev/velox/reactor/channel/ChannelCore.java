package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides what happens to elements and waiters. It knows no publisher, so that a model checker can
 * drive it.
 *
 * <p><b>State.</b> One reference to a {@link ChannelState}. Each operation reads it, computes the
 * state after it, and puts that in place by one compare-and-set, which is the instant at which it
 * takes effect; if another was quicker it looks again. So every answer is exact, from any thread,
 * at any moment: nothing is "being published", nobody has to be waited for, and {@code size} is the
 * size.
 *
 * <p>The state in which there is nothing but one receiver in line is that receiver itself, so that
 * nothing is made for it to line up, or to be served. It is a value like the other states: that a
 * receiver may come to stand alone twice does no harm. Who needs more than to serve it, or to line
 * up behind it, puts the same state in its place as a {@code ChannelState} first.
 *
 * <p>Two operations take effect without a change of the state: an element is claimed from the
 * {@link Segment} at the head of the line, or handed to a receiver who stays in line. The heads of
 * {@code Segment} and {@link StandingReceiver} argue why each takes effect in the current state all
 * the same. Whatever needs more than that freezes the one or detaches the other first.
 *
 * <p><b>Waiters</b> have a word of their own (see {@code Waiter}), since their subscriber may leave
 * at any time. The two words are never changed together, so their order matters:
 *
 * <ul>
 *   <li><i>Receivers: unlink, then grant.</i> The compare-and-set that unlinks a receiver makes its
 *       thread the only one that can grant it. If the receiver has left, the element is still in
 *       hand, and the operation starts over.
 *   <li><i>Receivers of a stream: grant, and stay; if busy, detach, then unlink</i> (see {@link
 *       StandingReceiver}).
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
 * <p><b>Sources</b> that have nothing in hand (<i>askers</i>) stand in a line of their own, and are
 * told of room when there is so much that many elements can be sent at once. They do not lose their
 * turn: a sender that lines up goes behind them, and they are told at once when somebody sends
 * without waiting. Who was told and does not use the room tells the next one.
 *
 * <p><b>Lost wake-ups</b> can't be: a waiter registers by the same compare-and-set that sees that
 * it has to wait. (An asker looks once more, as a claim does not change the state: {@link
 * #tellAskers}.)
 *
 * <p><b>Signals</b> are not sent from here: what was granted goes to the given consumer, after the
 * change.
 *
 * <p>Cost: taking an element allocates nothing in general; adding one allocates a state (40 B) and
 * a link (24 B), adding many at once a state and a segment.
 */
final class ChannelCore {

  /** What a take answers if it had to wait, or found nothing. */
  static final Object NOTHING = new Object();

  /**
   * What a take answers a waiter that could not bind itself, or bound itself for an element that
   * was gone then.
   */
  static final Object MISSED = new Object();

  // Ended waiters may stay linked until they outnumber the living by this.
  private static final int KEPT_ENDED = 16;

  // A channel of less capacity has its sources asked for each place that becomes free.
  private static final int SMALL = 16;

  private static final VarHandle STATE;
  private static final VarHandle WAITING_SENDERS;
  private static final VarHandle RECEIVERS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(ChannelCore.class, "state", Object.class);
      WAITING_SENDERS = lookup.findVarHandle(ChannelCore.class, "waitingSenders", int.class);
      RECEIVERS = lookup.findVarHandle(ChannelCore.class, "receivers", int.class);
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

  // A ChannelState; or a ReceiveWaiter, which stands for the initial state with it in line.
  private volatile Object state = ChannelState.initial();

  // How many of the linked senders still wait: raised before one is linked, lowered by whoever ends
  // it.
  private volatile int waitingSenders;

  // With a limit: how many receivers wait, raised before one is linked, lowered by whoever ends it.
  // Without one nobody is counted for an element that goes from hand to hand, as the line tells how
  // many stand in it: then this is how many of them have left, negative, lowered by one that leaves
  // and raised by whoever unlinks it.
  private volatile int receivers;

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
      Object word = state;
      Offer offer;
      if (word instanceof ReceiveWaiter only) {
        if (waiter != null && !waiter.bind()) {
          offer = Offer.MISSED;
        } else if (handToOnly(only, element)) {
          offer = Offer.SENT;
        } else {
          continue;
        }
        if (counted) {
          WAITING_SENDERS.getAndAdd(this, -1);
        }
        return offer;
      }
      ChannelState seen = (ChannelState) word;
      if (!seen.isOpen()) {
        offer = Offer.CLOSED;
      } else if (waiter != null && isReady(seen) && !waiter.bind()) {
        offer = Offer.MISSED;
      } else if (!seen.receivers().isEmpty()) {
        if (!handOver(seen, element)) {
          continue;
        }
        offer = Offer.SENT;
      } else if (seen.room(capacity) > 0) {
        if (!append(seen, seen.plus(element))) {
          continue;
        }
        offer = Offer.SENT;
      } else if (overflow == Overflow.DROP_OLDEST && seen.size() > 0) {
        if (!displace(seen, element, displaced)) {
          continue;
        }
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
        if (!lineUp(seen, waiter)) {
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

  /**
   * Goes to a state with more elements. Who waited to be told of room is told now: what is left may
   * never again be as much as it waits for.
   */
  private boolean append(ChannelState seen, ChannelState next) {
    WaiterQueue<SendWaiter> askers = seen.askers();
    if (askers.isEmpty()) {
      return change(seen, next);
    }
    if (!change(seen, next.withAskers(WaiterQueue.empty()))) {
      return false;
    }
    askers.forEach(this::tell);
    return true;
  }

  /** Puts an element in the place of the oldest one. */
  private boolean displace(ChannelState seen, Object element, Consumer<Object> displaced) {
    seen.freeze();
    Object oldest = seen.first();
    if (oldest == null) {
      change(seen, seen.laidOut());
      return false;
    }
    if (seen.room(capacity) > 0 || !change(seen, seen.minusFirst(0).plus(element))) {
      return false;
    }
    seen.forgetFirst();
    displaced.accept(oldest);
    return true;
  }

  /** Lines a sender up, behind those who have asked for room before. */
  private boolean lineUp(ChannelState seen, SendWaiter waiter) {
    // From now on a place that becomes free belongs to a sender at the same instant.
    seen.freeze();
    if (seen.room(capacity) > 0) {
      return false;
    }
    if (seen.askers().isEmpty()) {
      return change(seen, seen.withSenders(seen.senders().plus(waiter)));
    }
    return change(
        seen, seen.withAskers(WaiterQueue.empty()).withSenders(seen.askers().plus(waiter)));
  }

  /**
   * Sends as many of several elements as there is room for.
   *
   * @param elements in buffered form; left to the channel from {@code from} on, as far as sent
   * @param from the index of the first one
   * @param to the index behind the last one
   * @param discarded is given what came back from a receiver after the channel was cancelled
   * @return how many were sent; 0 if there is no room, or the channel is closed, so that the first
   *     one has to be offered by itself
   */
  int offerAll(Object[] elements, int from, int to, Consumer<Object> discarded) {
    for (; ; ) {
      ChannelState seen = whole();
      if (!seen.isOpen()) {
        return 0;
      }
      if (!seen.receivers().isEmpty()) {
        int handed = handOut(seen, elements, from, to, discarded);
        if (handed > 0) {
          return handed;
        }
        continue;
      }
      int sent = Math.min(seen.room(capacity), to - from);
      if (sent <= 0) {
        return 0;
      }
      // Those who ask for room are not told: the sender of many asks again itself, behind them.
      if (change(
          seen,
          sent == 1 ? seen.plus(elements[from]) : seen.plusAll(elements, from, from + sent))) {
        return sent;
      }
    }
  }

  /** Whether an offer takes effect at once. */
  private boolean isReady(ChannelState seen) {
    return !seen.receivers().isEmpty()
        || seen.room(capacity) > 0
        || overflow == Overflow.DROP_OLDEST
        || overflow == Overflow.DROP_LATEST;
  }

  /**
   * Unlinks the first receiver and grants it the element, or adds it to what that gathers; {@code
   * false} if it has left or the state has changed.
   */
  private boolean handOver(ChannelState seen, Object element) {
    ReceiveWaiter first = seen.receivers().peek();
    if (first == null) {
      return false;
    }
    if (handInPlace(seen, first, element)) {
      return true;
    }
    if (first.stands()) {
      unlinkBusy(seen, first);
      return false;
    }
    return change(seen, seen.withReceivers(seen.receivers().minusFirst())) && grant(first, element);
  }

  /** The same for the only receiver of a channel in which there is nothing else. */
  private boolean handToOnly(ReceiveWaiter only, Object element) {
    if (!only.stands()) {
      return change(only, ChannelState.initial()) && grant(only, element);
    }
    if (only.take(element)) {
      served(1);
      signals.accept(only);
      return true;
    }
    if (only.detach() && change(only, ChannelState.initial())) {
      unlinked(only);
    }
    return false;
  }

  /** Hands an element to a receiver who stays in line; {@code false} if it is no such or busy. */
  private boolean handInPlace(ChannelState seen, ReceiveWaiter first, Object element) {
    if (first.gather(element)) {
      return true;
    }
    if (!first.stands() || !first.take(element)) {
      return false;
    }
    if (seen.receivers().size() > 1) {
      unlinkBusy(seen, first); // The next one is for another.
    }
    served(1);
    signals.accept(first);
    return true;
  }

  private void unlinkBusy(ChannelState seen, ReceiveWaiter first) {
    if (first.detach() && change(seen, seen.withReceivers(seen.receivers().minusFirst()))) {
      unlinked(first);
    }
  }

  /** A receiver was unlinked that could not be granted anything. */
  private void unlinked(ReceiveWaiter receiver) {
    if (!limitsReceivers() && receiver.toldThatItLeft()) {
      RECEIVERS.getAndAdd(this, 1);
    }
  }

  /** Receivers wait no more. */
  private void served(int count) {
    if (limitsReceivers()) {
      RECEIVERS.getAndAdd(this, -count);
    }
  }

  private boolean limitsReceivers() {
    return maxWaitingReceivers != Integer.MAX_VALUE;
  }

  private boolean countReceiverIn() {
    return !limitsReceivers() || countIn(RECEIVERS, maxWaitingReceivers);
  }

  /**
   * Unlinks all receivers and grants an element to each; what is left they find in the buffer. With
   * fewer elements, or if one stays in line, only the first receiver is served.
   *
   * @return how many elements were sent; 0 if the state has changed or the receiver has left
   */
  private int handOut(
      ChannelState seen, Object[] elements, int from, int to, Consumer<Object> discarded) {
    int waiting = seen.receivers().size();
    // What comes back from receivers who have left finds room.
    int rest = Math.min(to - from, seen.room(capacity)) - waiting;
    ReceiveWaiter first = seen.receivers().peek();
    if (rest > 0 && first != null && first.stands()) {
      int sent = handOutInPlace(seen, elements, from, to);
      if (sent == 0) {
        unlinkBusy(seen, first);
      }
      return sent;
    }
    if (rest <= 0 || hasOneThatStays(seen.receivers())) {
      return handOver(seen, elements[from]) ? 1 : 0;
    }
    int buffered = from + waiting;
    if (!change(
        seen,
        seen.withReceivers(WaiterQueue.empty()).plusAll(elements, buffered, buffered + rest))) {
      return 0;
    }
    // All are granted before one runs, which may take what is left.
    WaiterQueue<Object> back = WaiterQueue.empty();
    WaiterQueue<ReceiveWaiter> granted = WaiterQueue.empty();
    WaiterQueue<ReceiveWaiter> line = seen.receivers();
    for (int index = from; index < buffered; index++) {
      ReceiveWaiter receiver = line.peek();
      if (receiver != null && receiver.take(elements[index])) {
        granted = granted.plus(receiver);
      } else {
        back = back.plus(elements[index]);
        if (receiver != null) {
          unlinked(receiver);
        }
      }
      line = line.minusFirst();
    }
    giveBackAll(back).forEach(discarded);
    served(granted.size());
    granted.forEach(signals);
    return waiting + rest;
  }

  private int handOutInPlace(ChannelState seen, Object[] elements, int from, int to) {
    WaiterQueue<ReceiveWaiter> granted = WaiterQueue.empty();
    WaiterQueue<ReceiveWaiter> line = seen.receivers();
    int next = from;
    boolean detached = true;
    for (ReceiveWaiter first = line.peek();
        first != null && next < to && first.stands() && first.take(elements[next]);
        first = line.peek()) {
      detached &= first.detach();
      granted = granted.plus(first);
      line = line.minusFirst();
      next++;
    }
    int rest = Math.min(to - next, seen.room(capacity) - granted.size());
    if (rest > 0
        && detached
        && line.isEmpty()
        && change(
            seen, seen.withReceivers(WaiterQueue.empty()).plusAll(elements, next, next + rest))) {
      next += rest;
    }
    served(granted.size());
    granted.forEach(signals);
    return next - from;
  }

  private static boolean hasOneThatStays(WaiterQueue<ReceiveWaiter> receivers) {
    for (WaiterQueue<ReceiveWaiter> line = receivers; ; line = line.minusFirst()) {
      ReceiveWaiter receiver = line.peek();
      if (receiver == null) {
        return false;
      }
      if (receiver instanceof GatheringWaiter || receiver.stands()) {
        return true;
      }
    }
  }

  /** Tells a receiver that has been unlinked that nothing will come. */
  private void end(ReceiveWaiter receiver) {
    while (!grant(receiver, ReceiveWaiter.END)) {
      if (!receiver.stands() || receiver.detach()) {
        return; // It has left, or finds out when it looks again.
      }
    }
  }

  private boolean grant(ReceiveWaiter receiver, Object grant) {
    if (!receiver.take(grant)) {
      unlinked(receiver);
      return false;
    }
    served(1);
    signals.accept(receiver);
    return true;
  }

  /**
   * How many elements a source may be asked for. If none, the waiter lines up to be told when that
   * changes.
   *
   * @param waiter who wants to know; {@code null} if nobody waits
   * @param again whether the source has been asked before; then a little room is not worth asking
   *     for
   * @return how much room there is, at least one if somebody would receive at once; 0 if there is
   *     none (and the waiter was lined up); -1 if the channel is closed
   */
  int roomOrWait(@Nullable SendWaiter waiter, boolean again) {
    boolean counted = false;
    for (; ; ) {
      ChannelState seen = whole();
      int room;
      if (!seen.isOpen()) {
        room = -1;
      } else if (overflow != Overflow.WAIT) {
        room = Integer.MAX_VALUE;
      } else {
        room = Math.max(0, seen.room(capacity));
        ReceiveWaiter receiver = seen.receivers().peek();
        if (room == 0 && receiver != null) {
          if (receiver.detach()) {
            unlinkBusy(seen, receiver);
            continue;
          }
          room = 1;
        }
        if (room == 0 || (again && !isWorthAsking(seen))) {
          if (waiter == null) {
            return 0;
          }
          if (!counted) {
            counted = true;
            WAITING_SENDERS.getAndAdd(this, 1);
          }
          if (!seen.senders().isEmpty()) {
            if (change(seen, seen.withSenders(seen.senders().plus(waiter)))) {
              return 0;
            }
          } else if (change(seen, seen.withAskers(seen.askers().plus(waiter)))) {
            tellAskers(); // Receivers may have made room before they could see who asks.
            return 0;
          }
          continue;
        }
      }
      if (counted) {
        WAITING_SENDERS.getAndAdd(this, -1);
      }
      return room;
    }
  }

  /**
   * Whether there is so much room that sources go on. They don't for each place that becomes free,
   * but fill many at once: when half the capacity is free, or nothing is there.
   */
  private boolean isWorthAsking(ChannelState seen) {
    int size = seen.size();
    int room = capacity - size - seen.lent();
    return !seen.receivers().isEmpty()
        || (room > 0 && (size == 0 || capacity < SMALL || room >= capacity / 2));
  }

  /**
   * Tells who asked first, if there is much room. Called by whoever makes room, and by who was told
   * and did not use it.
   *
   * <p>No room goes untold: a receiver first takes and then looks for askers; an asker first lines
   * up and then looks for room.
   */
  void tellAskers() {
    for (; ; ) {
      ChannelState seen = whole();
      if (seen.askers().isEmpty() || !isWorthAsking(seen) || tellFirstAsker(seen)) {
        return;
      }
    }
  }

  private boolean tellFirstAsker(ChannelState seen) {
    SendWaiter first = seen.askers().peek();
    return first != null
        && change(seen, seen.withAskers(seen.askers().minusFirst()))
        && tell(first);
  }

  /** Tells a source that has been unlinked that there is room; {@code false} if it has left. */
  private boolean tell(SendWaiter asker) {
    if (!asker.grant(AdmissionWaiter.ADMITTED)) {
      return false;
    }
    WAITING_SENDERS.getAndAdd(this, -1);
    signals.accept(asker);
    return true;
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
      Object word = state;
      if (word instanceof ReceiveWaiter && waiter == null) {
        return NOTHING;
      }
      ChannelState seen = whole(word);
      Object taken;
      Segment segment = seen.segment();
      Segment claimable = !lend && segment != null && segment.isClaimable() ? segment : null;
      if (lend) {
        seen.freeze(); // Its place is taken on loan at the same instant.
      }
      boolean ready = claimable != null || seen.size() > 0;
      if (waiter != null && (ready || !seen.senders().isEmpty()) && !waiter.bind()) {
        taken = MISSED;
      } else if (claimable != null) {
        taken = claim(claimable);
      } else if (ready) {
        taken = takeBuffered(seen, lend);
      } else if (!seen.senders().isEmpty()) {
        taken = takeFromSender(seen, lend);
      } else if (!seen.askers().isEmpty()) {
        tellFirstAsker(seen); // There may be an element then, or a receiver it is for.
        continue;
      } else if (state != word) {
        continue; // It may have held an element all the time.
      } else if (seen.isDrained()) {
        taken = ReceiveWaiter.END;
      } else if (waiter == null) {
        return NOTHING;
      } else if (waiter.isBound()) {
        taken = MISSED;
      } else if (!counted && !countReceiverIn()) {
        return null;
      } else {
        counted = true;
        if (!change(
            word,
            seen == ChannelState.initial()
                ? waiter
                : seen.withReceivers(seen.receivers().plus(waiter)))) {
          continue;
        }
        return NOTHING;
      }
      if (taken != null) {
        if (counted) {
          served(1);
        }
        return taken;
      }
    }
  }

  private @Nullable Object claim(Segment segment) {
    Object claimed = segment.claim();
    if (claimed != null && state instanceof ChannelState after) {
      if (!after.askers().isEmpty()) {
        tellAskers();
      }
      if (after.isDrained()) {
        drained.happen();
      }
    }
    return claimed;
  }

  private @Nullable Object takeBuffered(ChannelState seen, boolean lend) {
    Object first = seen.first();
    if (first == null) {
      change(seen, seen.laidOut());
      return null;
    }
    if (!changeAndAdmit(seen, seen.minusFirst(lend ? 1 : 0))) {
      return null;
    }
    seen.forgetFirst();
    return first;
  }

  /**
   * In a channel without a buffer (or whose whole capacity is on loan) an element goes from hand to
   * hand.
   */
  private @Nullable Object takeFromSender(ChannelState seen, boolean lend) {
    SendWaiter first = seen.senders().peek();
    if (first == null) {
      return null;
    }
    ChannelState without = seen.withSenders(seen.senders().minusFirst());
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
  private boolean changeAndAdmit(ChannelState seen, ChannelState next) {
    return changeAndAdmit(seen, next, WaiterQueue.empty());
  }

  /** The same, with senders who have already been let in on the way to {@code next}. */
  private boolean changeAndAdmit(
      ChannelState seen, ChannelState next, WaiterQueue<SendWaiter> already) {
    WaiterQueue<SendWaiter> admitted = already;
    WaiterQueue<SendWaiter> senders = next.senders();
    ChannelState filled = next;
    while (!senders.isEmpty() && filled.room(capacity) > 0) {
      SendWaiter first = senders.peek();
      senders = senders.minusFirst();
      if (first != null && first.accept()) {
        Object element = first.element();
        if (element != null) {
          filled = filled.plus(element);
        }
        admitted = admitted.plus(first);
      }
    }
    if (!change(seen, senders == next.senders() ? next : filled.withSenders(senders))) {
      return false;
    }
    if (!admitted.isEmpty()) {
      admitted.forEach(this::admitted);
    }
    if (!next.askers().isEmpty()) {
      tellAskers();
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
      ChannelState seen = whole();
      seen.freeze();
      if (!seen.askers().isEmpty() && seen.senders().isEmpty() && seen.size() == 0) {
        tellFirstAsker(seen);
        continue;
      }
      boolean takesAll = seen.size() <= waiter.max;
      WaiterQueue<Object> taken = takesAll ? seen.all() : WaiterQueue.empty();
      ChannelState left = takesAll ? seen.emptied() : seen;
      while (!takesAll && taken.size() < waiter.max) {
        Object first = left.first();
        if (first != null) {
          taken = taken.plus(first);
          left = left.minusFirst(0);
        } else {
          ChannelState laidOut = left.laidOut();
          if (laidOut == left) {
            break; // Another has changed the state, and taken the element.
          }
          left = laidOut;
        }
      }
      WaiterQueue<SendWaiter> senders = seen.senders();
      // Asked before senders are promised anything.
      if (!counted && !seen.isDrained() && taken.size() + senders.size() < waiter.min) {
        if (!countReceiverIn()) {
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
      ChannelState next = left.withSenders(senders);
      if (taken.size() >= waiter.min || next.isDrained()) {
        if (changeAndAdmit(seen, next, admitted)) {
          if (counted) {
            served(1);
          }
          return taken.isEmpty() && next.isDrained() ? ReceiveWaiter.END : taken;
        }
        continue;
      }
      if (!counted && !countReceiverIn()) {
        return null;
      }
      counted = true;
      if (!waiter.starting(taken)) {
        served(1);
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
        served(1);
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
      ChannelState seen = whole();
      if (seen.isCancelled() || seen.lent() == 0) {
        return;
      }
      ChannelState next = seen.withLent(seen.lent() - 1);
      if (next.isDrained() && !next.receivers().isEmpty()) {
        if (change(seen, next.withReceivers(WaiterQueue.empty()))) {
          next.receivers().forEach(this::end);
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
      ChannelState seen = whole();
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
      ChannelState seen = whole();
      if (seen.isCancelled()) {
        return false;
      }
      ChannelState next = onLoan && seen.lent() > 0 ? seen.withLent(seen.lent() - 1) : seen;
      ReceiveWaiter first = next.receivers().peek();
      if (first == null) {
        seen.freeze();
        if (change(seen, next.withReturned(next.returned().plusFirst(element)))) {
          return true;
        }
      } else if (handInPlace(seen, first, element)) {
        if (onLoan) {
          settle();
        }
        return true;
      } else if (first.stands()) {
        unlinkBusy(seen, first);
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
      ChannelState seen = whole();
      if (seen.isCancelled()) {
        return rest;
      }
      Object first = rest.peek();
      if (first == null || seen.receivers().isEmpty()) {
        seen.freeze();
        if (change(seen, seen.withReturned(WaiterQueue.concat(rest, seen.returned())))) {
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
      ChannelState seen = whole();
      if (!seen.isOpen()) {
        return false;
      }
      ChannelState.Phase phase =
          cause == null
              ? ChannelState.Phase.CLOSED
              : new ChannelState.Phase(ChannelState.Stage.CLOSED, cause);
      // Who waits with nothing in hand is told at once: its elements would be later sends.
      WaiterQueue<SendWaiter> staying = seen.senders().retaining(SendWaiter::hasElement);
      ChannelState closed =
          seen.withPhase(phase).withAskers(WaiterQueue.empty()).withSenders(staying);
      boolean ended = closed.isDrained();
      if (change(seen, ended ? closed.withReceivers(WaiterQueue.empty()) : closed)) {
        seen.askers().forEach(this::refuse);
        seen.senders()
            .forEach(
                sender -> {
                  if (!sender.hasElement()) {
                    refuse(sender);
                  }
                });
        if (ended) {
          seen.receivers().forEach(this::end);
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
      ChannelState seen = whole();
      if (seen.isCancelled()) {
        return false;
      }
      ChannelState.Phase phase =
          seen.phase().cause() == null
              ? ChannelState.Phase.CANCELLED
              : new ChannelState.Phase(ChannelState.Stage.CANCELLED, seen.phase().cause());
      seen.freeze();
      if (change(seen, ChannelState.initial().withPhase(phase))) {
        seen.all().forEach(discarded);
        seen.askers().forEach(this::refuse);
        seen.senders()
            .forEach(
                sender -> {
                  Object element = sender.element();
                  if (refuse(sender) && element != null) {
                    discarded.accept(element);
                  }
                });
        seen.receivers().forEach(this::end);
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

  /** A receiver who kept its place waits again. */
  void receiverWaitsAgain() {
    if (limitsReceivers()) {
      RECEIVERS.getAndAdd(this, 1);
    }
  }

  /** A receiver who was counted in has lost its place. */
  void receiverWaitsNoMore() {
    served(1);
  }

  /** A receiver was cancelled on its way, told that it left, and was never linked. */
  void receiverNeverWaited() {
    RECEIVERS.getAndAdd(this, 1);
  }

  /** A waiting sender has ended by itself. */
  void senderLeft() {
    int waiting = (int) WAITING_SENDERS.getAndAdd(this, -1) - 1;
    for (; ; ) {
      ChannelState seen = whole();
      WaiterQueue<SendWaiter> line = seen.senders().isEmpty() ? seen.askers() : seen.senders();
      if (!isWorthSweeping(line, waiting)) {
        return;
      }
      // One that was accepted and not yet moved is neither waiting nor gone.
      WaiterQueue<SendWaiter> staying = line.retaining(each -> !each.hasLeft());
      if (change(
          seen, line == seen.senders() ? seen.withSenders(staying) : seen.withAskers(staying))) {
        return;
      }
    }
  }

  /** A waiting receiver has ended by itself. */
  void receiverLeft() {
    RECEIVERS.getAndAdd(this, -1);
    for (; ; ) {
      ChannelState seen = whole();
      WaiterQueue<ReceiveWaiter> receivers = seen.receivers();
      if (!isWorthSweeping(receivers, waitingReceivers(seen))) {
        return;
      }
      List<ReceiveWaiter> ended = new ArrayList<>();
      WaiterQueue<ReceiveWaiter> staying =
          receivers.retaining(each -> !(each.hasEnded() && ended.add(each)));
      if (ended.isEmpty() || change(seen, seen.withReceivers(staying))) {
        ended.forEach(this::unlinked);
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

  private boolean change(Object seen, Object changed) {
    if (!STATE.compareAndSet(this, seen, changed)) {
      return false;
    }
    if (changed instanceof ChannelState next && !next.isOpen()) {
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

  ChannelState state() {
    return whole(state);
  }

  private static ChannelState whole(Object word) {
    return word instanceof ChannelState whole ? whole : ChannelState.with((ReceiveWaiter) word);
  }

  /** The state, put in place as a whole if it is a receiver alone, so that it can be changed. */
  private ChannelState whole() {
    for (; ; ) {
      Object word = state;
      ChannelState whole = whole(word);
      if (whole == word || STATE.compareAndSet(this, word, (Object) whole)) {
        return whole;
      }
    }
  }

  private int waitingReceivers(ChannelState seen) {
    int counted = receivers;
    if (limitsReceivers()) {
      return Math.max(0, counted);
    }
    int waiting = seen.receivers().size() + counted;
    // Those who stay in line while they work are the first.
    WaiterQueue<ReceiveWaiter> line = seen.receivers();
    for (ReceiveWaiter first = line.peek(); first != null && first.isBusy(); first = line.peek()) {
      waiting--;
      line = line.minusFirst();
    }
    return Math.max(0, waiting);
  }

  /** Whether a receiver would probably find something now. */
  boolean seemsReady() {
    Object word = state;
    return word instanceof ChannelState seen
        && seen != ChannelState.initial()
        && seen.receivers().isEmpty();
  }

  /** How many elements it holds. */
  int size() {
    for (; ; ) {
      Object seen = state;
      int size = seen instanceof ChannelState whole ? whole.size() : 0;
      if (state == seen) {
        return size;
      }
    }
  }

  /** The first element, in buffered form; {@code null} if it holds none. */
  @Nullable Object peek() {
    for (; ; ) {
      ChannelState seen = whole();
      Segment segment = seen.segment();
      if (segment != null && segment.isClaimable()) {
        Object first = segment.peek();
        if (first != null) {
          return first;
        }
        continue;
      }
      Object first = seen.first();
      boolean none = seen.size() == 0;
      if (state == seen && (first != null || none)) {
        return first;
      }
      if (first == null && !none) {
        change(seen, seen.laidOut());
      }
    }
  }

  int capacity() {
    return capacity;
  }

  int waitingSenders() {
    return Math.max(0, waitingSenders);
  }

  int waitingReceivers() {
    return waitingReceivers(state());
  }
}
