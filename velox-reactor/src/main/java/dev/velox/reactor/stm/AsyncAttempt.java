package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Trampoline;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * The attempt of a {@code Mono} body, used from any thread and from several at a time.
 *
 * <pre>
 *   ending:  null=OPEN --- end(how), by the body's last signal, a lost read, a retry, a
 *                          cancellation, a time-out, or age, whichever comes first ---&gt; how
 * </pre>
 *
 * <p>Who wins that compare-and-set, and nobody else, closes the attempt and has the run go on.
 *
 * <p>What was read, and as of which commit, is one immutable {@code View} in one word; what was
 * written is another word, in each frame of nesting ({@link AsyncTransaction}). A read loads a head
 * as of a view, and counts only if it can replace just that view by one that has the head on top.
 * So the view can move to the present, or get a snapshot, while other branches read: their reads
 * are made again. As in a {@link ReadLog}, what was read twice is there twice, until the view has
 * become long.
 *
 * <p>Most bodies end while they are subscribed, and cost no snapshot: until then the attempt reads
 * the present, and moves with it as long as what it has read stays current.
 */
final class AsyncAttempt extends Attempt {

  enum Ending {
    COMPLETED,
    FAILED,
    CONFLICT,
    RETRY,
    CANCELLED
  }

  /**
   * As of which commit is read, and the snapshot that keeps it; how long a view becomes before refs
   * read twice are searched for. Views share it, as it seldom changes.
   */
  private static final class AsOf {
    final long number;
    final @Nullable Pin pin;
    final int limit;

    AsOf(long number, @Nullable Pin pin, int limit) {
      this.number = number;
      this.pin = pin;
      this.limit = limit;
    }
  }

  /** What was read, the last read on top, and as of which commit. */
  private static final class View {
    final @Nullable TRef<?> ref;
    final @Nullable Object head;
    final @Nullable View before;
    final int size;
    // Of the top one it counts.
    final AsOf asOf;

    private View(
        @Nullable TRef<?> ref, @Nullable Object head, @Nullable View before, int size, AsOf asOf) {
      this.ref = ref;
      this.head = head;
      this.before = before;
      this.size = size;
      this.asOf = asOf;
    }

    static View empty(long number, @Nullable Pin pin) {
      return new View(null, null, null, 0, new AsOf(number, pin, SWEPT_FROM));
    }

    View as(long number, @Nullable Pin pin) {
      return new View(ref, head, before, size, new AsOf(number, pin, asOf.limit));
    }

    View with(TRef<?> ref, Object head) {
      View below = size < asOf.limit ? this : swept();
      return new View(ref, head, below, below.size + 1, below.asOf);
    }

    private View swept() {
      View kept = empty(asOf.number, asOf.pin);
      RefSet met = new RefSet(size);
      for (View each = this; each != null; each = each.before) {
        if (each.ref != null && met.add(each.ref)) {
          kept = new View(each.ref, each.head, kept, kept.size + 1, kept.asOf);
        }
      }
      int limit = Math.max(SWEPT_FROM, 3 * kept.size);
      return new View(
          kept.ref, kept.head, kept.before, kept.size, new AsOf(asOf.number, asOf.pin, limit));
    }

    @Nullable Object headOf(TRef<?> ref) {
      for (View each = this; each != null; each = each.before) {
        if (each.ref == ref) {
          return each.head;
        }
      }
      return null;
    }

    boolean isCurrent() {
      for (View each = this; each != null; each = each.before) {
        if (each.ref != null && each.ref.head() != each.head) {
          return false;
        }
      }
      return true;
    }

    List<TRef<?>> refs() {
      List<TRef<?>> refs = new ArrayList<>();
      for (View each = swept(); each != null; each = each.before) {
        if (each.ref != null) {
          refs.add(each.ref);
        }
      }
      return refs;
    }
  }

