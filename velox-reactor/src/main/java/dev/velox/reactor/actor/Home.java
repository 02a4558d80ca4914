package dev.velox.reactor.actor;

/** Where an actor lives: a system, or the actor that spawned it. */
interface Home {

  /** A dead letter of one that lives here. */
  void deadLetter(DeadLetter letter);

  /** Something happened to one that lives here. */
  void event(ActorEvent event);

  /** One has ended. */
  void ended(ActorCore<?, ?> actor);

  /** One failed, and leaves the decision to who is above. */
  void escalated(Throwable error);

  /** One is restarted, and its supervision wants the others to be, too. */
  void restartOthers(ActorCore<?, ?> actor, Throwable error);
}
