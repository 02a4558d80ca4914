package dev.velox.reactor.sync;

/**
 * Refuses to wait for a lock from inside a section that holds it: the section would wait for
 * itself.
 *
 * <p>The section is recognised by the Reactor {@code Context} that {@code withLock} gives to its
 * body. {@link Mutex#reentrant()} makes a mutex that lets its holder in again.
 */
public final class SelfDeadlockException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which lock.
   *
   * @param construct the lock, by its name or kind
   */
  public SelfDeadlockException(String construct) {
    super(
        construct
            + " is held by the section that asks for it, which would wait for itself;"
            + " use the lease at hand, or Mutex.reentrant()");
  }
}
