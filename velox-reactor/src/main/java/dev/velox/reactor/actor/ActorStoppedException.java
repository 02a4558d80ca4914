package dev.velox.reactor.actor;

import org.jspecify.annotations.Nullable;

/** Refuses a message, or ends an ask: the actor has stopped, or is about to. */
public final class ActorStoppedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  /**
   * Tells which actor, and why.
   *
   * @param actor its name
   * @param cause the error that ended it, or {@code null} if it was asked to end
   */
  public ActorStoppedException(String actor, @Nullable Throwable cause) {
    super(actor + " has stopped, or is about to, and takes no more", cause);
  }
}
