package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Level;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.WaiterQueue;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/**
 * Lets a number of parties wait for each other, again and again.
 *
 * <p>Each {@link #await()} is one arrival. When as many have arrived as there are parties, all go
 * on, in the order they came, and the next round begins.
 *
 * <p><b>A party that leaves</b>, cancelled or out of time, would let the others wait for ever. By
 * default the barrier breaks, as that of {@code java.util.concurrent} does: the others fail with
 * {@link BrokenBarrierException}, and so does everybody who comes, until {@link #reset()}. With
 * {@link WhenPartyLeaves#RESTORE} the arrival is taken back, and the round waits for another party.
 * One that leaves in the moment in which the last arrives has arrived.
 *
 * <p>Those who go on are signalled one after the other on the thread of the last to arrive, or
 * where {@link SyncOptions#resumeOn} says.
 *
 * <p>State: one reference to an immutable round (who has arrived, whether it is broken), replaced
 * by one compare-and-set per arrival, departure and reset. Leaving costs O(parties).
 */
public final class CyclicBarrier implements Scannable {

  /** What happens to a round when one of its parties leaves. */
  public enum WhenPartyLeaves {
    /** It breaks, for all. */
    BREAK,
    /** It goes on without that arrival. */
    RESTORE
  }

  /** A round; {@code id} stays while parties come and go. */
  private record Round(
      Object id, WaiterQueue<MeetingMono.Party> arrived, @Nullable String whyBroken) {

    static Round next() {
      return new Round(new Object(), WaiterQueue.empty(), null);
    }

    Round with(WaiterQueue<MeetingMono.Party> parties) {
      return new Round(id, parties, null);
    }

    Round broken(String why) {
      return new Round(id, WaiterQueue.empty(), why);
    }
  }

  private static final AtomicReferenceFieldUpdater<CyclicBarrier, Round> ROUND =
      AtomicReferenceFieldUpdater.newUpdater(CyclicBarrier.class, Round.class, "round");

  private final int parties;
  private final WhenPartyLeaves whenPartyLeaves;
  private final SyncOptions options;
  private final Arrival arrival = new Arrival();

  private volatile Round round = Round.next();

  private CyclicBarrier(int parties, WhenPartyLeaves whenPartyLeaves, SyncOptions options) {
    this.parties = Args.positive(parties, "parties");
    this.whenPartyLeaves = Args.notNull(whenPartyLeaves, "whenPartyLeaves");
    this.options = Args.notNull(options, "options").of(Kind.CYCLIC_BARRIER);
    this.options.offer(Level.WAITING, this, CyclicBarrier::waiting);
  }

  /**
   * A barrier that breaks when a party leaves.
   *
   * @param parties how many wait for each other
   * @return a new barrier
   * @throws IllegalArgumentException if it is not positive
   */
  public static CyclicBarrier of(int parties) {
    return of(parties, WhenPartyLeaves.BREAK, SyncOptions.defaults());
  }

  /**
   * A barrier.
   *
   * @param parties how many wait for each other
   * @param whenPartyLeaves what happens when one is cancelled or out of time
   * @return a new barrier
   * @throws IllegalArgumentException if {@code parties} is not positive
   */
  public static CyclicBarrier of(int parties, WhenPartyLeaves whenPartyLeaves) {
    return of(parties, whenPartyLeaves, SyncOptions.defaults());
  }

  /**
   * A barrier with options. The number of waiters needs no limit of its own: it is always less than
   * that of the parties.
   *
   * @param parties how many wait for each other
   * @param whenPartyLeaves what happens when one is cancelled or out of time
   * @param options name, schedulers
   * @return a new barrier
   * @throws IllegalArgumentException if {@code parties} is not positive
   */
  public static CyclicBarrier of(
      int parties, WhenPartyLeaves whenPartyLeaves, SyncOptions options) {
    return new CyclicBarrier(parties, whenPartyLeaves, options);
  }

