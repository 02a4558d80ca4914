package dev.velox.reactor.actor;

/** Who waits for an answer, as the actor sees them. */
interface Asked {

  /** Ends the waiting with an error, if it has not ended. */
  boolean end(Throwable error);

  /** Whether nobody waits any more. */
  boolean isDone();
}
