package dev.velox.reactor.async;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * How the bodies that a body awaits report to it: it travels in the {@code Context} of everything
 * awaited, so a child finds it whatever operators and threads lie between.
 *
 * <p>State: {@code ending}, the number of children that were cancelled and have not ended. A child
 * raises it before it takes the step to cancelled, and lowers it as the last thing it does. Both
 * happen once each per child, by the winner of the child's own state word. Only the parent's thread
 * waits for zero, at the end of each await. What an operator cancels it cancels before it signals,
 * so the children that the await gave up are counted by then.
 *
 * <p>A child that runs on uncancelled is not waited for: somebody else keeps it, as {@code cache()}
 * does.
 */
final class Children {

  private static final Object KEY = Children.class;

  private static final AtomicIntegerFieldUpdater<Children> ENDING =
      AtomicIntegerFieldUpdater.newUpdater(Children.class, "ending");

  private final Thread parent;
  private final int depth;
  private volatile int ending;

  Children(Thread parent, int depth) {
    this.parent = parent;
    this.depth = depth;
  }

  static @Nullable Children from(ContextView context) {
    return context.getOrDefault(KEY, null);
  }

  Context putInto(Context context) {
    return context.put(KEY, this);
  }

  /** How many bodies lie around these children. */
  int depth() {
    return depth;
  }

  void ending() {
    int ignored = ENDING.incrementAndGet(this);
  }

  void ended() {
    if (ENDING.decrementAndGet(this) == 0) {
      BodyThread.unpark(parent);
    }
  }

  /**
   * Waits, on the parent's thread, until each cancelled child has ended.
   *
   * @return whether an interrupt came meanwhile; the flag is down
   */
  boolean join() {
    boolean interrupted = false;
    while (ending != 0) {
      BodyThread.park(this);
      interrupted |= Thread.interrupted();
    }
    return interrupted;
  }
}
