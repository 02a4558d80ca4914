package dev.velox.reactor.actor;

import org.jspecify.annotations.Nullable;

/**
 * How an actor ended.
 *
 * @param actor its name
 * @param reason why
 * @param cause the error that ended it, or {@code null} if it was asked to end
 */
public record Termination(String actor, Reason reason, @Nullable Throwable cause) {

  /** Why an actor ended. */
  public enum Reason {
    /** It was stopped, after what it had accepted or after the message at hand. */
    STOPPED,
    /** It was killed. */
    KILLED,
    /** Its supervision decided that an error ends it. */
    FAILED
  }
}
