package dev.velox.reactor.actor;

import org.jspecify.annotations.Nullable;

/**
 * Something happened to an actor.
 *
 * @param actor its name
 * @param type what
 * @param cause the error behind it, or {@code null}
 */
public record ActorEvent(String actor, Type type, @Nullable Throwable cause) {

  /** What can happen to an actor. */
  public enum Type {
    /** It is ready for messages. */
    STARTED,
    /** A behaviour failed; its supervision decides what follows. */
    FAILED,
    /** It began again with its initial state. */
    RESTARTED,
    /** It has ended. */
    TERMINATED
  }
}
