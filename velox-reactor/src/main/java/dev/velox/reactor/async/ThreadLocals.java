package dev.velox.reactor.async;

import io.micrometer.context.ContextSnapshotFactory;
import reactor.util.context.ContextView;

/**
 * Sets the thread-locals (MDC, observations) that Micrometer's context-propagation finds in a
 * {@code Context}, if that library is on the class path.
 */
final class ThreadLocals {

  /** Puts back what the thread had before. */
  interface Restored {
    void close();
  }

  private static final Restored NOTHING = () -> {};
  private static final boolean AVAILABLE = isAvailable();

  private ThreadLocals() {}

  static Restored restore(ContextView context) {
    return AVAILABLE && !context.isEmpty() ? Micrometer.restore(context) : NOTHING;
  }

  private static boolean isAvailable() {
    try {
      Class.forName(
          "io.micrometer.context.ContextSnapshotFactory",
          false,
          ThreadLocals.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError absent) {
      return false;
    }
  }

  /** Loaded only when the optional library is there. */
  private static final class Micrometer {
    private static final ContextSnapshotFactory FACTORY = ContextSnapshotFactory.builder().build();

    static Restored restore(ContextView context) {
      return FACTORY.setThreadLocalsFrom(context)::close;
    }
  }
}
