package dev.velox.reactor.sync;

/** What leads to a gate: the gate itself, or a key whose gate comes and goes. */
interface Door {

  /** The gate to line up at; another one each time it is found to have retired. */
  Gate gate();

  /** What stands for the gate until somebody really lines up: the gate, or one that has retired. */
  Gate entrance();
}
