package dev.velox.reactor.actor;

import org.jspecify.annotations.Nullable;

/** The actor accepts nothing any more, or stopped before it answered. */
public final class ActorStoppedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  ActorStoppedException(String actor, @Nullable Throwable cause) {
    super(actor + " has stopped", cause);
  }
}
