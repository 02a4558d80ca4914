package dev.velox.reactor.internal;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Tells BlockHound, where a user has it, that an idle thread of the hand-over pool may park until
 * there is work. Public only because the service loader asks for it.
 *
 * <p>The methods named are the pool's own waiting for work and its book-keeping as a thread begins
 * and ends. None of them runs a task, so nothing of Velox and nothing of a user can block under
 * this allowance.
 */
public final class VeloxBlockHoundIntegration implements BlockHoundIntegration {

  private static final String POOL = "java.util.concurrent.ForkJoinPool";

  /** Called by the service loader. */
  public VeloxBlockHoundIntegration() {}

  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder
        .allowBlockingCallsInside(POOL, "awaitWork")
        .allowBlockingCallsInside(POOL, "deactivate") // where JDK 25 spins before it parks
        .allowBlockingCallsInside(POOL, "registerWorker")
        .allowBlockingCallsInside(POOL, "deregisterWorker");
  }
}
