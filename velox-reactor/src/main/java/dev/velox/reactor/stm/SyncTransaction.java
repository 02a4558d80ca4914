package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * The attempt of a synchronous body: its journal is touched by one thread only, and is a log of
 * what was read ({@link ReadLog}) and an entry for each ref that was written.
 *
 * <p>Few entries are a list that is searched; from {@link #FEW} on a hash table finds them. Inside
 * nested blocks each change of an entry is noted in an undo list, which is played back if the block
 * fails. What was read stays in the log then: a {@code retry} has to wait for it too.
 *
 * <p>A ref is not looked for in the log when it is read again: a head that is no newer than the
 * attempt is the one that was read before. Only where the head is newer, and the attempt can't move
 * to the present, the log tells what the ref was.
 */
final class SyncTransaction extends Attempt implements Transaction {

  /** What a ref will be: a value, a {@link Change} of what it is then, or nothing if undone. */
  private static final class Entry {
    final TRef<?> ref;
    final @Nullable Entry next;
    @Nullable Object value;

    Entry(TRef<?> ref, @Nullable Entry next) {
      this.ref = ref;
      this.next = next;
    }
  }

  private static final class Undo {
    final Entry entry;
    final @Nullable Object value;
    final @Nullable Undo earlier;

    Undo(Entry entry, @Nullable Undo earlier) {
      this.entry = entry;
      this.value = entry.value;
      this.earlier = earlier;
    }
  }

  private static final int FEW = 12;

  // How often a body may ask for what it knows already before it is asked whether it may go on.
  private static final int PATIENCE = 1 << 14;

  private final StmRun<?> run;
  private final boolean readOnly;
  // Null if the attempt needs none, as it only reads one snapshot.
  private final @Nullable ReadLog reads;

  private @Nullable Entry entries;
  private Entry @Nullable [] table;
  private int count;
  private int written;
  private boolean ensures;
  private int revisits;
  private int work;

  private int depth;
  private @Nullable Undo undo;
  private @Nullable Hooks hooks;

  private @Nullable Signal outcome;
  private boolean over;

  SyncTransaction(
      StmRun<?> run,
      int number,
      boolean readOnly,
      boolean tracking,
      @Nullable Pin pin,
      @Nullable Turn turn,
      Iterable<TRef<?>> footprint) {
    super(number, pin, turn, footprint);
    this.run = run;
    this.readOnly = readOnly;
    this.reads = tracking || turn != null ? new ReadLog() : null;
  }

  // --- the journal

  private @Nullable Entry find(TRef<?> ref) {
    Entry[] slots = table;
    if (slots == null) {
      Entry entry = entries;
      while (entry != null && entry.ref != ref) {
        entry = entry.next;
      }
      return entry;
    }
    int mask = slots.length - 1;
    int slot = ref.hash & mask;
    Entry entry = slots[slot];
    while (entry != null && entry.ref != ref) {
      slot = (slot + 1) & mask;
      entry = slots[slot];
    }
    return entry;
  }

  private Entry add(TRef<?> ref) {
    Entry entry = new Entry(ref, entries);
    entries = entry;
    count++;
    if (count >= FEW) {
      Entry[] slots = table;
      if (slots == null || 2 * count > slots.length) {
        table = rehashed(4 * Integer.highestOneBit(count));
      } else {
        place(slots, entry);
      }
    }
    return entry;
  }

  private Entry[] rehashed(int size) {
    Entry[] slots = new Entry[size];
    for (Entry each = entries; each != null; each = each.next) {
      place(slots, each);
    }
    return slots;
  }

  private static void place(Entry[] slots, Entry entry) {
    int mask = slots.length - 1;
    int slot = entry.ref.hash & mask;
    while (slots[slot] != null) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = entry;
  }

  private void write(Entry entry, @Nullable Object value) {
    if (depth > 0) {
      undo = new Undo(entry, undo);
    }
    replace(entry, value);
  }

  private void replace(Entry entry, @Nullable Object value) {
    written += (value == null ? 0 : 1) - (entry.value == null ? 0 : 1);
    entry.value = value;
  }

  private void undoTo(@Nullable Undo mark) {
    for (Undo each = undo; each != null && each != mark; each = each.earlier) {
      replace(each.entry, each.value);
    }
    undo = mark;
  }

  // --- what a body may do

  @Override
  public <T> T get(TRef<T> ref) {
    if (over || ref == null) {
      throw misused(ref);
    }
    Entry entry = find(ref);
    return cast(entry == null ? read(ref) : valueOf(entry));
  }

  private Object read(TRef<?> ref) {
    Object head = load(ref);
    ReadLog log = reads;
    if (log != null) {
      int again = log.add(ref, head);
      if (again > 0) {
        revisited(again);
      }
    }
    return Version.valueOf(head);
  }

  private Object valueOf(Entry entry) {
    revisited(1);
    Object value = entry.value;
    if (value == null) {
      return read(entry.ref);
    }
    if (value instanceof Change late) {
      value = late.of(read(entry.ref));
      write(entry, value);
    }
    return value;
  }

  @Override
  public <T> void set(TRef<T> ref, T value) {
    if (over || ref == null || value == null || readOnly) {
      if (ref != null) {
        Args.notNull(value, "value");
      }
      throw misused(ref);
    }
    Entry entry = find(ref);
    write(entry == null ? add(ref) : entry, value);
  }

  @Override
  public <T> T update(TRef<T> ref, Function<? super T, ? extends T> update) {
    T value = get(ref);
    T changed = Args.notNull(update.apply(value), "the value made by update");
    set(ref, changed);
    return changed;
  }

  @Override
  public <T> void commute(TRef<T> ref, Function<? super T, ? extends T> update) {
    Args.notNull(update, "update");
    if (over || ref == null || readOnly) {
      throw misused(ref);
    }
    Entry entry = find(ref);
    if (entry == null) {
      entry = add(ref);
    }
    write(entry, new Change(cast(update)).after(entry.value));
  }

  @Override
  public <T> T ensure(TRef<T> ref) {
    T value = get(ref);
    if (reads == null) {
      // A snapshot that is not tracked can't be compared with the present.
      throw signal(Signal.RETRY);
    }
    ensures = true;
    return value;
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals") // it never returns
  public <T> T retry() {
    if (over) {
      throw misused(this);
    }
    throw signal(Signal.RETRY);
  }

  @Override
  public void check(boolean condition) {
    if (!condition) {
      throw this.<Signal>retry();
    }
  }

  @Override
  @SuppressWarnings("NullAway") // R is whatever a side answers
  public <R> R orElse(
      Function<? super Transaction, ? extends R> left,
      Function<? super Transaction, ? extends R> right) {
    Args.notNull(left, "left");
    Args.notNull(right, "right");
    if (over) {
      throw misused(this);
    }
    Undo mark = undo;
    Hooks since = hooks;
    depth++;
    R result;
    try {
      result = left.apply(this);
    } catch (Throwable failure) {
      if (outcome != Signal.RETRY || reads == null) {
        throw failure;
      }
      result = null;
    } finally {
      depth--;
    }
    if (outcome == Signal.RETRY && reads != null) {
      outcome = null;
      rollBack(mark, since);
      return right.apply(this);
    }
    return result;
  }

  @Override
  public <R> R nested(Function<? super Transaction, ? extends R> block) {
    Args.notNull(block, "block");
    if (over) {
      throw misused(this);
    }
    Undo mark = undo;
    Hooks since = hooks;
    depth++;
    try {
      return block.apply(this);
    } catch (Throwable failure) {
      if (outcome == null) {
        rollBack(mark, since);
      }
      throw failure;
    } finally {
      depth--;
    }
  }

  private void rollBack(@Nullable Undo mark, @Nullable Hooks since) {
    undoTo(mark);
    Hooks undone = hooks;
    hooks = since;
    Hooks.run(undone, since, false, run.currentContext());
  }

  @Override
  public void afterCommit(Runnable action) {
    addHook(action, true);
  }

  @Override
  public void afterRollback(Runnable action) {
    addHook(action, false);
  }

  private void addHook(Runnable action, boolean onCommit) {
    Args.notNull(action, "action");
    if (over) {
      throw misused(this);
    }
    hooks = new Hooks(action, onCommit, hooks);
  }

  @Override
  public int attempt() {
    return number;
  }

  // --- how it ends

  private RuntimeException misused(@Nullable Object ref) {
    Args.notNull(ref, "ref");
    Signal ended = outcome;
    if (ended != null) {
      throw ended;
    }
    return new IllegalStateException(
        over
            ? "the transaction has ended; use it inside its body only"
            : "the transaction is read-only");
  }

  private Signal signal(Signal signal) {
    if (outcome != Signal.CONFLICT) {
      outcome = signal;
    }
    return signal;
  }

  @Override
  Signal conflict() {
    return signal(Signal.CONFLICT);
  }

  /** How the body left, if not by its own result or error. */
  @Nullable Signal outcome() {
    return outcome;
  }

  void end(boolean committed, Context context) {
    over = true;
    outcome = null;
    Hooks todo = hooks;
    if (todo != null) {
      hooks = null;
      Hooks.run(todo, null, committed, context);
    }
  }

  /**
   * A body that asks again and again for what it has read may wait for a change that this attempt
   * can never see, or may have been cancelled.
   */
  private void revisited(int steps) {
    revisits += steps;
    if (revisits >= PATIENCE) {
      revisits = 0;
      if (!run.isRunning() || (!isCurrent() && !readOnly)) {
        throw conflict();
      }
    }
  }

  @Override
  Object loadNewer(TRef<?> ref) {
    ReadLog log = reads;
    if (log == null) {
      throw conflict();
    }
    while (work <= 256 + 4 * log.size()) {
      Commit present = Ledger.SHARED.settled();
      work += log.size();
      if (!log.isCurrent()) {
        break;
      }
      readNumber = present.number;
      Object head = ref.head();
      if (Version.numberOf(head) <= readNumber) {
        return head;
      }
    }
    Object known = log.headOf(ref);
    if (known == null) {
      throw conflict();
    }
    // To look through a long log again and again takes longer than to begin anew with a snapshot.
    revisited(1 + log.size() / 16);
    return known;
  }

  @Override
  void movedTo(long number) {
    readNumber = number;
  }

  @Override
  boolean isCurrent() {
    return reads == null || reads.isCurrent();
  }

  @Override
  boolean writes() {
    return written > 0;
  }

  @Override
  boolean ensures() {
    return ensures;
  }

  boolean isTracking() {
    return reads != null;
  }

  /** How many reads it has noted. */
  int reads() {
    return reads == null ? 0 : reads.size();
  }

  /** The heads that were read. */
  IdentityHashMap<TRef<?>, Object> seen() {
    return reads == null ? new IdentityHashMap<>() : reads.heads();
  }

  @Override
  List<TRef<?>> footprint() {
    return reads == null ? List.of() : reads.refs();
  }

  @Override
  List<TRef<?>> writtenRefs() {
    List<TRef<?>> refs = new ArrayList<>();
    for (Entry each = entries; each != null; each = each.next) {
      if (each.value != null) {
        refs.add(each.ref);
      }
    }
    return refs;
  }

  @Override
  @Nullable Object stage(long number) {
    Version single = null;
    Version[] versions = null;
    int staged = 0;
    for (Entry each = entries; each != null; each = each.next) {
      Object pending = each.value;
      if (pending == null) {
        continue;
      }
      if (isObstructed(each.ref)) {
        return null;
      }
      // If it was read, this is what was read, or else the commit will not be the next.
      Object head = each.ref.head();
      Object before = Version.valueOf(head);
      Object value = pending instanceof Change late ? late.of(before) : pending;
      if (value == before || value.equals(before)) {
        continue;
      }
      Version version = new Version(each.ref, value);
      version.stamp(number, head);
      if (written == 1) {
        return version;
      }
      if (versions == null) {
        if (single == null) {
          single = version;
          staged = 1;
          continue;
        }
        versions = new Version[written];
        versions[0] = single;
      }
      versions[staged++] = version;
    }
    if (versions == null) {
      return single == null ? NOTHING : single;
    }
    return staged == versions.length ? versions : java.util.Arrays.copyOf(versions, staged);
  }

  // A ref holds values of its own type only.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T> T cast(Object value) {
    return (T) value;
  }
}
