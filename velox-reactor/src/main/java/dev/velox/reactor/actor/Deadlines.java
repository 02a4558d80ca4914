package dev.velox.reactor.actor;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * A coarse timer shared by all asks and all idle actors of keys: those that are due in the same ten
 * milliseconds of the same scheduler share one task. Each is a link in a stack, which the task
 * takes down once.
 *
 * <p>State of a stack: links, then CLOSED for good, by the task. Who finds it closed makes a new
 * one; as the task removes a stack before it closes it, that one is another.
 *
 * <p>Most asks are answered long before they are due, and their links would pile up until then. So
 * who pushes one too many sweeps: he takes the whole stack, drops what is over, and pushes the rest
 * again; if the task has closed it meanwhile, the rest is due. The stack has to be twice as high as
 * after the last sweep for the next one, so a push costs O(1) amortised, and what is over never
 * outnumbers what is not by more than a few.
 */
final class Deadlines {

  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int FEW = 16;
  private static final ConcurrentHashMap<Key, Stack> STACKS = new ConcurrentHashMap<>();

  private record Key(Scheduler scheduler, long tick) {}

  /** Something that is due at a time. It stands in one stack at most. */
  abstract static class Deadline {
    private @Nullable Deadline next;
    private int height;

    /** Whether nothing is to be done any more. */
    abstract boolean isOver();

    /** The time has come. */
    abstract void expire();
  }

  private static final Deadline CLOSED =
      new Deadline() {
        @Override
        boolean isOver() {
          return true;
        }

        @Override
        void expire() {}
      };

  private static final class Stack extends AtomicReference<@Nullable Deadline> implements Runnable {
    private static final long serialVersionUID = 1L;

    private final transient Key key;
    private volatile int swept;

    Stack(Key key) {
      this.key = key;
    }

    boolean add(Deadline deadline) {
      if (!push(deadline)) {
        return false;
      }
      if (deadline.height > 2 * swept + FEW) {
        sweep();
      }
      return true;
    }

    private boolean push(Deadline deadline) {
      for (; ; ) {
        Deadline seen = get();
        if (seen == CLOSED) {
          return false;
        }
        deadline.next = seen;
        deadline.height = seen == null ? 1 : seen.height + 1;
        if (compareAndSet(seen, deadline)) {
          return true;
        }
      }
    }

    private void sweep() {
      Deadline all = get();
      while (all != CLOSED && !compareAndSet(all, null)) {
        all = get();
      }
      if (all == CLOSED) {
        return;
      }
      int kept = 0;
      for (Deadline each = all; each != null; ) {
        Deadline following = each.next;
        if (!each.isOver()) {
          kept++;
          if (!push(each)) {
            each.expire();
          }
        }
        each = following;
      }
      swept = kept;
    }

    @Override
    public void run() {
      STACKS.remove(key, this);
      for (Deadline each = getAndSet(CLOSED); each != null; ) {
        Deadline following = each.next; // one that expires may be added again
        each.expire();
        each = following;
      }
    }

    /** For tests: how many stand in it. */
    int height() {
      int count = 0;
      for (Deadline each = get(); each != null; each = each.next) {
        count++;
      }
      return count;
    }
  }

  private Deadlines() {}

  /** Lets it expire after so many nanoseconds, or up to ten milliseconds later. */
  static void add(Scheduler scheduler, long after, Deadline deadline) {
    long now = scheduler.now(TimeUnit.NANOSECONDS);
    long due = now + after;
    Key key = new Key(scheduler, Math.floorDiv(due + TICK - 1, TICK));
    for (; ; ) {
      Stack stack = STACKS.get(key);
      if (stack == null) {
        Stack fresh = new Stack(key);
        stack = STACKS.putIfAbsent(key, fresh);
        if (stack == null) {
          boolean ignored = fresh.add(deadline);
          scheduler.schedule(fresh, key.tick * TICK - now, TimeUnit.NANOSECONDS);
          return;
        }
      }
      if (stack.add(deadline)) {
        return;
      }
    }
  }

  /** For tests: how many links are kept for a scheduler. */
  static int kept(Scheduler scheduler) {
    return STACKS.values().stream()
        .filter(stack -> stack.key.scheduler == scheduler)
        .mapToInt(Stack::height)
        .sum();
  }
}
