package dev.velox.reactor.async;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to the thread on which a body runs: which body that is, and how the thread waits.
 *
 * <p>This is the one class of the library in which a thread waits. It is always a body's own
 * thread: {@link Async} refuses to await, and {@link Body} never waits, where Reactor says that the
 * thread must not block. Whoever waits here loops over its own condition, since {@link #park} may
 * return for no reason.
 *
 * <p>The thread-local is how the static {@code await} finds the body it was called from; a virtual
 * thread offers no other place. It is set while the body's code runs and at no other time.
 */
final class BodyThread {

  private static final ThreadLocal<Body<?>> CURRENT = new ThreadLocal<>();

  private BodyThread() {}

  /**
   * The body whose code this thread runs.
   *
   * @return {@code null} outside any body
   */
  static @Nullable Body<?> current() {
    return CURRENT.get();
  }

  /**
   * Enters a body.
   *
   * @return the one around it, if an executor runs bodies on their caller's thread
   */
  static @Nullable Body<?> enter(Body<?> body) {
    Body<?> around = CURRENT.get();
    CURRENT.set(body);
    return around;
  }

  static void leave(@Nullable Body<?> around) {
    if (around == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(around);
    }
  }

  /** Waits until {@link #unpark}, an interrupt, or no reason at all. */
  static void park(Object blocker) {
    LockSupport.park(blocker);
  }

  /** Wakes a body's thread; one that isn't waiting won't wait the next time. */
  static void unpark(@Nullable Thread thread) {
    LockSupport.unpark(thread);
  }
}
