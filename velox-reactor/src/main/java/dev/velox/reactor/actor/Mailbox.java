package dev.velox.reactor.actor;

import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Trampoline;
import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * What was accepted and not yet taken, and who waits for room: the side of those who send. The
 * actor's turn takes from its {@link Outlet}.
 *
 * <p>One word decides on each message: {@code tail}, the last link of the line of messages. Each
 * link has the number of the one before it plus one, so it also counts what was accepted.
 *
 * <pre>
 *   link n ----offer(), admission of a waiter, n - taken &lt; capacity----&gt; link n + 1
 *   link n ----close()-------------------------------------------------&gt; End n
 * </pre>
 *
 * <p>What was taken is counted by {@code taken}, which only grows. So who has read the tail and
 * then finds no room below {@code taken + capacity} has seen a full mailbox at the instant of the
 * second look; and who finds room, and then changes the tail he read, has not gone over it. {@code
 * limit} is that sum as somebody saw it last: senders seldom have to look at what the taker writes.
 * It may be too low, which only costs another look, and never is too high.
 *
 * <p>An offer is at the tail first and is linked to its predecessor an instant later; then it wakes
 * the actor. So an actor that was told to stop knows by the numbers, not by the links, whether all
 * that was accepted has come.
 *
 * <p>Who waits stands in an immutable line, changed by compare-and-set. {@code pump} lets them in,
 * one call at a time (a work-in-progress count; who comes meanwhile only adds to it), so that they
 * are accepted in the order of the line. A place that turns out to be nobody's any more is linked
 * empty. A newcomer lines up while {@code waiting} is not zero, and that is counted down only when
 * the one let in is linked: so nobody is overtaken; and an offer that must not wait is refused
 * while another sender is on its way into the line, though there may be room again. Each change
 * that could let somebody in (a message taken, somebody lined up, the close) is followed by a pump,
 * so none is missed: who lines up says so at the outlet before he pumps, and the taker looks there
 * after it has counted.
 */
final class Mailbox {

  /** Whose mailbox it is. */
  interface Owner {

    /** There may be something to do: a message has come, or the count that it waits for. */
    void wake();

    /** A message was accepted: answers what is to lie in the mailbox for it. */
    Object accepted(Object mail);

    /** A message that was accepted is dropped. */
    void discard(Object mail);
  }

