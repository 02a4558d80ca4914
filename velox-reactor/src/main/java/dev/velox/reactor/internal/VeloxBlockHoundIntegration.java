package dev.velox.reactor.internal;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Tells BlockHound, where a user has it, that an idle thread of the hand-over pool may park until
 * there is work, and that the pool may keep its books. Public only because the service loader asks
 * for it.
 *
 * <p>The methods named are the pool's own waiting for work, and its book-keeping as a thread begins
 * and ends, as another submits for the first time, and as a task is taken out of a queue. None of
 * them runs a task, so nothing of Velox and nothing of a user can block under this allowance.
 */
public final class VeloxBlockHoundIntegration implements BlockHoundIntegration {

  private static final String POOL = "java.util.concurrent.ForkJoinPool";
  private static final String QUEUE = POOL + "$WorkQueue";

  /** Called by the service loader. */
  public VeloxBlockHoundIntegration() {}

  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder
        .allowBlockingCallsInside(POOL, "awaitWork")
        .allowBlockingCallsInside(POOL, "deactivate") // where JDK 25 spins before it parks
        .allowBlockingCallsInside(POOL, "registerWorker")
        .allowBlockingCallsInside(POOL, "deregisterWorker")
        // Who submits for the first time makes a queue, under the lock with which threads begin.
        .allowBlockingCallsInside(POOL, "submissionQueue")
        // The same lock on JDK 25, which is also that of the common pool's clock.
        .allowBlockingCallsInside(POOL, "spinLockRunState")
        // Where JDK 25 spins if another thread is about to take a task of the same queue.
        .allowBlockingCallsInside(QUEUE, "nextLocalTask")
        .allowBlockingCallsInside(QUEUE, "poll");
  }
}
