package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * The attempt of a synchronous body: its journal is touched by one thread only, and holds one entry
 * per ref.
 *
 * <p>Few entries are a list that is searched; from {@link #FEW} on a hash table finds them. Inside
 * nested blocks each change of an entry is noted in an undo list, which is played back if the block
 * fails. What was read stays in the journal then: a {@code retry} has to wait for it too.
 */
final class SyncTransaction extends Attempt implements Transaction {

  /** What happened to one ref: read (seen), written (value), changed at commit (change). */
  private static final class Entry {
    final TRef<?> ref;
    final @Nullable Entry next;
    @Nullable Object seen;
    @Nullable Object value;
    @Nullable Function<Object, Object> change;

    Entry(TRef<?> ref, @Nullable Entry next) {
      this.ref = ref;
      this.next = next;
    }
  }

  private static final class Undo {
    final Entry entry;
    final @Nullable Object value;
    final @Nullable Function<Object, Object> change;
    final @Nullable Undo earlier;

    Undo(Entry entry, @Nullable Undo earlier) {
      this.entry = entry;
      this.value = entry.value;
      this.change = entry.change;
      this.earlier = earlier;
    }
  }

  private static final int FEW = 12;

  // How often a body may ask for what it knows already before it is asked whether it may go on.
  private static final int PATIENCE = 1 << 14;

  private final StmRun<?> run;
  private final boolean readOnly;
  private final boolean tracking;

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
    super(Ledger.SHARED, number, pin, turn, footprint);
    this.run = run;
    this.readOnly = readOnly;
    this.tracking = tracking || turn != null;
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

  private void change(
      Entry entry, @Nullable Object value, @Nullable Function<Object, Object> change) {
    if (depth > 0) {
      undo = new Undo(entry, undo);
    }
    boolean wrote = entry.value != null || entry.change != null;
    boolean writes = value != null || change != null;
    written += (writes ? 1 : 0) - (wrote ? 1 : 0);
    entry.value = value;
    entry.change = change;
  }

  private void undoTo(@Nullable Undo mark) {
    for (Undo each = undo; each != null && each != mark; each = each.earlier) {
      Entry entry = each.entry;
      boolean wrote = entry.value != null || entry.change != null;
      boolean writes = each.value != null || each.change != null;
      written += (writes ? 1 : 0) - (wrote ? 1 : 0);
      entry.value = each.value;
      entry.change = each.change;
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
    if (entry == null) {
      Object head = load(ref);
      if (tracking) {
        add(ref).seen = head;
      }
      return cast(Version.valueOf(head));
    }
    return cast(valueOf(entry));
  }

  private Object valueOf(Entry entry) {
    revisited();
    Object value = entry.value;
    if (value != null) {
      return value;
    }
    Object seen = entry.seen;
    if (seen == null) {
      seen = load(entry.ref);
      entry.seen = seen;
    }
    Object read = Version.valueOf(seen);
    Function<Object, Object> late = entry.change;
    if (late == null) {
      return read;
    }
    Object changed = Args.notNull(late.apply(read), "the value made by commute");
    change(entry, changed, null);
    return changed;
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
    change(entry == null ? add(ref) : entry, value, null);
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
    if (entry != null && (entry.seen != null || entry.value != null)) {
      T ignored = update(ref, update);
      return;
    }
    if (entry == null) {
      entry = add(ref);
    }
    Function<Object, Object> before = entry.change;
    Function<Object, Object> late = cast(update);
    change(entry, null, before == null ? late : before.andThen(late));
  }

  @Override
  public <T> T ensure(TRef<T> ref) {
    T value = get(ref);
    if (!tracking) {
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
      if (outcome != Signal.RETRY || !tracking) {
        throw failure;
      }
      result = null;
    } finally {
      depth--;
    }
    if (outcome == Signal.RETRY && tracking) {
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
  private void revisited() {
    if (++revisits >= PATIENCE) {
      revisits = 0;
      if (!run.isRunning() || (!isCurrent() && !readOnly)) {
        throw conflict();
      }
    }
  }

  @Override
  Object loadNewer(TRef<?> ref) {
    while (tracking && work <= 256 + 4 * count) {
      Commit present = ledger.settled();
      work += count;
      if (!isCurrent()) {
        break;
      }
      readNumber = present.number;
      Object head = ref.head();
      if (Version.numberOf(head) <= readNumber) {
        return head;
      }
    }
    throw conflict();
  }

  @Override
  void movedTo(long number) {
    readNumber = number;
  }

  @Override
  boolean isCurrent() {
    for (Entry each = entries; each != null; each = each.next) {
      if (each.seen != null && each.ref.head() != each.seen) {
        return false;
      }
    }
    return true;
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
    return tracking;
  }

  /** The heads that were read. */
  IdentityHashMap<TRef<?>, Object> seen() {
    IdentityHashMap<TRef<?>, Object> heads = new IdentityHashMap<>();
    for (Entry each = entries; each != null; each = each.next) {
      if (each.seen != null) {
        heads.put(each.ref, each.seen);
      }
    }
    return heads;
  }

  @Override
  List<TRef<?>> footprint() {
    List<TRef<?>> refs = new ArrayList<>();
    for (Entry each = entries; each != null; each = each.next) {
      if (each.seen != null) {
        refs.add(each.ref);
      }
    }
    return refs;
  }

  @Override
  List<TRef<?>> writtenRefs() {
    List<TRef<?>> refs = new ArrayList<>();
    for (Entry each = entries; each != null; each = each.next) {
      if (each.value != null || each.change != null) {
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
      if (each.value == null && each.change == null) {
        continue;
      }
      if (isObstructed(each.ref)) {
        return null;
      }
      Object head = each.seen == null ? each.ref.head() : each.seen;
      Object before = Version.valueOf(head);
      Function<Object, Object> late = each.change;
      Object value =
          late == null ? each.value : Args.notNull(late.apply(before), "the value made by commute");
      if (value == null || value == before || value.equals(before)) {
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
