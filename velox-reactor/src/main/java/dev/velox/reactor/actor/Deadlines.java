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
 */
final class Deadlines {

  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);
  private static final ConcurrentHashMap<Key, Stack> STACKS = new ConcurrentHashMap<>();

  private record Key(Scheduler scheduler, long tick) {}

  private static final class Link {
    final @Nullable Runnable action;
    final @Nullable Link next;

    Link(@Nullable Runnable action, @Nullable Link next) {
      this.action = action;
      this.next = next;
    }
  }

  private static final Link CLOSED = new Link(null, null);

  private static final class Stack extends AtomicReference<@Nullable Link> implements Runnable {
    private static final long serialVersionUID = 1L;

    private final transient Key key;

    Stack(Key key) {
      this.key = key;
    }

    boolean push(Runnable action) {
      for (; ; ) {
        Link seen = get();
        if (seen == CLOSED) {
          return false;
        }
        if (compareAndSet(seen, new Link(action, seen))) {
          return true;
        }
      }
    }

    @Override
    public void run() {
      STACKS.remove(key, this);
      for (Link each = getAndSet(CLOSED); each != null; each = each.next) {
        Runnable action = each.action;
        if (action != null) {
          action.run();
        }
      }
    }
  }

  private Deadlines() {}

  /** Runs the action after so many nanoseconds, or up to ten milliseconds later. */
  static void add(Scheduler scheduler, long after, Runnable action) {
    long now = scheduler.now(TimeUnit.NANOSECONDS);
    long due = now + after;
    Key key = new Key(scheduler, Math.floorDiv(due + TICK - 1, TICK));
    for (; ; ) {
      Stack stack = STACKS.get(key);
      if (stack == null) {
        Stack fresh = new Stack(key);
        stack = STACKS.putIfAbsent(key, fresh);
        if (stack == null) {
          boolean ignored = fresh.push(action);
          scheduler.schedule(fresh, key.tick * TICK - now, TimeUnit.NANOSECONDS);
          return;
        }
      }
      if (stack.push(action)) {
        return;
      }
    }
  }
}
