package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Trampoline;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
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
 * as of a view, and counts only if it can replace just that view by one that knows the head. So the
 * view can move to the present, or get a snapshot, while other branches read: their reads are made
 * again.
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

  /** What was read, as of which commit, and the snapshot that keeps it. */
  private static final class View {
    final RefMap reads;
    final long number;
    final @Nullable Pin pin;

    View(RefMap reads, long number, @Nullable Pin pin) {
      this.reads = reads;
      this.number = number;
      this.pin = pin;
    }
  }

  private static final VarHandle VIEW;
  private static final VarHandle ENDING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      VIEW = lookup.findVarHandle(AsyncAttempt.class, "view", View.class);
      ENDING = lookup.findVarHandle(AsyncAttempt.class, "ending", Ending.class);
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

  // What the body wrote, once it has completed.
  private RefMap writes = RefMap.EMPTY;

  AsyncAttempt(
      MonoRun<?> run,
      int number,
      @Nullable Pin pin,
      @Nullable Turn turn,
      Iterable<TRef<?>> footprint) {
    super(run.ledger, number, null, turn, footprint);
    this.run = run;
    this.view = new View(RefMap.EMPTY, pin == null ? readNumber : pin.readNumber, pin);
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

  /** How many refs it has read. */
  int reads() {
    return view.reads.size();
  }

  /** The body has completed: no write can be added any more. */
  void freeze() {
    writes = root.freeze();
    readNumber = view.number;
  }

  Object read(TRef<?> ref) {
    for (; ; ) {
      View seen = view;
      Object known = seen.reads.get(ref);
      if (known != null) {
        return known;
      }
      Object head = turn != null ? loadInTurn(turn, ref) : loadAsOf(seen, ref);
      if (head != null
          && VIEW.compareAndSet(
              this, seen, new View(seen.reads.with(ref, head), seen.number, seen.pin))) {
        watched(ref, head);
        return head;
      }
    }
  }

  /** The ref's head as of a view; {@code null} if the view had to be moved. */
  private @Nullable Object loadAsOf(View seen, TRef<?> ref) {
    Object head = ref.head();
    if (Version.numberOf(head) <= seen.number) {
      return head;
    }
    if (seen.pin != null) {
      Object older = asOf(head, seen.number);
      if (older == null) {
        // The snapshot was revoked because it had become too old or too costly.
        throw conflict();
      }
      return older;
    }
    long present = ledger.settled().number;
    if (!isCurrent(seen.reads)) {
      throw conflict();
    }
    VIEW.compareAndSet(this, seen, new View(seen.reads, present, null));
    return null;
  }

  /**
   * The body has not ended while it was subscribed: from now on a snapshot is kept for it. What it
   * has read must be current for that, and is then as of the snapshot too. A read going on beside
   * this finds that the view has changed, and is made again.
   */
  void keepSnapshot(int maxVersions) {
    if (turn != null || view.pin != null) {
      return;
    }
    Pin kept = ledger.pin(maxVersions);
    for (; ; ) {
      View seen = view;
      if (!isCurrent(seen.reads)) {
        kept.end();
        run.stop(this);
        return;
      }
      if (VIEW.compareAndSet(this, seen, new View(seen.reads, kept.readNumber, kept))) {
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
    Pin kept = view.pin;
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
    ref.addWaiter(watching);
    if (ref.head() != head && watching.grant(true)) {
      Trampoline.run(watching);
    }
    if (!watching.isWaiting()) {
      ref.waiterEnded();
    }
  }

  private void overtaken() {
    view.reads.forEach((ref, head) -> ref.waiterEnded());
    if (root.hasWrites()) {
      run.stop(this);
    }
  }

  /** Ends the watch, if any. */
  void unwatch() {
    RetryWaiter watching = watch;
    if (watching != null && watching.quit()) {
      view.reads.forEach((ref, head) -> ref.waiterEnded());
    }
  }

  boolean isOvertaken() {
    RetryWaiter watching = watch;
    return watching != null && !watching.isWaiting();
  }

  // --- of Attempt

  @Override
  Object loadNewer(TRef<?> ref) {
    throw conflict();
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
    return isCurrent(view.reads);
  }

  private static boolean isCurrent(RefMap reads) {
    return new Current().of(reads);
  }

  /** Compares all heads; a class because a lambda can't stop. */
  private static final class Current {
    private boolean current = true;

    boolean of(RefMap reads) {
      reads.forEach((ref, head) -> current = current && ref.head() == head);
      return current;
    }
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
    return refs(view.reads);
  }

  @Override
  List<TRef<?>> writtenRefs() {
    return refs(writes);
  }

  private static List<TRef<?>> refs(RefMap map) {
    List<TRef<?>> refs = new ArrayList<>(map.size());
    map.forEach((ref, value) -> refs.add(ref));
    return refs;
  }

  @Override
  @Nullable Object stage(long number) {
    RefMap seen = view.reads;
    List<Version> versions = new ArrayList<>(writes.size());
    writes.forEach(
        (ref, written) -> {
          if (isObstructed(ref)) {
            return;
          }
          Object known = seen.get(ref);
          Object head = known == null ? ref.head() : known;
          Object before = Version.valueOf(head);
          Object value =
              written instanceof AsyncTransaction.Change change
                  ? Args.notNull(change.function().apply(before), "the value made by commute")
                  : written;
          if (value != before && !value.equals(before)) {
            Version version = new Version(ref, value);
            version.stamp(number, head);
            versions.add(version);
          }
        });
    if (obstacle != null) {
      return null;
    }
    return switch (versions.size()) {
      case 0 -> NOTHING;
      case 1 -> versions.get(0);
      default -> versions.toArray(Version[]::new);
    };
  }
}
