package dev.velox.reactor.internal;

import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshotFactory;
import reactor.util.context.ContextView;

/**
 * Sets the thread-locals (MDC, observations) that Micrometer's context-propagation finds in a
 * {@code Context}, if that library is on the class path.
 */
public final class ThreadLocals {

  /** Puts back what the thread had before. */
  public interface Restored {

    /** Puts it back. */
    void close();
  }

  private static final Restored NOTHING = () -> {};
  private static final boolean AVAILABLE = isAvailable();

  private ThreadLocals() {}

  /**
   * Sets the thread-locals of a context.
   *
   * @param context where they are found
   * @return puts back what they were before
   */
  public static Restored restore(ContextView context) {
    return AVAILABLE && !context.isEmpty() ? Micrometer.restore(context) : NOTHING;
  }

  /**
   * Sets the thread-locals of a context, and takes away those that it lacks. For what goes on on a
   * thread that serves somebody else just now, whose thread-locals it must not see.
   *
   * @param context where they are found
   * @return puts back what they were before
   */
  public static Restored adopt(ContextView context) {
    return AVAILABLE ? Micrometer.adopt(context) : NOTHING;
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
    private static final ContextSnapshotFactory CLEARING =
        ContextSnapshotFactory.builder().clearMissing(true).build();

    static Restored restore(ContextView context) {
      return knowsNone() ? NOTHING : FACTORY.setThreadLocalsFrom(context)::close;
    }

    static Restored adopt(ContextView context) {
      return knowsNone() ? NOTHING : CLEARING.setThreadLocalsFrom(context)::close;
    }

    private static boolean knowsNone() {
      return ContextRegistry.getInstance().getThreadLocalAccessors().isEmpty();
    }
  }
}
