package dev.velox.reactor.channel;

import dev.velox.reactor.internal.Waiter;
import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something that happens once, and those who want to be told.
 *
 * <pre>
 *   queue of watchers --- happen() --&gt; null, for ever
 * </pre>
 *
 * <p>A watcher joins by compare-and-set on the queue, so it is either in the queue that {@code
 * happen} takes, and is told by it, or finds {@code null}, and is told at once. One that leaves
 * ends by its own word and is swept out with others later.
 */
final class Milestone {

  private static final int KEPT_ENDED = 16;

  /** Somebody who wants to be told; its grant is {@link #HAPPENED}. */
  abstract static class Watcher extends Waiter<Object> {}

  static final Object HAPPENED = new Object();

  // Two words rather than two atomic objects: each channel has two of these.
  private static final VarHandle WATCHERS;
  private static final VarHandle WATCHING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WATCHERS = lookup.findVarHandle(Milestone.class, "watchers", WaiterQueue.class);
      WATCHING = lookup.findVarHandle(Milestone.class, "watching", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Consumer<Runnable> signals;
  private volatile @Nullable WaiterQueue<Watcher> watchers = WaiterQueue.empty();

  @SuppressWarnings("UnusedVariable") // through WATCHING
  private volatile int watching;

  Milestone(Consumer<Runnable> signals) {
    this.signals = signals;
  }

  boolean hasHappened() {
    return watchers == null;
  }

  /** Tells the watcher when it happens; at once if it has. */
  void watch(Watcher watcher) {
    WATCHING.getAndAdd(this, 1);
    for (; ; ) {
      WaiterQueue<Watcher> seen = watchers;
      if (seen == null) {
        tell(watcher);
        return;
      }
      if (WATCHERS.compareAndSet(this, seen, seen.plus(watcher))) {
        return;
      }
    }
  }

  /** A watcher has ended by itself. */
  void watcherLeft() {
    int left = (int) WATCHING.getAndAdd(this, -1) - 1;
    for (; ; ) {
      WaiterQueue<Watcher> seen = watchers;
      if (seen == null
          || seen.size() <= (left <= 0 ? 0 : 2L * left + KEPT_ENDED)
          || WATCHERS.compareAndSet(this, seen, WaiterQueue.withoutEnded(seen))) {
        return;
      }
    }
  }

  /** It has happened. */
  void happen() {
    for (; ; ) {
      WaiterQueue<Watcher> all = watchers;
      if (all == null) {
        return;
      }
      if (WATCHERS.compareAndSet(this, all, null)) {
        all.forEach(this::tell);
        return;
      }
    }
  }

  private void tell(Watcher watcher) {
    if (watcher.grant(HAPPENED)) {
      signals.accept(watcher);
    }
  }
}