  private static final Object NOBODYS = new Object();
  private static final int FEW = 32;
  private static final VarHandle TAIL;
  private static final VarHandle LINE;
  private static final VarHandle WAITING;
  private static final VarHandle ENDED;
  private static final VarHandle PUMPING;
  private static final VarHandle HEAD;
  private static final VarHandle TAKEN;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TAIL = lookup.findVarHandle(Mailbox.class, "tail", Link.class);
      LINE = lookup.findVarHandle(Mailbox.class, "line", WaiterQueue.class);
      WAITING = lookup.findVarHandle(Mailbox.class, "waiting", int.class);
      ENDED = lookup.findVarHandle(Mailbox.class, "ended", int.class);
      PUMPING = lookup.findVarHandle(Mailbox.class, "pumping", int.class);
      HEAD = lookup.findVarHandle(Outlet.class, "head", Link.class);
      TAKEN = lookup.findVarHandle(Outlet.class, "taken", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Owner owner;
  private final int capacity;
  private final Overflow overflow;
  private final Outlet outlet;
  private volatile Link tail = new Link(null);
  private int limit;
  private volatile int waiting;
  private volatile WaiterQueue<TellWaiter> line = WaiterQueue.empty();

  @SuppressWarnings("UnusedVariable") // only through its handle
  private volatile int ended;

  @SuppressWarnings("UnusedVariable") // only through its handle
  private volatile int pumping;

  Mailbox(Owner owner, int capacity, Overflow overflow, @Nullable Comparator<Object> comparator) {
    this.owner = owner;
    this.capacity = capacity;
    this.overflow = overflow;
    this.limit = capacity;
    this.outlet =
        new Outlet(this, tail, comparator == null ? null : new Priority(comparator), overflow);
  }

  Outlet outlet() {
    return outlet;
  }

  /** Offers a message, from any thread; it must not wait. */
  SendResult offer(Object mail) {
    Link link = null;
    for (; ; ) {
      Link seen = tail;
      if (seen instanceof End) {
        return SendResult.CLOSED;
      }
      if (waiting > 0 && overflow == Overflow.WAIT) {
        return SendResult.FULL;
      }
      if (hasRoomAfter(seen)) {
        if (link == null) {
          link = new Link(mail);
        }
        if (append(seen, link)) {
          link.mail = owner.accepted(mail);
          put(seen, link);
          return SendResult.SENT;
        }
        continue;
      }
      if (overflow == Overflow.DROP_LATEST) {
        return SendResult.DROPPED;
      }
      if (overflow != Overflow.DROP_OLDEST) {
        return SendResult.FULL;
      }
      Object oldest = outlet.poll();
      if (oldest != null) {
        outlet.countTaken();
        owner.discard(oldest);
        owner.wake(); // it may have waited for this count
      }
    }
  }

  private boolean hasRoomAfter(Link last) {
    int room = limit - last.number;
    if (room > 0 && room <= capacity) {
      return true;
    }
    int now = outlet.taken + capacity;
    limit = now;
    return now - last.number > 0;
  }

  private boolean append(Link last, Link link) {
    link.number = last.number + 1;
    return TAIL.compareAndSet(this, last, link);
  }

  private void put(Link last, Link link) {
    last.next = link;
    owner.wake();
  }

  /** Whether all that was accepted has been taken; final once it is closed. */
  boolean isEmpty() {
    return size() == 0;
  }

  int size() {
    for (; ; ) {
      Link seen = tail;
      int size = seen.number - outlet.taken;
      if (tail.number == seen.number) {
        return size;
      }
    }
  }

  int capacity() {
    return capacity;
  }

  int waiting() {
    return Math.max(0, waiting);
  }

  boolean isClosed() {
    return tail instanceof End;
  }

  void close() {
    for (Link seen = tail; !(seen instanceof End); seen = tail) {
      if (TAIL.compareAndSet(this, seen, new End(seen.number))) {
        pump();
      }
    }
  }

  /** Closes it if there is nothing in it and nobody waits; answers whether this call did. */
  boolean closeIfIdle() {
    Link seen = tail;
    // Who lines up at this moment finds it closed and refuses himself.
    return !(seen instanceof End)
        && waiting == 0
        && outlet.taken == seen.number
        && TAIL.compareAndSet(this, seen, new End(seen.number));
  }

  boolean mayWait() {
    return overflow == Overflow.WAIT;
  }

  /** Lines up for room. */
  void lineUp(TellWaiter waiter) {
    WAITING.getAndAdd(this, 1);
    for (WaiterQueue<TellWaiter> seen = line;
        !LINE.compareAndSet(this, seen, seen.plus(waiter));
        seen = line) {
      // somebody else was quicker
    }
    outlet.wanted = true;
    pump();
  }

  /** Somebody in the line left by himself. */
  void left() {
    WAITING.getAndAdd(this, -1);
    int gone = (int) ENDED.getAndAdd(this, 1) + 1;
    WaiterQueue<TellWaiter> seen = line;
    if (gone > FEW && gone > seen.size() / 2) {
      if (LINE.compareAndSet(this, seen, WaiterQueue.withoutEnded(seen))) {
        ENDED.getAndAdd(this, -gone);
      }
    }
    pump();
  }

  private void pump() {
    if ((int) PUMPING.getAndAdd(this, 1) != 0) {
      return;
    }
    int missed = 1;
    do {
      while (admitOne()) {
        // until nobody waits or there is no room
      }
      missed = (int) PUMPING.getAndAdd(this, -missed) - missed;
    } while (missed != 0);
  }

  private boolean admitOne() {
    TellWaiter first = line.peek();
    if (first == null) {
      return false;
    }
    Link seen = tail;
    boolean isOpen = !(seen instanceof End);
    if (first.isWaiting() && isOpen) {
      if (!hasRoomAfter(seen)) {
        return false;
      }
      Link link = new Link(NOBODYS);
      if (!append(seen, link)) {
        return true;
      }
      Object mail = first.mail();
      if (mail != null && first.grant(TellWaiter.ACCEPTED)) {
        link.mail = owner.accepted(mail);
        put(seen, link);
        leaveLine(first);
        return true;
      }
      put(seen, link);
    } else if (!isOpen && first.grant(TellWaiter.REFUSED)) {
      leaveLine(first);
      return true;
    }
    removeFirst(first);
    return true;
  }

  /** Tells one what was decided, when nothing here refers to it any more. */
  private void leaveLine(TellWaiter first) {
    removeFirst(first);
    WAITING.getAndAdd(this, -1);
    Trampoline.run(first);
  }

  /** Only the pump takes away from the front; others add to the end, or sweep what has ended. */
  private void removeFirst(TellWaiter first) {
    for (WaiterQueue<TellWaiter> now = line; now.peek() == first; now = line) {
      if (LINE.compareAndSet(this, now, now.minusFirst())) {
        return;
      }
    }
  }

  /** A message, or the one before the first. */
  private static class Link {
    private @Nullable Object mail;
    private int number;
    private volatile @Nullable Link next;

    Link(@Nullable Object mail) {
      this.mail = mail;
    }
  }

  /** Behind which nothing is accepted. */
  private static final class End extends Link {

    End(int number) {
      super(null);
      super.number = number;
    }
  }

  /**
   * The side of the actor's turn, in a line of the cache of its own, which it writes with each
   * message.
   *
   * <pre>
   *   head:    link n ---poll(), once the link after it is there---&gt; link n + 1
   *   taken:   n -------after a poll---------------------------------&gt; n + 1
   *   wanted:  false ---who lines up, before he pumps---&gt; true ---the turn that finds nobody---&gt; false
   * </pre>
   *
   * <p>{@code head} is the turn's alone, which has it by its ownership of the actor; only where the
   * oldest is dropped do senders poll too, and then each step is a compare-and-set, whose winner
   * alone has the message. A link that was passed forgets the next one: who read it before finds
   * that the head has moved on, and looks again. {@code wanted} is lowered before {@code waiting}
   * is looked at for the last time, and {@code waiting} is raised before {@code wanted}: one sees
   * the other.
   */
  @SuppressWarnings("UnusedVariable") // what keeps the distance
  static final class Outlet {
    private int p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12;
    private volatile int taken;
    private volatile boolean wanted;
    private final boolean isShared;
    private Link head;
    private final @Nullable Priority priority;
    private final Mailbox mailbox;

    private Outlet(Mailbox mailbox, Link first, @Nullable Priority priority, Overflow overflow) {
      this.mailbox = mailbox;
      this.head = first;
      this.priority = priority;
      // The oldest is dropped by whoever sends.
      this.isShared = overflow == Overflow.DROP_OLDEST;
    }

    /** Takes the next message; by the actor's turn alone. */
    @Nullable Object take() {
      Object mail;
      Priority sorted = priority;
      if (sorted == null) {
        mail = poll();
      } else {
        for (Object each = poll(); each != null; each = poll()) {
          sorted.add(each);
        }
        mail = sorted.poll();
      }
      if (mail != null) {
        countTaken();
      }
      return mail;
    }

    private void countTaken() {
      TAKEN.getAndAdd(this, 1);
      if (wanted) {
        if (mailbox.waiting == 0) {
          wanted = false;
          if (mailbox.waiting != 0) {
            wanted = true; // who has lined up meanwhile had said so before
          }
        }
        mailbox.pump();
      }
    }

    private @Nullable Object poll() {
      for (; ; ) {
        Link first = head;
        Link next = first.next;
        if (next == null) {
          if (!isShared || first == HEAD.getVolatile(this)) {
            return null;
          }
          continue;
        }
        Object mail = next.mail;
        if (!isShared) {
          head = next;
        } else if (!HEAD.compareAndSet(this, first, next)) {
          continue;
        }
        next.mail = null;
        first.next = null; // an old link must not keep young ones alive
        if (mail != NOBODYS) {
          return mail;
        }
        countTaken();
      }
    }

    /** Whether {@link #take} would find something. */
    boolean hasMail() {
      return head.next != null || (priority != null && !priority.isEmpty());
    }
  }

  /**
   * The more important first, then the earlier; touched by the actor's turn alone, but for size.
   */
  private static final class Priority {

    private record Ranked(Object mail, long number) {}

    private final PriorityQueue<Ranked> heap;
    private volatile int size;
    private long numbers;

    Priority(Comparator<Object> comparator) {
      this.heap =
          new PriorityQueue<>(
              Comparator.<Ranked, Object>comparing(each -> Mail.message(each.mail), comparator)
                  .thenComparingLong(Ranked::number));
    }

    void add(Object mail) {
      heap.add(new Ranked(mail, numbers++));
      size = heap.size();
    }

    @Nullable Object poll() {
      Ranked first = heap.poll();
      size = heap.size();
      return first == null ? null : first.mail;
    }

    boolean isEmpty() {
      return size == 0;
    }
  }
}