  /** How long a view becomes before refs read twice are searched for. */
  static final int SWEPT_FROM = 1024;

  private static final VarHandle VIEW;
  private static final VarHandle ENDING;
  private static final VarHandle WATCHED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      VIEW = lookup.findVarHandle(AsyncAttempt.class, "view", View.class);
      ENDING = lookup.findVarHandle(AsyncAttempt.class, "ending", Ending.class);
      WATCHED = lookup.findVarHandle(AsyncAttempt.class, "watched", RefMap.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final MonoRun<?> run;
  final AsyncTransaction root;
  private volatile View view;
  private volatile @Nullable Ending ending;
  private volatile boolean ensures;
  private volatile @Nullable RetryWaiter watch;
  // Where the watch is linked; null if nowhere.
  private volatile @Nullable RefMap watched;

  // What the body wrote, once it has completed.
  private RefMap writes = RefMap.EMPTY;

  @SuppressWarnings("NullAway.Init") // through the handle
  AsyncAttempt(
      MonoRun<?> run,
      int number,
      @Nullable Pin pin,
      @Nullable Turn turn,
      Iterable<TRef<?>> footprint) {
    super(number, null, turn, footprint);
    this.run = run;
    // Nobody else knows it yet: no fence.
    VIEW.set(this, View.empty(pin == null ? readNumber : pin.readNumber, pin));
    this.root = new AsyncTransaction(this, null, null);
  }

  boolean isOpen() {
    return ending == null;
  }

  @Nullable Ending ending() {
    return ending;
  }

  boolean end(Ending how) {
    return ending == null && ENDING.compareAndSet(this, null, how);
  }

  /** How many reads it has noted. */
  int reads() {
    return view.size;
  }

  /** The body has completed: no write can be added any more. */
  void freeze() {
    writes = root.freeze();
    readNumber = view.asOf.number;
  }

  Object read(TRef<?> ref) {
    for (; ; ) {
      View seen = view;
      Object head = turn != null ? loadInTurn(turn, ref) : loadAsOf(seen, ref);
      if (head != null && VIEW.compareAndSet(this, seen, seen.with(ref, head))) {
        watched(ref, head);
        return head;
      }
    }
  }

  /** The ref's head as of a view; {@code null} if the view had to be moved. */
  private @Nullable Object loadAsOf(View seen, TRef<?> ref) {
    Object head = ref.head();
    if (Version.numberOf(head) <= seen.asOf.number) {
      return head;
    }
    if (seen.asOf.pin != null) {
      Object older = asOf(head, seen.asOf.number);
      // Without it the snapshot was revoked because it had become too old or too costly.
      return older == null ? loadNewer(ref) : older;
    }
    long present = Ledger.SHARED.settled().number;
    if (!seen.isCurrent()) {
      return loadNewer(ref);
    }
    VIEW.compareAndSet(this, seen, seen.as(present, null));
    return null;
  }

  /**
   * The body has not ended while it was subscribed: from now on a snapshot is kept for it. What it
   * has read must be current for that, and is then as of the snapshot too. A read going on beside
   * this finds that the view has changed, and is made again.
   */
  void keepSnapshot(int maxVersions) {
    if (turn != null || view.asOf.pin != null) {
      return;
    }
    Pin kept = Ledger.SHARED.pin(maxVersions);
    for (; ; ) {
      View seen = view;
      if (!seen.isCurrent()) {
        kept.end();
        run.stop(this);
        return;
      }
      if (VIEW.compareAndSet(this, seen, seen.as(kept.readNumber, kept))) {
        if (!isOpen()) {
          // Released before the pin was there to be seen.
          kept.end();
        }
        return;
      }
    }
  }

  /** Lets the snapshot's history go. The attempt goes on until it needs what is gone. */
  void giveUpSnapshot() {
    Pin kept = view.asOf.pin;
    if (kept != null) {
      kept.end();
    }
  }

  @Override
  void release() {
    giveUpSnapshot();
    super.release();
  }

  void ensured() {
    ensures = true;
  }

  // --- giving up early

  /**
   * From the second attempt on, an attempt that has lost what it read is stopped at once if it
   * writes. The watch is a waiter that is linked at each ref as it is read.
   */
  void watchReads() {
    watch = new RetryWaiter(List.of(), this::overtaken);
  }

  private void watched(TRef<?> ref, Object head) {
    RetryWaiter watching = watch;
    if (watching == null) {
      return;
    }
    RefMap before;
    RefMap after;
    do {
      before = watched;
      after = before == null ? RefMap.EMPTY : before;
      if (after.get(ref) != null) {
        return;
      }
      after = after.with(ref, head);
    } while (!WATCHED.compareAndSet(this, before, after));
    ref.addWaiter(watching);
    if (ref.head() != head && watching.grant(true)) {
      Trampoline.run(watching);
    }
    if (!watching.isWaiting()) {
      ref.waiterEnded();
    }
  }

  private void overtaken() {
    unlinkWatch();
    if (root.hasWrites()) {
      run.stop(this);
    }
  }

  private void unlinkWatch() {
    RefMap linked = watched;
    if (linked != null) {
      linked.forEach((ref, head) -> ref.waiterEnded());
    }
  }

  /** Ends the watch, if any. */
  void unwatch() {
    RetryWaiter watching = watch;
    if (watching != null && watching.quit()) {
      unlinkWatch();
    }
  }

  boolean isOvertaken() {
    RetryWaiter watching = watch;
    return watching != null && !watching.isWaiting();
  }

  // --- of Attempt

  @Override
  Object loadNewer(TRef<?> ref) {
    View seen = view;
    // A long view is not searched again and again: the next attempt will have a snapshot.
    Object known = seen.size < SWEPT_FROM ? seen.headOf(ref) : null;
    if (known == null) {
      throw conflict();
    }
    return known;
  }

  @Override
  void movedTo(long number) {
    // Each read in turn has its own fence, and what it found stands still since.
  }

  void retry() {
    run.retry(this);
  }

  Context currentContext() {
    return run.currentContext();
  }

  @Override
  Signal conflict() {
    run.stop(this);
    return Signal.CONFLICT;
  }

  @Override
  boolean isCurrent() {
    return view.isCurrent();
  }

  @Override
  boolean writes() {
    return writes.size() > 0;
  }

  @Override
  boolean ensures() {
    return ensures;
  }

  @Override
  List<TRef<?>> footprint() {
    return view.refs();
  }

  @Override
  List<TRef<?>> writtenRefs() {
    List<TRef<?>> refs = new ArrayList<>(writes.size());
    writes.forEach((ref, value) -> refs.add(ref));
    return refs;
  }

  @Override
  @Nullable Object stage(long number) {
    Staging staging = new Staging(number, writes.size());
    writes.forEach(staging);
    if (obstacle != null) {
      return null;
    }
    return switch (staging.count) {
      case 0 -> NOTHING;
      case 1 -> staging.versions[0];
      default -> Arrays.copyOf(staging.versions, staging.count);
    };
  }

  /** Makes a version of each write that changes something. */
  private final class Staging implements BiConsumer<TRef<?>, Object> {
    private final long number;
    private final Version[] versions;
    private int count;

    Staging(long number, int most) {
      this.number = number;
      this.versions = new Version[most];
    }

    @Override
    public void accept(TRef<?> ref, Object written) {
      if (isObstructed(ref)) {
        return;
      }
      // If it was read, this is what was read, or else the commit will not be the next.
      Object head = ref.head();
      Object before = Version.valueOf(head);
      Object value = written instanceof Change change ? change.of(before) : written;
      if (value != before && !value.equals(before)) {
        Version version = new Version(ref, value);
        version.stamp(number, head);
        versions[count++] = version;
      }
    }
  }
}
