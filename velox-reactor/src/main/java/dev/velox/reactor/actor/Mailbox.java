package dev.velox.reactor.actor;

import dev.velox.reactor.channel.Overflow;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Trampoline;
import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * What was accepted and not yet taken, and who waits for room.
 *
 * <p>One word decides on each message: {@code word}, whose low 31 bits count what was accepted and
 * not yet taken, and whose sign says that no more is taken in.
 *
 * <pre>
 *   n ----offer(), admission of a waiter, n &lt; capacity----&gt; n + 1
 *   n ----take(), by the actor's turn--------------------&gt; n - 1      (the sign stays as it is)
 *   n ----close()----------------------------------------&gt; CLOSED | n
 * </pre>
 *
 * <p>An offer counts first and lies in the queue an instant later; then it wakes the actor. So an
 * actor that was told to stop knows by the count, not by the queue, whether all that was accepted
 * has come.
 *
 * <p>Who waits stands in an immutable line, changed by compare-and-set. {@code pump} lets them in,
 * one call at a time (a work-in-progress count; who comes meanwhile only adds to it), so that they
 * lie in the queue in the order of the line. A newcomer lines up while {@code waiting} is not zero,
 * and that is counted down only when the one let in lies in the queue: so nobody is overtaken; and
 * an offer that must not wait is refused while another sender is on its way into the line, though
 * there may be room again. Each change that could let somebody in (a message taken, somebody lined
 * up, the close) is followed by a pump, so none is missed.
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

  private static final int CLOSED = Integer.MIN_VALUE;
  private static final int FEW = 32;
  private static final VarHandle WORD;
  private static final VarHandle LINE;
  private static final VarHandle WAITING;
  private static final VarHandle ENDED;
  private static final VarHandle PUMPING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(Mailbox.class, "word", int.class);
      LINE = lookup.findVarHandle(Mailbox.class, "line", WaiterQueue.class);
      WAITING = lookup.findVarHandle(Mailbox.class, "waiting", int.class);
      ENDED = lookup.findVarHandle(Mailbox.class, "ended", int.class);
      PUMPING = lookup.findVarHandle(Mailbox.class, "pumping", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Owner owner;
  private final int capacity;
  private final Overflow overflow;
  private final Queue<Object> queue;
  private final @Nullable Priority priority;
  private volatile int word;
  private volatile WaiterQueue<TellWaiter> line = WaiterQueue.empty();
  private volatile int waiting;

  @SuppressWarnings("UnusedVariable") // only through its handle
  private volatile int ended;

  @SuppressWarnings("UnusedVariable") // only through its handle
  private volatile int pumping;

  Mailbox(Owner owner, int capacity, Overflow overflow, @Nullable Comparator<Object> comparator) {
    this.owner = owner;
    this.capacity = capacity;
    this.overflow = overflow;
    // The oldest is dropped by whoever sends, so several may take from that queue.
    this.queue =
        overflow == Overflow.DROP_OLDEST
            ? new ConcurrentLinkedQueue<>()
            : Queues.unboundedMultiproducer().get();
    this.priority = comparator == null ? null : new Priority(comparator);
  }

  /** Offers a message, from any thread; it must not wait. */
  SendResult offer(Object mail) {
    for (; ; ) {
      int seen = word;
      if (seen < 0) {
        return SendResult.CLOSED;
      }
      if (waiting > 0 && overflow == Overflow.WAIT) {
        return SendResult.FULL;
      }
      if (seen < capacity) {
        if (WORD.compareAndSet(this, seen, seen + 1)) {
          put(mail);
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
      Object oldest = queue.poll();
      if (oldest != null) {
        WORD.getAndAdd(this, -1);
        owner.discard(oldest);
        owner.wake(); // it may have waited for this count
      }
    }
  }

  private void put(Object mail) {
    queue.add(owner.accepted(mail));
    owner.wake();
  }

  /** Takes the next message; by the actor's turn alone. */
  @Nullable Object take() {
    Object mail;
    Priority sorted = priority;
    if (sorted == null) {
      mail = queue.poll();
    } else {
      sorted.addAll(queue);
      mail = sorted.poll();
    }
    if (mail != null) {
      WORD.getAndAdd(this, -1);
      if (waiting > 0) {
        pump();
      }
    }
    return mail;
  }

  /** Whether {@link #take} would find something. */
  boolean hasMail() {
    return !queue.isEmpty() || (priority != null && !priority.isEmpty());
  }

  /** Whether all that was accepted has been taken; final once it is closed. */
  boolean isEmpty() {
    return size() == 0;
  }

  int size() {
    return word & ~CLOSED;
  }

  int capacity() {
    return capacity;
  }

  int waiting() {
    return Math.max(0, waiting);
  }

  boolean isClosed() {
    return word < 0;
  }

  void close() {
    int before = (int) WORD.getAndBitwiseOr(this, CLOSED);
    if (before >= 0) {
      pump();
    }
  }

  /** Closes it if there is nothing in it and nobody waits; answers whether this call did. */
  boolean closeIfIdle() {
    // Who lines up at this moment finds it closed and refuses himself.
    return waiting == 0 && WORD.compareAndSet(this, 0, CLOSED);
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
    WaiterQueue<TellWaiter> seen = line;
    TellWaiter first = seen.peek();
    if (first == null) {
      return false;
    }
    int count = word;
    if (first.isWaiting() && count >= 0) {
      if (count >= capacity) {
        return false;
      }
      if (!WORD.compareAndSet(this, count, count + 1)) {
        return true;
      }
      Object mail = first.mail();
      if (mail != null && first.grant(TellWaiter.ACCEPTED)) {
        put(mail);
        leaveLine(first);
        return true;
      }
      WORD.getAndAdd(this, -1);
      owner.wake(); // it may have waited for this count
    } else if (count < 0 && first.grant(TellWaiter.REFUSED)) {
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

    void addAll(Queue<Object> queue) {
      for (Object mail = queue.poll(); mail != null; mail = queue.poll()) {
        heap.add(new Ranked(mail, numbers++));
      }
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
