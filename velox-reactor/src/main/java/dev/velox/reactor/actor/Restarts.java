package dev.velox.reactor.actor;

import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.FailedAttempt;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** How often an actor was restarted, and when; touched by its turn alone. */
final class Restarts {

  private @Nullable Supervision counted;
  private Backoff rest = Backoff.none();
  private Duration previous = Duration.ZERO;
  private int attempt;
  private long since;

  /** Nanoseconds until the next restart, or -1 if there is none. */
  long next(Supervision supervision, Throwable error, Scheduler clock) {
    long now = clock.now(TimeUnit.NANOSECONDS);
    Duration window = supervision.window;
    if (counted != supervision || (window != null && now - since > window.toNanos())) {
      counted = supervision;
      rest = supervision.backoff;
      previous = Duration.ZERO;
      attempt = 0;
      since = now;
    }
    attempt++;
    FailedAttempt failed =
        new FailedAttempt(
            attempt,
            Duration.ofNanos(Math.max(0, now - since)),
            previous,
            error,
            null,
            ThreadLocalRandom.current().nextDouble());
    Optional<Backoff.Step> step = rest.next(failed);
    if (step.isEmpty()) {
      return -1;
    }
    rest = step.get().rest();
    previous = step.get().delay();
    return previous.toNanos();
  }
}
