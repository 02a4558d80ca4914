package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import org.jspecify.annotations.Nullable;

/**
 * How an actor ended.
 *
 * @param reason why
 * @param cause the failure, if it was one
 */
public record Termination(Reason reason, @Nullable Throwable cause) {

  /** Why an actor ended. */
  public enum Reason {
    /** {@link Actor#stop()}: it has handled all that it had accepted. */
    STOPPED,
    /** {@link Actor#stopNow()}: it has finished the message that it was at. */
    STOPPED_NOW,
    /** {@link Actor#kill()}: the message that it was at was cancelled. */
    KILLED,
    /** Supervision stopped it, since a message had failed. */
    FAILED
  }

  /**
   * A termination.
   *
   * @param reason why
   * @param cause the failure, if it was one
   * @throws NullPointerException if {@code reason} is {@code null}
   */
  public Termination {
    Args.notNull(reason, "reason");
  }
}
