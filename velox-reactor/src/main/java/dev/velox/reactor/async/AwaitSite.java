package dev.velox.reactor.async;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Shows, as a suppressed exception of an awaited error, which lines awaited it: the error's own
 * trace tells only what happened on the thread that raised it.
 */
final class AwaitSite extends Exception {

  private static final long serialVersionUID = 1L;

  // An exception that is kept in a constant and thrown for ever must not grow for ever.
  private static final int MOST = 32;

  // The classes between a body's code and the threads, above it and below.
  private static final Set<String> MACHINERY =
      Set.of(
          Async.class.getName(),
          Await.class.getName(),
          AwaitSite.class.getName(),
          Body.class.getName(),
          AsyncMono.class.getName() + "$MonoBody",
          AsyncFlux.class.getName() + "$FluxBody");

  private AwaitSite() {
    super("awaited here");
    setStackTrace(trimmed(getStackTrace()));
  }

  static void addTo(Throwable error) {
    int sites = 0;
    for (Throwable suppressed : error.getSuppressed()) {
      if (suppressed instanceof AwaitSite) {
        sites++;
      }
    }
    if (sites < MOST) {
      error.addSuppressed(new AwaitSite());
    }
  }

  /** From the line that awaited down to the first line of the body. */
  private static StackTraceElement[] trimmed(StackTraceElement[] trace) {
    List<StackTraceElement> kept = new ArrayList<>();
    for (StackTraceElement frame : trace) {
      if (!MACHINERY.contains(frame.getClassName())) {
        kept.add(frame);
      } else if (!kept.isEmpty()) {
        break;
      }
    }
    return kept.toArray(new StackTraceElement[0]);
  }
}
