package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/**
 * Opens for good when it has been counted down to zero, and lets everybody through who waits for
 * that, or comes later.
 *
 * <p>Any number may wait. They are served in the order they came, one after the other, on the
 * thread that counted down to zero or where {@link SyncOptions#resumeOn} says. Cancelling a wait
 * counts nothing down and is O(1).
 */
public final class CountDownLatch implements Scannable {

  private static final AtomicIntegerFieldUpdater<CountDownLatch> COUNT =
      AtomicIntegerFieldUpdater.newUpdater(CountDownLatch.class, "count");

  private final Line<MeetingMono.Party> line = new Line<>();
  private final SyncOptions options;
  private final Arrival arrival = new Arrival();

  private volatile int count;

  private CountDownLatch(int count, SyncOptions options) {
    this.count = Args.notNegative(count, "count");
    this.options = Args.notNull(options, "options").of(Kind.COUNT_DOWN_LATCH);
    if (count == 0) {
      line.close();
    }
    this.options.offer(Level.WAITING, this, CountDownLatch::waiting);
  }

  /**
   * A latch.
   *
   * @param count how often it has to be counted down; 0 for an open one
   * @return a new latch
   * @throws IllegalArgumentException if it is negative
   */
  public static CountDownLatch of(int count) {
    return of(count, SyncOptions.defaults());
  }

  /**
   * A latch with options.
   *
   * @param count how often it has to be counted down; 0 for an open one
   * @param options name, limits, schedulers
   * @return a new latch
   * @throws IllegalArgumentException if {@code count} is negative
   */
  public static CountDownLatch of(int count, SyncOptions options) {
    return new CountDownLatch(count, options);
  }

  /**
   * Waits until the latch is open.
   *
   * @return completes empty when it is open; fails with {@link TooManyWaitersException} if too many
   *     wait
   */
  public Mono<Void> await() {
    return MeetingMono.of(arrival, null);
  }

  /**
   * Waits until the latch is open, for some time.
   *
   * @param maxWait how long; zero not to wait
   * @return {@code true} when it is open, {@code false} if the time is over first
   */
  public Mono<Boolean> await(Duration maxWait) {
    return MeetingMono.inTime(arrival, maxWait);
  }

  /**
   * Counts one down.
   *
   * @return {@code true} if this call opened the latch
   */
  public boolean countDown() {
    return countDown(1);
  }

  /**
   * Counts down; not below zero.
   *
   * @param steps how many
   * @return {@code true} if this call opened the latch
   * @throws IllegalArgumentException if it is not positive
   */
  public boolean countDown(int steps) {
    Args.positive(steps, "steps");
    for (; ; ) {
      int seen = count;
      if (seen == 0) {
        return false;
      }
      int next = Math.max(0, seen - steps);
      if (COUNT.compareAndSet(this, seen, next)) {
        if (next > 0) {
          return false;
        }
        line.close()
            .forEach(
                party -> {
                  if (party.grant(MeetingMono.Meeting.EMPTY)) {
                    options.signal(party);
                  }
                });
        return true;
      }
    }
  }

  /**
   * How often it still has to be counted down.
   *
   * @return the count; 0 if it is open
   */
  public int count() {
    return count;
  }

  /**
   * How many wait. It counts them.
   *
   * @return the number of waiters
   */
  public int waiting() {
    return line.count(MeetingMono.Party::isWaiting);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return options.name();
    }
    if (key == Attr.BUFFERED) {
      return waiting();
    }
    if (key == Attr.TERMINATED) {
      return count == 0;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  @Override
  public String toString() {
    return options.describe("count-down latch");
  }

  /** What the publishers see of the latch. */
  private final class Arrival implements MeetingMono.Meeting {

    @Override
    public @Nullable Object arrive(MeetingMono.Party party) {
      if (count == 0) {
        return EMPTY;
      }
      return switch (line.join(party, options.maxWaiters())) {
        case JOINED -> null;
        case CLOSED -> EMPTY;
        case FULL -> {
          options.tell(Event.REJECTED);
          yield new TooManyWaitersException(toString(), "await", options.maxWaiters());
        }
      };
    }

    @Override
    public void left(MeetingMono.Party party) {
      line.left();
    }

    @Override
    public SyncOptions options() {
      return options;
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      return CountDownLatch.this.scanUnsafe(key);
    }

    @Override
    public String toString() {
      return CountDownLatch.this.toString();
    }
  }
}
