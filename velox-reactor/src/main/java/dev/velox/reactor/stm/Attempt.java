package dev.velox.reactor.stm;

import dev.velox.reactor.internal.WaiterQueue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt is besides its journal: as of which commit it reads, and how its commit is
 * decided. The journals differ: {@link SyncTransaction} has one for a single thread, {@link
 * AsyncTransaction} one for many.
 *
 * <p>Three ways to read. <i>Optimistic</i>: heads as of {@code readNumber}; a newer one makes the
 * attempt look whether all it has read is still current and move to the present, or fail.
 * <i>Pinned</i>: a snapshot is kept for the attempt, every read finds the version it needs, however
 * late. <i>In turn</i>: what is read stands still.
 */
abstract class Attempt {

  enum Decision {
    COMMITTED,
    CONFLICT,
    /** A turn protects what was to be written; {@link #obstacle} says whose. */
    BLOCKED
  }

  // As many lost races against commits that made no conflict count as one.
  private static final int RACES = 32;

  // Room for the numbers of commits that come between while many writes are made ready.
  private static final long HEAD_START = 1L << 20;

  static final Version[] NOTHING = {};

  final int number;
  final @Nullable Pin pin;
  final @Nullable Turn turn;
  long readNumber;

  @Nullable Turn obstacle;
  private @Nullable Object written;

  Attempt(int number, @Nullable Pin pin, @Nullable Turn turn, Iterable<TRef<?>> footprint) {
    this.number = number;
    this.pin = pin;
    this.turn = turn;
    if (pin != null) {
      readNumber = pin.readNumber;
    } else if (turn != null) {
      for (TRef<?> ref : footprint) {
        turn.reserve(ref);
      }
      readNumber = Ledger.SHARED.fence();
    } else {
      readNumber = Ledger.SHARED.readable();
    }
  }

  /** The head that is the ref's as of this attempt; throws {@link Signal#CONFLICT} if lost. */
  final Object load(TRef<?> ref) {
    if (turn != null) {
      return loadInTurn(turn, ref);
    }
    Object head = ref.head();
    if (Version.numberOf(head) <= readNumber) {
      return head;
    }
    return pin == null ? loadNewer(ref) : loadPinned(head);
  }

  private Object loadPinned(Object head) {
    Object older = asOf(head, readNumber);
    if (older == null) {
      // The snapshot was revoked because it had become too old or too costly.
      throw conflict();
    }
    return older;
  }

  /** The head as it was at a number, {@code null} if that is gone. */
  static @Nullable Object asOf(Object head, long number) {
    Object older = head;
    while (older instanceof Version version && version.number > number) {
      older = version.previous();
    }
    return older;
  }

  final Object loadInTurn(Turn mine, TRef<?> ref) {
    if (ref.reservedBy() == mine) {
      Object head = ref.head();
      if (Version.numberOf(head) <= readNumber) {
        return head;
      }
    }
    mine.reserve(ref);
    long fence = Ledger.SHARED.fence();
    if (mine.isOpen()) {
      // Nothing that was read so far has changed before the fence, as the turn was still open.
      Object head = ref.head();
      if (Version.numberOf(head) <= fence) {
        movedTo(fence);
        return head;
      }
    }
    return loadNewer(ref);
  }

  /** Reads a ref whose head is newer than the attempt. */
  abstract Object loadNewer(TRef<?> ref);

  /** All that was read is still current as of this number. */
  abstract void movedTo(long number);

  /** Marks the attempt as lost and answers the signal to throw. */
  abstract Signal conflict();

  /** Whether each ref that was read still has the head that was read. */
  abstract boolean isCurrent();

  abstract boolean writes();

  /** Whether even a commit that writes nothing has to be current. */
  abstract boolean ensures();

  /** Every ref that this attempt has read. */
  abstract List<TRef<?>> footprint();

  abstract Iterable<TRef<?>> writtenRefs();

  /**
   * Makes the writes ready as of a number: a version or an array of them, {@link #NOTHING} if all
   * are equal to what is there, or {@code null} if {@link #obstacle} is in the way.
   */
  abstract @Nullable Object stage(long number);

  /** Decides the commit. If {@code COMMITTED}, every write is installed. */
  final Decision decide() {
    if (!writes() && !ensures()) {
      return Decision.COMMITTED;
    }
    if (turn != null) {
      for (TRef<?> ref : writtenRefs()) {
        turn.reserve(ref);
      }
      long ignored = Ledger.SHARED.fence();
    }
    Object staged = null;
    long stagedNumber = 0;
    for (int race = 0; race < RACES; race++) {
      Commit before = Ledger.SHARED.settled();
      // Looked at after the last commit was read: if the turn is open now, whoever changes a
      // reserved ref is decided later, and the append below fails.
      boolean inTurn = turn != null && turn.isOpen();
      if (!inTurn && before.number != readNumber && !isCurrent()) {
        return Decision.CONFLICT;
      }
      if (staged == null || !inTurn || before.number >= stagedNumber) {
        stagedNumber = before.number + (inTurn ? HEAD_START : 1);
        staged = stage(stagedNumber);
        if (staged == null) {
          return Decision.BLOCKED;
        }
      }
      if (staged == NOTHING) {
        // What was read is current as of "before". Refs written without being read were found equal
        // after that; all of it holds at one instant if nothing was decided meanwhile.
        if (!writes() || Ledger.SHARED.settled() == before) {
          return Decision.COMMITTED;
        }
        staged = null;
        continue;
      }
      Commit commit = before.then(stagedNumber, staged);
      if (Ledger.SHARED.append(before, commit)) {
        commit.install();
        written = staged;
        finish(commit, staged);
        return Decision.COMMITTED;
      }
    }
    return Decision.CONFLICT;
  }

  private void finish(Commit commit, Object staged) {
    if (staged instanceof Version version) {
      Ledger.SHARED.trim(commit, version);
    } else {
      for (Version version : (Version[]) staged) {
        Ledger.SHARED.trim(commit, version);
      }
    }
  }

  /** Wakes who waits for what was written. After this attempt has ended, as others run now. */
  final void wake() {
    Object staged = written;
    written = null;
    if (staged instanceof Version version) {
      WaiterQueue<RetryWaiter> line = version.ref.takeWaiters();
      if (line != null) {
        RetryWaiter.wakeAll(List.of(line));
      }
    } else if (staged instanceof Version[] versions) {
      List<WaiterQueue<RetryWaiter>> lines = null;
      for (Version version : versions) {
        WaiterQueue<RetryWaiter> line = version.ref.takeWaiters();
        if (line != null) {
          lines = lines == null ? new ArrayList<>() : lines;
          lines.add(line);
        }
      }
      if (lines != null) {
        RetryWaiter.wakeAll(lines);
      }
    }
  }

  /** The number of its commit, 0 if it wrote nothing; for tests, before {@link #wake}. */
  final long commitNumber() {
    Object staged = written;
    if (staged instanceof Version version) {
      return version.number;
    }
    return staged instanceof Version[] versions ? versions[0].number : 0;
  }

  /** Whether what this attempt would write is protected by another's turn. */
  final boolean isObstructed(TRef<?> ref) {
    Turn other = ref.reservedBy();
    if (other != null && other != turn && other.isOpen()) {
      obstacle = other;
      return true;
    }
    return false;
  }

  void release() {
    if (pin != null) {
      pin.end();
    }
    if (turn != null) {
      turn.close();
    }
  }
}
