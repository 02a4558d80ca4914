package dev.velox.reactor.retry;

import dev.velox.reactor.internal.HandOver;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The kind of thread on which an operation was begun, and on which its later attempts therefore
 * run: what was allowed to block in the first attempt may block in the third.
 *
 * <p>A thread can't be asked for its scheduler, so "where the first ran" is kept as what matters to
 * the code that runs there.
 */
enum Place {
  NON_BLOCKING {
    @Override
    Scheduler scheduler() {
      return HandOver.scheduler();
    }
  },
  MAY_BLOCK {
    @Override
    Scheduler scheduler() {
      return Schedulers.boundedElastic();
    }
  };

  static Place here() {
    return Schedulers.isInNonBlockingThread() ? NON_BLOCKING : MAY_BLOCK;
  }

  /** Looked up at each use, so that virtual time and replaced factories are followed. */
  abstract Scheduler scheduler();
}
