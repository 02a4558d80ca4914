package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Channel;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The clock of the replay: it waits until a simulated time has come, at a speed that may change
 * while it waits.
 *
 * <p>One replay waits; anyone may change the speed. A change goes to the waiting replay through a
 * conflated channel: only the latest counts. Waiting for a time or a change, whichever is first, is
 * {@link Channel#receive(Duration)}, which loses no change that comes as the time runs out.
 *
 * <p>A simulated time is due at a real one, reckoned from an anchor, so that the small errors of
 * timers do not add up. When the replay was held up, the anchor moves: it goes on at its speed and
 * does not hurry after the time lost.
 */
final class ReplayClock {

  /** Later than this is held up, not a timer's error. */
  private static final long HELD_UP_NANOS = Duration.ofMillis(250).toNanos();

  private static final double LONGEST_WAIT_NANOS = Duration.ofHours(1).toNanos();

  private final Channel<Speed> changes = Channel.conflated();
  private volatile Speed asked;

  // Of the waiting replay alone.
  private Speed speed;
  private @Nullable LocalDateTime anchor;
  private long anchorNanos;

  ReplayClock(Speed speed) {
    this.asked = speed;
    this.speed = speed;
  }

  Speed speed() {
    return asked;
  }

  void speed(Speed change) {
    asked = change;
    changes.trySend(change);
  }

  /** Completes when a simulated time has come. The first one has come at once. */
  Mono<Void> until(LocalDateTime due) {
    return Mono.defer(() -> reached(due)).repeat().takeUntil(reached -> reached).then();
  }

  /** True when the time has come, false when the speed was changed before. */
  private Mono<Boolean> reached(LocalDateTime due) {
    changes.tryReceive().toOptional().ifPresent(this::change);
    if (speed.isPaused()) {
      return changes.receive().map(this::change);
    }
    long now = nanos();
    LocalDateTime from = anchor;
    if (from == null || speed.isMax()) {
      return moveAnchor(due, now);
    }
    double minutes = Duration.between(from, due).toMillis() / 60_000.0;
    double wait = minutes / speed.minutesPerSecond() * 1e9 - (now - anchorNanos);
    if (wait <= 0) {
      return -wait > HELD_UP_NANOS ? moveAnchor(due, now) : Mono.just(true);
    }
    // A slow speed can make a wait that overflows a timer: then in legs.
    boolean lastLeg = wait <= LONGEST_WAIT_NANOS;
    return changes
        .receive(Duration.ofNanos((long) Math.min(wait, LONGEST_WAIT_NANOS)))
        .map(this::change)
        .onErrorResume(TimeoutException.class, noChange -> Mono.just(lastLeg));
  }

  private Mono<Boolean> moveAnchor(LocalDateTime time, long now) {
    anchor = time;
    anchorNanos = now;
    return Mono.just(true);
  }

  /** What has passed at the old speed has passed; the rest passes at the new one. */
  private boolean change(Speed to) {
    long now = nanos();
    LocalDateTime from = anchor;
    if (from != null && !speed.isMax()) {
      double minutes = (now - anchorNanos) / 1e9 * speed.minutesPerSecond();
      anchor = from.plusNanos((long) (minutes * 60e9));
    }
    anchorNanos = now;
    speed = to;
    return false;
  }

  private static long nanos() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }
}
