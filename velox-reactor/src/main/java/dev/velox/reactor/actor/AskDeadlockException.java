package dev.velox.reactor.actor;

import java.util.List;

/**
 * Refuses an ask that would close a circle of actors, each waiting for the next one's answer.
 *
 * <p>The circle is seen through the Reactor {@code Context}, at the ask that closes it. Who breaks
 * the context, by {@code subscribe()} inside a behaviour, is not seen.
 */
public final class AskDeadlockException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /** The names along the circle. */
  private final List<String> path;

  /**
   * Tells the circle.
   *
   * @param path the names of the actors, from the one that would be asked again to itself
   */
  public AskDeadlockException(List<String> path) {
    super("These actors would wait for each other: " + String.join(" -> ", path));
    this.path = List.copyOf(path);
  }

  /**
   * Who waits for whom.
   *
   * @return the names of the actors; the first is also the last
   */
  public List<String> path() {
    return path;
  }
}
