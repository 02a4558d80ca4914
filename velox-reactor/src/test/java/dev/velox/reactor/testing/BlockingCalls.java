package dev.velox.reactor.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;

/**
 * Every blocking call that BlockHound saw on a non-blocking thread. The call is refused where it
 * happens and recorded here, because the error itself may be swallowed by whoever catches
 * throwables on its way.
 */
public final class BlockingCalls {

  private static final Queue<BlockingOperationError> SEEN = new ConcurrentLinkedQueue<>();
  private static final AtomicBoolean INSTALLED = new AtomicBoolean();

  private BlockingCalls() {}

  static void install() {
    if (INSTALLED.compareAndSet(false, true)) {
      BlockHound.builder()
          .loadIntegrations()
          // A cancelled timer of Reactor's takes itself out of its queue, under the queue's lock.
          // An
          // error thrown while that lock is waited for leaves it locked for ever, and with it one
          // of
          // Reactor's parallel threads: all tests that need it hang from then on.
          .allowBlockingCallsInside(
              "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "remove")
          // The clock of tests locks its queue, whoever asks it for the time or a timer.
          .allowBlockingCallsInside(
              "reactor.test.scheduler.VirtualTimeScheduler$VirtualTimeWorker", "schedule")
          .allowBlockingCallsInside(
              "reactor.test.scheduler.VirtualTimeScheduler$VirtualTimeWorker",
              "schedulePeriodically")
          .blockingMethodCallback(
              method -> {
                BlockingOperationError error = new BlockingOperationError(method);
                SEEN.add(error);
                throw error;
              })
          .install();
    }
  }

  /** Answers what was seen since the last call, and forgets it. */
  public static List<BlockingOperationError> drain() {
    List<BlockingOperationError> drained = new ArrayList<>();
    for (BlockingOperationError error = SEEN.poll(); error != null; error = SEEN.poll()) {
      drained.add(error);
    }
    return drained;
  }
}
