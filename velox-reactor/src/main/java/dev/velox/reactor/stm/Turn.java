package dev.velox.reactor.stm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The turn of a transaction that lost too often: what it reads, nobody else changes until it has
 * ended.
 *
 * <p>One transaction of a ledger has the turn at a time; the others stand in line. Its holder marks
 * each ref before it reads it, then appends a fence to the ledger. Another transaction looks at the
 * marks of what it writes after it read the ledger's last commit and before it replaces it; so what
 * is decided after the fence has seen the mark, and heads of marked refs stand still. A transaction
 * that meets a mark doesn't wait on a thread: it is put aside here, and runs again when the turn
 * ends. All others go on.
 *
 * <pre>
 *   parked:  null/list --- park(run), by whoever meets a mark ---&gt; list
 *            any ------- close(), by the holder or its lease --&gt; CLOSED
 * </pre>
 *
 * <p>Who closes takes the whole list and runs it; who comes too late to park sees CLOSED and goes
 * on. A mark of a closed turn means nothing.
 */
final class Turn {

  private record Parked(StmRun<?> run, @Nullable Parked next) {}

  private record Reserved(TRef<?> ref, @Nullable Reserved next) {}

  private static final VarHandle PARKED;
  private static final VarHandle RESERVED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PARKED = lookup.findVarHandle(Turn.class, "parked", Object.class);
      RESERVED = lookup.findVarHandle(Turn.class, "reserved", Reserved.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private static final Object CLOSED = "CLOSED";

  private final Ledger ledger;
  private final StmRun<?> holder;
  private volatile @Nullable Object parked;
  private volatile @Nullable Reserved reserved;

  Turn(Ledger ledger, StmRun<?> holder) {
    this.ledger = ledger;
    this.holder = holder;
  }

  boolean isOpen() {
    return parked != CLOSED;
  }

  /** To be followed by a fence before the ref's head is relied on. */
  void reserve(TRef<?> ref) {
    if (ref.reservedBy() == this || !isOpen()) {
      return;
    }
    ref.reserve(this);
    for (; ; ) {
      Reserved before = reserved;
      if (RESERVED.compareAndSet(this, before, new Reserved(ref, before))) {
        return;
      }
    }
  }

  /** Puts aside a run that must not commit now. */
  boolean park(StmRun<?> run) {
    for (; ; ) {
      Object before = parked;
      if (before == CLOSED) {
        return false;
      }
      if (PARKED.compareAndSet(this, before, new Parked(run, (Parked) before))) {
        return true;
      }
    }
  }

  void close() {
    Object before = PARKED.getAndSet(this, CLOSED);
    if (before == CLOSED) {
      return;
    }
    for (Reserved each = reserved; each != null; each = each.next) {
      each.ref.unreserve(this);
    }
    reserved = null;
    Parked first = null;
    for (Parked each = (Parked) before; each != null; each = each.next) {
      first = new Parked(each.run, first);
    }
    for (Parked each = first; each != null; each = each.next) {
      each.run.resumeLater();
    }
    ledger.passTurn(this);
  }

  /** Its place in line has come. */
  void granted() {
    holder.resumeLater();
  }
}
