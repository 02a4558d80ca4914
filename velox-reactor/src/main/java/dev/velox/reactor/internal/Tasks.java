package dev.velox.reactor.internal;

import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Runs what a scheduler was given so that its failure cannot end the thread or the tasks behind it.
 */
final class Tasks {

  private Tasks() {}

  static void runSafely(Runnable task) {
    try {
      task.run();
    } catch (Throwable failure) {
      Exceptions.throwIfJvmFatal(failure);
      Operators.onErrorDropped(failure, Context.empty());
    }
  }
}
