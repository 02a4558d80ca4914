package dev.velox.reactor.stm;

import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Decides commits, one after the other, by compare-and-set on one word: the last commit.
 *
 * <pre>
 *   last:  c --- append(c, t), by the owner of t, with c installed and t validated against it ---&gt; t
 * </pre>
 *
 * <p>Why that is safe. (1) A commit is appended only to an installed one, and whoever reads {@code
 * last} installs it first ({@link #settled()}); so when {@code settled()} answers c, the heads of
 * all refs are at least as new as c. (2) If t's owner finds, after that, that every head it read is
 * still the head, and then moves {@code last} from c to t, nothing was decided in between, so at
 * the instant of t all that it read was current: commits in the order of their numbers are a serial
 * history. That move is the linearisation point. (3) A body that began at c, and takes only heads
 * whose number is not above c's, or older versions of those that are, sees exactly the state as of
 * c. (4) A transaction's result is signalled after its commit was installed, and a transaction that
 * begins later reads {@code last} later: real time is respected. A body that finds the last commit
 * decided and not yet installed may therefore begin before it ({@link #readable()}): all commits
 * before that one are installed, by (1), and its result was told to nobody. To help installing it
 * there would only take the written refs from the core that is about to. (5) The word never holds
 * the same commit twice, so a compare-and-set can't be fooled.
 *
 * <p>A failed move means that another transaction committed: the whole is lock-free.
 *
 * <p>{@code turns} is the second word: who has the turn (see {@link Turn}), and who stands in line
 * for it.
 */
final class Ledger {

  private static final VarHandle LAST;
  private static final VarHandle TURNS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LAST = lookup.findVarHandle(Ledger.class, "last", Commit.class);
      TURNS = lookup.findVarHandle(Ledger.class, "turns", Turns.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  static final Ledger SHARED = new Ledger();

  private record Turns(@Nullable Turn current, WaiterQueue<Turn> line) {}

  private volatile Turns turns = new Turns(null, WaiterQueue.empty());

  private volatile Commit last = Commit.first();

  /** The last commit, with all of it installed. */
  Commit settled() {
    Commit commit = last;
    if (!commit.isInstalled()) {
      commit.install();
    }
    return commit;
  }

  /**
   * The newest number as of which a body can begin without installing anything. A commit that is
   * decided and not yet installed was told to nobody, so a body may begin before it.
   */
  long readable() {
    Commit commit = last;
    return commit.isInstalled() ? commit.number : commit.number - 1;
  }

  boolean append(Commit before, Commit commit) {
    return LAST.compareAndSet(this, before, commit);
  }

  /** Appends an empty commit: what is decided afterwards has seen what was written before. */
  long fence() {
    for (; ; ) {
      Commit before = settled();
      Commit fence = before.thenFence();
      if (append(before, fence)) {
        return fence.number;
      }
    }
  }

  /** Begins a snapshot of the state as it is now. */
  Pin pin(int maxVersions) {
    Pin pin = new Pin(this, maxVersions);
    for (; ; ) {
      Commit before = settled();
      Commit commit = before.thenPin(pin);
      if (append(before, commit)) {
        commit.install();
        return pin;
      }
    }
  }

  /** What the version just installed replaced goes, unless a snapshot reads it. */
  void trim(Commit commit, Version version) {
    Pin live = commit.oldestPin.firstLive();
    if (live == null) {
      version.forget(null);
      return;
    }
    Object replaced = version.previous();
    if (replaced instanceof Version skipped && skipped.number > commit.newestPin.readNumber) {
      // No snapshot lies between the two. The ref is known to the pin that needs what is older.
      Object older = skipped.previous();
      version.forget(older);
      if (older == null || live.isLive()) {
        return;
      }
    }
    retainOrCut(version.ref);
  }

  /** Cuts the ref's history, or lets the oldest snapshot that needs it take note. */
  void retainOrCut(TRef<?> ref) {
    for (; ; ) {
      if (!(ref.head() instanceof Version version) || version.previous() == null) {
        return;
      }
      // A pin that is not in this list reads as of this commit or later, and the version is older.
      Pin live = last.oldestPin.firstLive();
      if (live == null || live.readNumber >= version.number) {
        version.forget(null);
        if (ref.head() == version) {
          return;
        }
      } else if (live.retain(ref)) {
        return;
      }
    }
  }

  /** Takes the turn if it is free, else stands in line; then {@link Turn#granted} is called. */
  boolean requestTurn(Turn turn) {
    for (; ; ) {
      Turns before = turns;
      boolean free = before.current == null;
      Turns after =
          free ? new Turns(turn, before.line) : new Turns(before.current, before.line.plus(turn));
      if (TURNS.compareAndSet(this, before, after)) {
        if (free && !turn.isOpen()) {
          // Closed by a cancellation before it was current, so nobody else passes it on.
          passTurn(turn);
        }
        return free;
      }
    }
  }

  /** Passes the turn on, if this one has it. */
  void passTurn(Turn turn) {
    for (; ; ) {
      Turns before = turns;
      if (before.current != turn) {
        return;
      }
      WaiterQueue<Turn> line = before.line;
      Turn next = line.peek();
      while (next != null && !next.isOpen()) {
        line = line.minusFirst();
        next = line.peek();
      }
      if (TURNS.compareAndSet(this, before, new Turns(next, line.minusFirst()))) {
        if (next == null) {
          return;
        }
        if (next.isOpen()) {
          next.granted();
          return;
        }
        // Closed before it was current, so its own attempt to pass it on came too early.
        passTurn(next);
        return;
      }
    }
  }
}
