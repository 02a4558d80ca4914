package dev.velox.reactor.sync;

/**
 * What the holder of a lock or of permits has in hand, and nobody else.
 *
 * <p>Only the lease can give back what it stands for: there is no way to unlock what one does not
 * hold, and no thread, fiber or request has to be recognised. It may be released on any thread, and
 * any number of times; the first one counts.
 *
 * <p>A lease that is never released holds for ever. The scoped forms ({@code withLock}, {@code
 * withPermits}) take care of that and are to be preferred; next best is {@code
 * Mono.usingWhen(mutex.lock(), lease -> …, lease -> Mono.fromRunnable(lease::release))}.
 */
public interface Lease {

  /**
   * Gives back what is held, to those who wait for it first.
   *
   * <p>Waiters that can go on now are signalled on this thread before the call returns (unless the
   * construct was told to resume them elsewhere), or, if this thread is in the middle of such a
   * signal already, as soon as that has ended.
   *
   * @return {@code true} if this call released it; {@code false} if it was released before
   */
  boolean release();

  /**
   * Whether it holds.
   *
   * @return {@code true} until it is released; {@code false} while it waits for a {@link Condition}
   */
  boolean isHeld();

  /**
   * How much it holds.
   *
   * @return the number of permits; 1 for a lock that is held, 0 for what is not held (any more)
   */
  int permits();
}
