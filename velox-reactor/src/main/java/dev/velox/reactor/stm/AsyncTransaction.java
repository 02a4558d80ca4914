package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * A {@code Mono} body's view of its attempt: the outermost block, or a nested one with what it
 * wrote itself on top of what the blocks around it wrote.
 *
 * <pre>
 *   writes:  a map --- an operation of the block, any thread ---&gt; a greater map
 *            a map --- freeze(), by who ends the block ---------&gt; FROZEN
 * </pre>
 *
 * <p>Both are compare-and-sets of one word, so an operation that comes after the end of its block
 * fails instead of being lost. A nested block's writes are moved into the outer map by one
 * compare-and-set; if a block beside it has meanwhile changed what it relied on there, it is run
 * again.
 */
final class AsyncTransaction implements Transaction {

  static final Object KEY = Transaction.class;

  /** A block that goes on elsewhere when its left side retries. */
  interface Alternative {
    void retried();
  }

  private static final RefMap FROZEN = RefMap.EMPTY.with(TRef.of(""), "");
  private static final Object ABSENT = "ABSENT";

  private static final VarHandle WRITES;
  private static final VarHandle RELIED;
  private static final VarHandle HOOKS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WRITES = lookup.findVarHandle(AsyncTransaction.class, "writes", RefMap.class);
      RELIED = lookup.findVarHandle(AsyncTransaction.class, "relied", RefMap.class);
      HOOKS = lookup.findVarHandle(AsyncTransaction.class, "hooks", Hooks.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final AsyncAttempt attempt;
  private final @Nullable AsyncTransaction outer;
  private final @Nullable Alternative alternative;
  private volatile RefMap writes;
  // What a nested block found in the blocks around it.
  private volatile RefMap relied;
  private volatile @Nullable Hooks hooks;

  @SuppressWarnings("NullAway.Init") // through the handles
  AsyncTransaction(
      AsyncAttempt attempt, @Nullable AsyncTransaction outer, @Nullable Alternative alternative) {
    this.attempt = attempt;
    this.outer = outer;
    this.alternative = alternative;
    // Nobody else knows it yet: no fences.
    WRITES.set(this, RefMap.EMPTY);
    RELIED.set(this, RefMap.EMPTY);
  }

  static @Nullable AsyncTransaction in(ContextView context) {
    return context.getOrDefault(KEY, null);
  }

  AsyncTransaction inner(@Nullable Alternative alternative) {
    checkOpen();
    return new AsyncTransaction(attempt, this, alternative);
  }

  Context into(Context context) {
    return context.put(KEY, this);
  }

  // --- the journal

  /** Fails if the block or its attempt has ended. */
  void checkOpen() {
    RefMap ignored = open();
  }

  private RefMap open() {
    AsyncAttempt.Ending ending = attempt.ending();
    if (ending == AsyncAttempt.Ending.CONFLICT || ending == AsyncAttempt.Ending.CANCELLED) {
      throw Signal.CONFLICT;
    }
    if (ending == AsyncAttempt.Ending.RETRY) {
      throw Signal.RETRY;
    }
    RefMap mine = writes;
    if (ending != null || mine == FROZEN) {
      throw new IllegalStateException("the transaction has ended; use it inside its body only");
    }
    return mine;
  }

  private @Nullable Object find(RefMap mine, TRef<?> ref) {
    Object own = mine.get(ref);
    if (own != null || outer == null) {
      return own;
    }
    Object found = outer.findFromInside(ref);
    for (; ; ) {
      RefMap before = relied;
      Object known = before.get(ref);
      if (known != null) {
        // Repeatable inside the block, even if a block beside it ends meanwhile.
        return known == ABSENT ? null : known;
      }
      if (RELIED.compareAndSet(this, before, before.with(ref, found == null ? ABSENT : found))) {
        return found;
      }
    }
  }

  private @Nullable Object findFromInside(TRef<?> ref) {
    Object own = open().get(ref);
    return own != null || outer == null ? own : outer.findFromInside(ref);
  }

  private Object valueOf(@Nullable Object found, TRef<?> ref) {
    if (found == null) {
      return Version.valueOf(attempt.read(ref));
    }
    if (found instanceof Change change) {
      return change.of(Version.valueOf(attempt.read(ref)));
    }
    return found;
  }

  private boolean write(RefMap before, TRef<?> ref, Object value) {
    if (!WRITES.compareAndSet(this, before, before.with(ref, value))) {
      return false;
    }
    if (attempt.isOvertaken()) {
      throw attempt.conflict();
    }
    return true;
  }

  boolean hasWrites() {
    RefMap mine = writes;
    return mine != FROZEN && mine.size() > 0;
  }

  /** Ends the block: its operations fail from now on. */
  RefMap freeze() {
    return (RefMap) WRITES.getAndSet(this, FROZEN);
  }

  /**
   * Ends a nested block that has succeeded.
   *
   * @return whether its writes have become the outer block's; if not, it has to run again
   */
  boolean merge() {
    AsyncTransaction around = outer;
    if (around == null) {
      throw new IllegalStateException("not nested");
    }
    RefMap mine = freeze();
    for (; ; ) {
      RefMap before = around.open();
      Merge merge = new Merge(before);
      relied.forEach(
          (ref, found) -> {
            Object now = around.find(before, ref);
            merge.check(found == (now == null ? ABSENT : now));
          });
      if (!merge.holds) {
        rollBack();
        return false;
      }
      mine.forEach(merge::put);
      if (WRITES.compareAndSet(around, before, merge.result)) {
        around.adopt(hooks);
        return true;
      }
    }
  }

  private static final class Merge {
    private RefMap result;
    private boolean holds = true;

    Merge(RefMap before) {
      result = before;
    }

    void check(boolean condition) {
      holds = holds && condition;
    }

    void put(TRef<?> ref, Object value) {
      result = result.with(ref, value instanceof Change late ? late.after(result.get(ref)) : value);
    }
  }

  private void adopt(@Nullable Hooks inner) {
    for (; ; ) {
      Hooks before = hooks;
      if (inner == null || HOOKS.compareAndSet(this, before, Hooks.append(before, inner))) {
        return;
      }
    }
  }

  /** Ends a nested block that has failed, or the whole attempt. */
  void rollBack() {
    RefMap ignored = freeze();
    runHooks(false);
  }

  void runHooks(boolean committed) {
    Hooks todo = hooks == null ? null : (Hooks) HOOKS.getAndSet(this, null);
    if (todo != null) {
      Hooks.run(todo, null, committed, attempt.currentContext());
    }
  }

  // --- what a body may do

  @Override
  public <T> T get(TRef<T> ref) {
    Args.notNull(ref, "ref");
    return cast(valueOf(find(open(), ref), ref));
  }

  @Override
  public <T> void set(TRef<T> ref, T value) {
    Args.notNull(ref, "ref");
    Args.notNull(value, "value");
    while (!write(open(), ref, value)) {
      // another branch of the body has written meanwhile
    }
  }

  @Override
  public <T> T update(TRef<T> ref, Function<? super T, ? extends T> update) {
    Args.notNull(ref, "ref");
    Args.notNull(update, "update");
    for (; ; ) {
      RefMap before = open();
      T value = cast(valueOf(find(before, ref), ref));
      T changed = Args.notNull(update.apply(value), "the value made by update");
      if (write(before, ref, changed)) {
        return changed;
      }
    }
  }

  @Override
  public <T> void commute(TRef<T> ref, Function<? super T, ? extends T> update) {
    Args.notNull(ref, "ref");
    Args.notNull(update, "update");
    Change late = new Change(cast(update));
    for (; ; ) {
      RefMap before = open();
      if (write(before, ref, late.after(before.get(ref)))) {
        return;
      }
    }
  }

  @Override
  public <T> T ensure(TRef<T> ref) {
    T value = get(ref);
    attempt.ensured();
    return value;
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals") // it never returns
  public <T> T retry() {
    checkOpen();
    AsyncTransaction block = this;
    while (block.alternative == null && block.outer != null) {
      block = block.outer;
    }
    if (block.alternative != null) {
      block.alternative.retried();
    } else {
      attempt.retry();
    }
    throw Signal.RETRY;
  }

  @Override
  public void check(boolean condition) {
    if (!condition) {
      throw this.<Signal>retry();
    }
  }

  /** Whether a block's left side has retried: a flag for the one thread that runs it. */
  private static final class Retried implements Alternative {
    private boolean retried;

    @Override
    public void retried() {
      retried = true;
    }
  }

  @Override
  @SuppressWarnings("NullAway") // R is whatever a side answers
  public <R> R orElse(
      Function<? super Transaction, ? extends R> left,
      Function<? super Transaction, ? extends R> right) {
    Args.notNull(left, "left");
    Args.notNull(right, "right");
    for (; ; ) {
      Retried retried = new Retried();
      AsyncTransaction block = inner(retried);
      R result = null;
      try {
        result = left.apply(block);
      } catch (Throwable failure) {
        if (!retried.retried) {
          block.rollBack();
          throw failure;
        }
      }
      if (retried.retried) {
        block.rollBack();
        return nested(right);
      }
      if (block.merge()) {
        return result;
      }
    }
  }

  @Override
  public <R> R nested(Function<? super Transaction, ? extends R> nested) {
    Args.notNull(nested, "block");
    for (; ; ) {
      AsyncTransaction block = inner(null);
      R result;
      try {
        result = nested.apply(block);
      } catch (Throwable failure) {
        block.rollBack();
        throw failure;
      }
      if (block.merge()) {
        return result;
      }
    }
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
    checkOpen();
    for (; ; ) {
      Hooks before = hooks;
      if (HOOKS.compareAndSet(this, before, new Hooks(action, onCommit, before))) {
        return;
      }
    }
  }

  @Override
  public int attempt() {
    return attempt.number;
  }

  // A ref holds values of its own type only.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T> T cast(Object value) {
    return (T) value;
  }
}
