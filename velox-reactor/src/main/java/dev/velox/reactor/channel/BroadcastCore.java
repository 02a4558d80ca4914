package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
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
 * the publisher, the next publisher, or anyone who looks ({@link State#link}). Several elements
 * that are published at once are one entry, so a place in the log is an entry and an index.
 *
 * <p>A subscriber walks the log at its own pace and needs no copy. An entry that all have passed is
 * garbage by itself.
 *
 * <p><b>Waiting publishers.</b> A subscriber's lag is the distance from its place to the last
 * entry; it only shrinks between two publications. A publisher that sees a lag too great lines up
 * by the compare-and-set that saw it. Whoever shortens a lag looks, afterwards, whether somebody is
 * lined up; and who has just lined up looks once more at the lags. Of the two, one sees the other.
 */
final class BroadcastCore {

  /**
   * An entry of the log: one element, or several that were published at once. The first one of all
   * holds nothing.
   */
  static final class Entry {
    private final @Nullable Object only;
    private final Object @Nullable [] several;

    /** Of its last element. */
    final long index;

    volatile @Nullable Entry next;

    private Entry(@Nullable Object only, Object @Nullable [] several, long index) {
      this.only = only;
      this.several = several;
      this.index = index;
    }

    static Entry start() {
      return new Entry(null, null, 0);
    }

    static Entry of(Object element, long index) {
      return new Entry(element, null, index);
    }

    /** Of several, which nobody changes any more. */
    static Entry ofSeveral(Object[] elements, long index) {
      return new Entry(null, elements, index);
    }

    /** The element with this index, which must be one of its own. */
    Object element(long at) {
      Object element = several == null ? only : several[placeOf(at)];
      if (element == null) {
        throw new IllegalStateException("no element " + at + " in the entry that ends at " + index);
      }
      return element;
    }

    private int placeOf(long at) {
      int last = several == null ? 0 : several.length - 1;
      return last - (int) (index - at);
    }
  }

  /**
   * A subscriber, as far as publishing is concerned. Its place in the log is the element that it
   * has passed, and the entry that holds, or ends with, that element. Both are written by its owner
   * alone; publishers read how far it has come.
   */
  abstract static class Receiver implements Runnable {
    final boolean isWaitedFor;
    final int buffer;
    private volatile long passed;
    private @Nullable Entry place;

    Receiver(boolean isWaitedFor, int buffer) {
      this.isWaitedFor = isWaitedFor;
      this.buffer = buffer;
    }

    /** Called before the receiver is visible to anyone, perhaps more than once. */
    final void startAfter(Entry entry, long index) {
      place = entry;
      passed = index;
    }

    /** How many can be taken without looking whether more have come; none if none has. */
    final int ready() {
      Entry at = place;
      if (at == null) {
        return 0;
      }
      long index = passed();
      if (index == at.index) {
        at = at.next;
        if (at == null) {
          return 0;
        }
        place = at;
      }
      return (int) (at.index - index);
    }

    /**
     * Takes the next of those that are ready. Who is waited for sees to it that publishers in line
     * learn of it, by a fence and {@link #admit}.
     */
    final Object take() {
      Entry at = Objects.requireNonNull(place, "place");
      long index = passed() + 1;
      passedTo(index);
      return at.element(index);
    }

    /** The elements of which some are ready, if they were published at once. */
    final Object @Nullable [] several() {
      return place == null ? null : place.several;
    }

    /** Which of them is the next. */
    final int nextOfSeveral() {
      Entry at = Objects.requireNonNull(place, "place");
      return at.placeOf(passed() + 1);
    }

    /** For its owner: the index of the element that it has passed. */
    final long passed() {
      return (long) PASSED.get(this);
    }

    /** Has taken the element with this index; see {@link #take}. */
    final void passedTo(long index) {
      PASSED.setRelease(this, index);
    }

    final boolean isAtEndOf(State state) {
      Entry at = place;
      return at != null && state.endsWith(at, passed);
    }

    /** Takes no more, and keeps nothing alive. */
    final void forget() {
      place = null;
    }

    final boolean hasRoom(Entry last) {
      return room(last) > 0;
    }

    /**
     * How many may come at once. Who is not waited for gets few of what it can hold: one by one it
     * would have had the time to take some.
     */
    final long room(Entry last) {
      return isWaitedFor ? buffer - (last.index - passed) : Math.max(1, buffer >> 2);
    }
  }

  /**
   * What is decided by one step.
   *
   * @param last the last entry of the log
   * @param beforeLast the one before, which may not be linked to it yet
   * @param replayFrom the entry that holds, or ends with, what a newcomer begins after
   * @param receivers who is subscribed; never changed in place
   * @param publishers who waits to publish
   * @param phase whether it is open
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only, and never changed in place
  record State(
      Entry last,
      Entry beforeLast,
      Entry replayFrom,
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
        beforeLast.next = last;
      }
    }

    boolean isOpen() {
      return phase.stage() == ChannelState.Stage.OPEN;
    }

    boolean isCancelled() {
      return phase.stage() == ChannelState.Stage.CANCELLED;
    }

    /** Whether nothing will ever come after this element of an entry. */
    boolean endsWith(Entry entry, long index) {
      return !isOpen() && publishers.isEmpty() && entry == last && index == last.index;
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

    /** The index after which a newcomer begins. */
    long replayAfter(int replay) {
      return Math.max(0, last.index - replay);
    }

    State with(Entry entry, int replay, WaiterQueue<PublishWaiter> changed) {
      Entry start = replayFrom;
      while (start.index < entry.index - replay) {
        // The link is there: it was made before the entry after the next was decided.
        start = start == last ? entry : Objects.requireNonNull(start.next, "link");
      }
      return new State(entry, last, start, receivers, changed, phase);
    }

    State withPublishers(WaiterQueue<PublishWaiter> changed) {
      return new State(last, beforeLast, replayFrom, receivers, changed, phase);
    }

    State withReceivers(Receiver[] changed) {
      return new State(last, beforeLast, replayFrom, changed, publishers, phase);
    }

    State withPhase(ChannelState.Phase changed) {
      return new State(last, beforeLast, replayFrom, receivers, publishers, changed);
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
  private static final VarHandle PASSED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(BroadcastCore.class, "state", State.class);
      PASSED = lookup.findVarHandle(Receiver.class, "passed", long.class);
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
    Entry first = Entry.start();
    this.state =
        new State(first, first, first, NOBODY, WaiterQueue.empty(), ChannelState.Phase.OPEN);
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
        State next = seen.with(Entry.of(element, seen.last().index + 1), replay, seen.publishers());
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
   * Publishes as many of several elements as may be published now, at one instant. If that is all
   * that the array holds, the array becomes a part of the log, and must not be changed any more.
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
      long index = seen.last().index + count;
      Entry entry =
          count == 1
              ? Entry.of(elements[from], index)
              : Entry.ofSeveral(
                  count == elements.length
                      ? elements
                      : Arrays.copyOfRange(elements, from, from + count),
                  index);
      State next = seen.with(entry, replay, seen.publishers());
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
      State next = seen.with(Entry.of(first.element(), seen.last().index + 1), replay, rest);
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
      receiver.startAfter(seen.replayFrom(), seen.replayAfter(replay));
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
