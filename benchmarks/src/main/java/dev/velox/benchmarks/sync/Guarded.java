package dev.velox.benchmarks.sync;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What the lock guards: it counts who was inside, and finds out if more were at once than may be.
 */
public final class Guarded {

  private final int permits;
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicLong entered = new AtomicLong();

  // One permit: plain fields, which a lock that does not exclude would get wrong.
  private long plainEntered;
  private boolean plainInside;

  public Guarded(int permits) {
    this.permits = permits;
  }

  public Integer enter() {
    if (permits == 1) {
      if (plainInside) {
        throw new IllegalStateException("Two at once");
      }
      plainInside = true;
      plainEntered++;
    } else {
      if (inside.incrementAndGet() > permits) {
        throw new IllegalStateException("More than " + permits + " at once");
      }
      entered.incrementAndGet();
    }
    return 0;
  }

  public void leave(Integer ignored) {
    if (permits == 1) {
      plainInside = false;
    } else {
      inside.decrementAndGet();
    }
  }

  public long entered() {
    return permits == 1 ? plainEntered : entered.get();
  }

  /** To be inside once; {@code yields} gives the thread away meanwhile. */
  Mono<Void> visit(boolean yields, Scheduler pool) {
    if (!yields) {
      return Mono.fromRunnable(() -> leave(enter()));
    }
    return Mono.fromCallable(this::enter).publishOn(pool).doOnNext(this::leave).then();
  }
}