  /**
   * Arrives, and waits for the others.
   *
   * @return how many were still to come: {@code parties - 1} for the first of a round, 0 for the
   *     last; fails with {@link BrokenBarrierException}
   */
  public Mono<Integer> await() {
    return MeetingMono.of(arrival, null);
  }

  /**
   * Arrives, and waits for the others for some time; fails with {@link
   * java.util.concurrent.TimeoutException} if that was too short, and has left then.
   *
   * @param maxWait how long
   * @return how many were still to come: {@code parties - 1} for the first of a round, 0 for the
   *     last; fails with {@link BrokenBarrierException}
   */
  public Mono<Integer> await(Duration maxWait) {
    return MeetingMono.of(arrival, Args.notNegative(maxWait, "maxWait"));
  }

  /** Begins a new round. Those who wait in this one fail with {@link BrokenBarrierException}. */
  public void reset() {
    fail(ROUND.getAndSet(this, Round.next()).arrived(), "it was reset");
  }

  /**
   * Whether a party has left, and nobody has reset the barrier since.
   *
   * @return {@code true} if whoever comes fails
   */
  public boolean isBroken() {
    return round.whyBroken() != null;
  }

  /**
   * How many wait for each other.
   *
   * @return the number of parties
   */
  public int parties() {
    return parties;
  }

  /**
   * How many have arrived in this round.
   *
   * @return the number of waiters
   */
  public int waiting() {
    return round.arrived().size();
  }

  private BrokenBarrierException broken(String why) {
    return new BrokenBarrierException("The " + this + " is broken: " + why);
  }

  private void fail(WaiterQueue<MeetingMono.Party> waiting, String why) {
    waiting.forEach(
        party -> {
          if (party.grant(broken(why))) {
            options.signal(party);
          }
        });
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return options.name();
    }
    if (key == Attr.BUFFERED) {
      return waiting();
    }
    if (key == Attr.CAPACITY) {
      return parties;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  @Override
  public String toString() {
    return options.describe("cyclic barrier");
  }

  /** What the publishers see of the barrier. */
  private final class Arrival implements MeetingMono.Meeting {

    @Override
    public @Nullable Object arrive(MeetingMono.Party party) {
      for (; ; ) {
        Round seen = round;
        String why = seen.whyBroken();
        if (why != null) {
          return broken(why);
        }
        party.round = seen.id();
        if (seen.arrived().size() < parties - 1) {
          if (ROUND.compareAndSet(
              CyclicBarrier.this, seen, seen.with(seen.arrived().plus(party)))) {
            return null;
          }
        } else if (ROUND.compareAndSet(CyclicBarrier.this, seen, Round.next())) {
          int[] stillToCome = {parties};
          seen.arrived()
              .forEach(
                  waiting -> {
                    stillToCome[0]--;
                    if (waiting.grant(stillToCome[0])) {
                      options.signal(waiting);
                    }
                  });
          return 0;
        }
      }
    }

    @Override
    public void left(MeetingMono.Party party) {
      for (; ; ) {
        Round seen = round;
        if (seen.id() != party.round || seen.whyBroken() != null) {
          return; // they have met, or know already
        }
        if (whenPartyLeaves == WhenPartyLeaves.RESTORE) {
          if (ROUND.compareAndSet(
              CyclicBarrier.this, seen, seen.with(WaiterQueue.withoutEnded(seen.arrived())))) {
            return;
          }
        } else {
          String why = "a party has left";
          if (ROUND.compareAndSet(CyclicBarrier.this, seen, seen.broken(why))) {
            fail(seen.arrived(), why);
            return;
          }
        }
      }
    }

    @Override
    public SyncOptions options() {
      return options;
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      return CyclicBarrier.this.scanUnsafe(key);
    }

    @Override
    public String toString() {
      return CyclicBarrier.this.toString();
    }
  }
}
