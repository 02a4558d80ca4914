package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * Decides in which order elements are published, to whom, and who has to wait. It knows no
 * publisher.
 *
 * <p><b>State.</b> The elements are one linked log. One reference to an immutable {@link State}
 * names its last entry and who is subscribed; publishing is the compare-and-set that names a new
 * last entry, so the order, the number reached and what a newcomer sees are decided at that one
 * instant. Linking the entry before to the new one comes after, and is done by whoever comes first:
 * the publisher, the next publisher, or anyone who looks ({@link State#link}). Several elements at
 * once are a run of entries that are linked to each other before.
 *
 * <p>A subscriber walks the log at its own pace and needs no copy. What all have passed is garbage
 * by itself.
 *
 * <p><b>Waiting publishers.</b> A subscriber's lag is the distance from its place to the last
 * entry; it only shrinks between two publications. A publisher that sees a lag too great lines up
 * by the compare-and-set that saw it. Whoever shortens a lag looks, afterwards, whether somebody is
 * lined up; and who has just lined up looks once more at the lags. Of the two, one sees the other.
 */
final class BroadcastCore {

  /** An entry of the log. The first one of all holds nothing. */
  static final class Entry {
    final @Nullable Object value;
    final long index;
    volatile @Nullable Entry next;

    Entry(@Nullable Object value, long index) {
      this.value = value;
      this.index = index;
    }

    /** One of a run that nobody has seen yet, so it needs no fence. */
    Entry(Object value, Entry next) {
      this(value, next.index - 1);
      NEXT.set(this, next);
    }
  }

  /** A subscriber, as far as publishing is concerned. */
  abstract static class Receiver implements Runnable {
    final boolean isWaitedFor;
    final int buffer;

    Receiver(boolean isWaitedFor, int buffer) {
      this.isWaitedFor = isWaitedFor;
      this.buffer = buffer;
    }

    /**
     * Begins after this entry. Called before the receiver is visible to anyone, perhaps more than
     * once.
     */
    abstract void startAfter(Entry entry);

    /** The index of the entry that it has passed. */
    abstract long passed();

    final boolean hasRoom(Entry last) {
      return room(last) > 0;
    }

    /**
     * How many may come at once. Who is not waited for gets few of what it can hold: one by one it
     * would have had the time to take some.
     */
    final long room(Entry last) {
      return isWaitedFor ? buffer - (last.index - passed()) : Math.max(1, buffer >> 2);
    }
  }

  /**
   * What is decided by one step.
   *
   * @param last the last entry of the log
   * @param beforeLast the last entry before {@code newest}, which may not be linked to it yet
   * @param newest the first entry of those that were published with the last one
   * @param replayAfter a newcomer begins after this one
   * @param receivers who is subscribed; never changed in place
   * @param publishers who waits to publish
   * @param phase whether it is open
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only, and never changed in place
  record State(
      Entry last,
      Entry beforeLast,
      Entry newest,
      Entry replayAfter,
      Receiver[] receivers,
      WaiterQueue<PublishWaiter> publishers,
      ChannelState.Phase phase)
      implements Runnable {

    /**
     * Wakes all receivers: one signal for all of them, as each signal has to look up its thread's
     * line. What a receiver throws must not keep it from the others.
     */
    @Override
    public void run() {
      Throwable escaped = null;
      for (Receiver receiver : receivers) {
        try {
          receiver.run();
        } catch (Throwable failure) {
          escaped = escaped == null ? failure : Exceptions.addSuppressed(escaped, failure);
        }
      }
      if (escaped != null) {
        throw Exceptions.propagate(escaped);
      }
    }

    void link() {
      // Read first: all write the same, and a written line has to come back from every other core.
      if (beforeLast != last && beforeLast.next == null) {
        beforeLast.next = newest;
      }
    }

    boolean isOpen() {
      return phase.stage() == ChannelState.Stage.OPEN;
    }

    boolean isCancelled() {
      return phase.stage() == ChannelState.Stage.CANCELLED;
    }

    /** Whether an entry is the last one there will ever be. */
    boolean endsWith(Entry entry) {
      return !isOpen() && publishers.isEmpty() && entry == last;
    }

    boolean haveAllRoom() {
      for (Receiver receiver : receivers) {
        if (!receiver.hasRoom(last)) {
          return false;
        }
      }
      return true;
    }

    /** How many may be published at once. */
    int room() {
      long room = Integer.MAX_VALUE;
      for (Receiver receiver : receivers) {
        room = Math.min(room, receiver.room(last));
      }
      return (int) Math.max(0, room);
    }

    State with(Entry entry, int replay, WaiterQueue<PublishWaiter> changed) {
      return with(entry, entry, replay, changed);
    }

    State with(Entry first, Entry end, int replay, WaiterQueue<PublishWaiter> changed) {
      Entry start = replayAfter;
      // The link is there: it was made before the entry after the next was decided.
      while (end.index - start.index > replay) {
        Entry after = start == last ? first : start.next;
        if (after == null) {
          break;
        }
        start = after;
      }
      return new State(end, last, first, start, receivers, changed, phase);
    }

    State withPublishers(WaiterQueue<PublishWaiter> changed) {
      return new State(last, beforeLast, newest, replayAfter, receivers, changed, phase);
    }

    State withReceivers(Receiver[] changed) {
      return new State(last, beforeLast, newest, replayAfter, changed, publishers, phase);
    }

    State withPhase(ChannelState.Phase changed) {
      return new State(last, beforeLast, newest, replayAfter, receivers, publishers, changed);
    }
  }

  /** What a publication came to, if it is no number of receivers reached. */
  static final int FULL = -1;

  static final int CLOSED = -2;
  static final int WAITING = -3;
  static final int TOO_MANY = -4;

  private static final Receiver[] NOBODY = new Receiver[0];
  private static final int KEPT_ENDED = 16;

  private static final VarHandle STATE;
  private static final VarHandle NEXT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(BroadcastCore.class, "state", State.class);
      NEXT = lookup.findVarHandle(Entry.class, "next", Entry.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final int replay;
  private final int maxWaiting;
  private final Consumer<Runnable> signals;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile State state;

  BroadcastCore(int replay, int maxWaiting, Consumer<Runnable> signals) {
    this.replay = replay;
    this.maxWaiting = maxWaiting;
    this.signals = signals;
    Entry first = new Entry(null, 0);
    this.state =
        new State(first, first, first, first, NOBODY, WaiterQueue.empty(), ChannelState.Phase.OPEN);
  }

  /** The state, with its last link made. */
  State state() {
    State seen = state;
    seen.link();
    return seen;
  }

  /** Looks at the state only: a link that is missing is not made. */
  boolean isCancelled() {
    return state.isCancelled();
  }

  int waiting() {
    return Math.max(0, waiting.get());
  }

  /**
   * Publishes an element, or lines up to do so.
   *
   * @return the number of receivers reached, or one of the negative constants
   */
  int publish(Object element, @Nullable PublishWaiter waiter) {
    boolean counted = false;
    for (; ; ) {
      State seen = state();
      int result;
      if (!seen.isOpen()) {
        result = CLOSED;
      } else if (seen.publishers().isEmpty() && seen.haveAllRoom()) {
        State next =
            seen.with(new Entry(element, seen.last().index + 1), replay, seen.publishers());
        if (!change(seen, next)) {
          continue;
        }
        wake(next);
        result = next.receivers().length;
      } else if (isLeftBehind(seen)) {
        change(seen, seen.withPublishers(seen.publishers().minusFirst()));
        continue;
      } else if (waiter == null) {
        return FULL;
      } else if (!counted && waiting.getAndIncrement() >= maxWaiting) {
        waiting.decrementAndGet();
        return TOO_MANY;
      } else {
        counted = true;
        if (!change(seen, seen.withPublishers(seen.publishers().plus(waiter)))) {
          continue;
        }
        admit();
        return WAITING;
      }
      if (counted) {
        waiting.decrementAndGet();
      }
      return result;
    }
  }

  /**
   * How many elements may be published at once, as things are: those who wait for their turn to
   * publish come first.
   */
  int room() {
    State seen = state();
    return seen.publishers().isEmpty() ? seen.room() : 0;
  }

  /**
   * Publishes as many of several elements as may be published now, at one instant.
   *
   * @return how many; {@link #CLOSED} if it is closed
   */
  int publishRun(Object[] elements, int from, int to) {
    for (; ; ) {
      State seen = state();
      if (!seen.isOpen()) {
        return CLOSED;
      }
      int count = seen.publishers().isEmpty() ? Math.min(seen.room(), to - from) : 0;
      if (count == 0) {
        return 0;
      }
      Entry end = new Entry(elements[from + count - 1], seen.last().index + count);
      Entry first = end;
      for (int i = from + count - 2; i >= from; i--) {
        first = new Entry(elements[i], first);
      }
      State next = seen.with(first, end, replay, seen.publishers());
      if (change(seen, next)) {
        wake(next);
        return count;
      }
    }
  }

  /** Whether the first in line has left: it must not keep anyone from publishing. */
  private static boolean isLeftBehind(State seen) {
    PublishWaiter first = seen.publishers().peek();
    return first != null && first.hasLeft();
  }

  /**
   * Lets waiting publishers in, as long as there is room. Called whenever a lag has shrunk or a
   * receiver has left.
   */
  void admit() {
    for (; ; ) {
      State seen = state();
      PublishWaiter first = seen.publishers().peek();
      if (first == null || !seen.haveAllRoom()) {
        return;
      }
      WaiterQueue<PublishWaiter> rest = seen.publishers().minusFirst();
      if (!first.accept()) {
        change(seen, seen.withPublishers(rest));
        continue;
      }
      State next = seen.with(new Entry(first.element(), seen.last().index + 1), replay, rest);
      if (change(seen, next)) {
        first.reached = next.receivers().length;
        waiting.decrementAndGet();
        wake(next);
        if (first.admitted()) {
          signals.accept(first);
        }
      }
    }
  }

  private void wake(State published) {
    if (published.receivers().length == 1) {
      signals.accept(published.receivers()[0]);
    } else if (published.receivers().length != 0) {
      signals.accept(published);
    }
  }

  /**
   * Adds a receiver, which sees what is published from that instant on, after what is to be
   * replayed.
   */
  void join(Receiver receiver) {
    for (; ; ) {
      State seen = state();
      receiver.startAfter(seen.replayAfter());
      Receiver[] present = seen.receivers();
      Receiver[] joined = Arrays.copyOf(present, present.length + 1);
      joined[present.length] = receiver;
      if (change(seen, seen.withReceivers(joined))) {
        return;
      }
    }
  }

  /** Removes a receiver; publishers that waited for it go on. */
  void leave(Receiver receiver) {
    for (; ; ) {
      State seen = state();
      Receiver[] present = seen.receivers();
      int place = Arrays.asList(present).indexOf(receiver);
      if (place < 0) {
        return;
      }
      Receiver[] left = NOBODY;
      if (present.length > 1) {
        left = new Receiver[present.length - 1];
        System.arraycopy(present, 0, left, 0, place);
        System.arraycopy(present, place + 1, left, place, left.length - place);
      }
      if (change(seen, seen.withReceivers(left))) {
        admit();
        return;
      }
    }
  }

  boolean close(@Nullable Throwable cause) {
    for (; ; ) {
      State seen = state();
      if (!seen.isOpen()) {
        return false;
      }
      if (change(seen, seen.withPhase(new ChannelState.Phase(ChannelState.Stage.CLOSED, cause)))) {
        wake(seen);
        return true;
      }
    }
  }

  boolean cancel() {
    for (; ; ) {
      State seen = state();
      if (seen.isCancelled()) {
        return false;
      }
      State next =
          seen.withPhase(new ChannelState.Phase(ChannelState.Stage.CANCELLED, seen.phase().cause()))
              .withPublishers(WaiterQueue.empty());
      if (change(seen, next)) {
        seen.publishers()
            .forEach(
                publisher -> {
                  if (publisher.grant(AdmissionWaiter.REFUSED)) {
                    waiting.decrementAndGet();
                    signals.accept(publisher);
                  } else if (publisher.accept()) {
                    // Bound by one whose change then came too late: it has reached nobody.
                    waiting.decrementAndGet();
                    if (publisher.admitted()) {
                      signals.accept(publisher);
                    }
                  }
                });
        wake(next);
        return true;
      }
    }
  }

  /** A publisher was cancelled on its way, counted itself out, and was never counted in. */
  void publisherNeverWaited() {
    waiting.incrementAndGet();
  }

  /** A waiting publisher has ended by itself. */
  void publisherLeft() {
    int left = waiting.decrementAndGet();
    for (; ; ) {
      State seen = state();
      WaiterQueue<PublishWaiter> line = seen.publishers();
      if (line.isEmpty()
          || (left > 0 && line.size() <= 2L * left + KEPT_ENDED && !isLeftBehind(seen))) {
        return;
      }
      WaiterQueue<PublishWaiter> swept = WaiterQueue.empty();
      for (WaiterQueue<PublishWaiter> rest = line; !rest.isEmpty(); rest = rest.minusFirst()) {
        PublishWaiter publisher = rest.peek();
        if (publisher != null && !publisher.hasLeft()) {
          swept = swept.plus(publisher);
        }
      }
      State next = seen.withPublishers(swept);
      if (change(seen, next)) {
        // One that was closed may have waited for just this one.
        if (!next.isOpen() && swept.isEmpty()) {
          wake(next);
        }
        admit();
        return;
      }
    }
  }

  private boolean change(State seen, State next) {
    if (!STATE.compareAndSet(this, seen, next)) {
      return false;
    }
    next.link();
    return true;
  }
}
