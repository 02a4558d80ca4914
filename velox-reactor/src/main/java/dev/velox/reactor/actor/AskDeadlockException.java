package dev.velox.reactor.actor;

import java.util.List;

/**
 * An ask would close a cycle of actors each of which waits for the next one's answer.
 *
 * <p>It is found through the Reactor {@code Context} in which behaviours run: an ask that a
 * behaviour makes outside of it, or waits for by blocking, is not seen.
 */
public final class AskDeadlockException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  AskDeadlockException(List<String> path) {
    super("An ask would wait for itself: " + String.join(" -> ", path));
  }
}
