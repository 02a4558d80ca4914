package dev.velox.reactor.parallel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription of the ordered, bounded map.
 *
 * <p>The source is asked for no more items than may start at once, so an item that arrives starts
 * where it arrives, and none waits unstarted. Started items stand in a line, linked by their {@link
 * OrderedItem}s in the order they came; results leave from the line's front. How many may be asked
 * for follows from four counts, each of which only grows:
 *
 * <pre>
 *   asked &lt;= ended + concurrency      so that never more than concurrency run
 *   asked &lt;= retired + window         so that never more than window wait for an older one
 *
 *   asked    items asked for                        (owner)
 *   started  of these, those that came              (source)
 *   ended    of these, those that have terminated   (owner, from what items tell through state)
 *   retired  of these, those whose results have all been emitted   (owner)
 * </pre>
 *
 * <p>{@code state} is one word: its low half counts signals that the owner has not seen, its high
 * half how many items have ended (modulo 2^32). Who raises the low half from zero is the owner and
 * emits; others leave, since the owner goes round again until it can bring the low half back to
 * zero. The owner alone signals downstream.
 *
 * <p>{@code end} is how it ends, set once by compare-and-set:
 *
 * <pre>
 *            +-- cancel ----------------------------------&gt; CANCELLED   by downstream
 *   null ----+-- an item's or the source's error ---------&gt; the error   by whoever met it
 *            +-- source complete and nothing in the line -&gt; COMPLETED or the collected errors,
 *                                                                        by the owner
 * </pre>
 *
 * <p>Whoever ends it early cancels the source and walks the line to cancel what runs, at once,
 * without waiting for the owner, who may be in a slow subscriber; the owner then discards what
 * waits and signals. An item that is linked meanwhile is not missed: linking and then reading
 * {@code end} is one side, writing {@code end} and then reading the links the other, all volatile,
 * so at least one sees the other. An item that gives its value meanwhile settles it on its own
 * word.
 *
 * <p>The source is asked by the owner after it has ceased to be it, so that a source that answers
 * on the spot finds nobody owning, and items that end at once pass through without a place in the
 * line. It is asked again when no more than a quarter of what was asked for is still to come.
 */
final class OrderedMapMain<T, R> implements CoreSubscriber<T>, Subscription, Scannable {

  private static final Object CANCELLED = new Object();
  private static final Object COMPLETED = new Object();

  private static final long ONE_ENDED = 1L << 32;

  // After so many results in one go at most, the owner looks whether lanes have become free.
  private static final int LONGEST_RUN = 64;

  private static final VarHandle STATE;
  private static final VarHandle END;
  private static final VarHandle STARTED;
  private static final VarHandle ASKED;
  private static final VarHandle FRONT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(OrderedMapMain.class, "state", long.class);
      END = lookup.findVarHandle(OrderedMapMain.class, "end", Object.class);
      STARTED = lookup.findVarHandle(OrderedMapMain.class, "started", long.class);
      ASKED = lookup.findVarHandle(OrderedMapMain.class, "asked", long.class);
      FRONT = lookup.findVarHandle(OrderedMapMain.class, "front", OrderedItem.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  @SuppressWarnings("rawtypes") // the updater's class token has no type arguments
  private static final AtomicLongFieldUpdater<OrderedMapMain> REQUESTED =
      AtomicLongFieldUpdater.newUpdater(OrderedMapMain.class, "requested");

  private final CoreSubscriber<? super R> actual;
  private final Function<? super T, ? extends Publisher<?>> processor;
  private final boolean settling;
  private final int concurrency;
  private final long window;
  private final int fewLeft;
  private final int prefetch;
  private final Failures failures;

  // Set before downstream can call, never changed.
  private @Nullable Subscription source;

  private volatile long state;
  private volatile @Nullable Object end;
  private volatile long requested;
  private volatile long asked;
  private volatile long started;
  private volatile boolean sourceDone;
  private volatile OrderedItem front;

  // The source's thread only.
  private OrderedItem tail;

  // The owner only.
  private long emitted;
  private long ended;
  private int endedSeen;
  private long retired;
  private boolean told;

  OrderedMapMain(
      CoreSubscriber<? super R> actual,
      Function<? super T, ? extends Publisher<?>> processor,
      ParallelSpec spec,
      boolean settling) {
    this.actual = actual;
    this.processor = processor;
    this.settling = settling;
    this.concurrency = spec.concurrency();
    this.window = spec.window();
    this.fewLeft = concurrency >> 2;
    this.prefetch = spec.prefetch();
    this.failures = new Failures(spec);
    OrderedItem before = new OrderedItem(this, -1, true);
    this.front = before;
    this.tail = before;
  }

  // ---- the source's signals ----

  @Override
  public void onSubscribe(Subscription s) {
    if (Operators.validate(source, s)) {
      source = s;
      actual.onSubscribe(this);
    }
  }

  @Override
  public void onNext(T item) {
    if (sourceDone) {
      Operators.onNextDropped(item, currentContext());
      return;
    }
    if (end != null) {
      Operators.onDiscard(item, currentContext());
      return;
    }
    long index = started;
    STARTED.setRelease(this, index + 1);
    Publisher<?> publisher;
    Object atOnce;
    try {
      publisher =
          Objects.requireNonNull(processor.apply(item), "The processor returned a null Publisher");
      if (publisher instanceof Callable<?> callable) {
        Object given = callable.call();
        atOnce = given == null ? emptyResult(index) : result(index, given);
        publisher = null;
      } else {
        atOnce = null;
      }
    } catch (Throwable failure) {
      publisher = null;
      atOnce = threw(index, item, failure);
    }
    if (publisher == null) {
      endedAtOnce(index, atOnce);
    } else {
      start(index, publisher);
    }
  }

  private <V> void start(long index, Publisher<V> publisher) {
    OrderedItem item = new OrderedItem(this, index, publisher instanceof Mono);
    append(item);
    if (end != null) {
      return;
    }
    Operators.toFluxOrMono(publisher).subscribe(item);
    if (asked - started <= fewLeft) {
      drain();
    }
  }

  private void append(OrderedItem item) {
    OrderedItem previous = tail;
    tail = item;
    previous.link(item);
  }

  /** Passes on what needs no running: straight through if it can, else at its place in the line. */
  private void endedAtOnce(long index, @Nullable Object result) {
    long seen = state;
    if ((int) seen == 0 && STATE.compareAndSet(this, seen, seen + 1)) {
      if (end == null && front.next() == null && (result == null || emitted != requested)) {
        ended++;
        retired++;
        if (result != null) {
          emit(result);
        }
        long more = end == null ? moreItems() : 0;
        if (STATE.compareAndSet(this, seen + 1, seen)) {
          ask(more);
        } else {
          ask(more);
          ask(drainOwned());
        }
      } else {
        append(OrderedItem.ended(this, index, result));
        ended++;
        ask(drainOwned());
      }
    } else {
      append(OrderedItem.ended(this, index, result));
      itemEnded();
    }
  }

  private @Nullable Object threw(long index, T item, Throwable failure) {
    Throwable error = Operators.onNextError(item, failure, currentContext());
    return error == null ? null : failed(index, error);
  }

  @Override
  public void onError(Throwable error) {
    if (sourceDone) {
      Operators.onErrorDropped(error, currentContext());
      return;
    }
    sourceDone = true;
    endWith(error);
  }

  @Override
  public void onComplete() {
    sourceDone = true;
    drain();
  }

  @Override
  public Context currentContext() {
    return actual.currentContext();
  }

  // ---- what items tell ----

  int prefetch() {
    return prefetch;
  }

  /** What downstream gets for a value of an item. */
  Object result(long index, Object given) {
    return settling ? Settled.success(index, given) : given;
  }

  /** What downstream gets for an item without a value, if anything. */
  @Nullable Object emptyResult(long index) {
    return settling ? Settled.empty(index) : null;
  }

  /** Deals with an item's error; answers what downstream gets in its place, if anything. */
  @Nullable Object failed(long index, Throwable error) {
    if (end != null) {
      late(error);
      return null;
    }
    if (settling) {
      return Settled.failure(index, error);
    }
    Throwable verdict = failures.add(index, error);
    if (verdict != null) {
      endWith(verdict);
    }
    return null;
  }

  /** An item has stored all that it will. */
  void itemEnded() {
    drain(ONE_ENDED + 1);
  }

  void discard(Object result) {
    if (settling) {
      if (result instanceof Settled.Success<?> success) {
        Operators.onDiscard(success.value(), currentContext());
      }
    } else {
      Operators.onDiscard(result, currentContext());
    }
  }

  // ---- the end ----

  @Override
  public void cancel() {
    if (END.compareAndSet(this, null, CANCELLED)) {
      stop();
    }
  }

  private void endWith(Throwable error) {
    if (END.compareAndSet(this, null, error)) {
      stop();
    } else {
      late(error);
    }
  }

  private void late(Throwable error) {
    Failures.late(error, end instanceof Throwable why ? why : null, currentContext());
  }

  private void stop() {
    Subscription s = source;
    if (s != null && !sourceDone) {
      s.cancel();
    }
    OrderedItem item = front;
    for (OrderedItem next = item.next(); next != null; next = item.next()) {
      if (next == item) {
        // The owner has retired it under our feet; what still runs is behind the new front.
        item = front;
      } else {
        next.cancel();
        item = next;
      }
    }
    drain();
  }

  // ---- demand ----

  @Override
  public void request(long n) {
    if (Operators.validate(n)) {
      Operators.addCap(REQUESTED, this, n);
      drain();
    }
  }

  private void ask(long more) {
    Subscription s = source;
    if (more > 0 && s != null) {
      s.request(more);
    }
  }

  /** Reckons how many more items may be asked for now; the owner must then ask for them. */
  private long moreItems() {
    if (requested == 0) {
      return 0;
    }
    int told = (int) (state >>> 32);
    ended += (told - endedSeen) & 0xFFFF_FFFFL;
    endedSeen = told;
    long before = asked;
    if (concurrency == ParallelSpec.UNLIMITED) {
      ASKED.setRelease(this, Long.MAX_VALUE);
      return before == 0 ? Long.MAX_VALUE : 0;
    }
    long room = Math.min(ended + concurrency, retired + window) - before;
    if (room <= 0 || before - started > fewLeft) {
      return 0;
    }
    ASKED.setRelease(this, before + room);
    return room;
  }

  // ---- the owner ----

  void drain() {
    drain(1);
  }

  private void drain(long news) {
    if ((int) (long) STATE.getAndAdd(this, news) == 0) {
      ask(drainOwned());
    }
  }

  /** Goes round until there is no news; answers how many items must be asked for. */
  private long drainOwned() {
    long seen = state;
    for (; ; ) {
      long more = 0;
      if (end != null) {
        windUp();
      } else {
        boolean unfinished = emitReady();
        more = end == null ? moreItems() : 0;
        if (unfinished) {
          ask(more);
          continue;
        }
      }
      long now = (long) STATE.getAndAdd(this, -(seen & 0xFFFF_FFFFL)) - (seen & 0xFFFF_FFFFL);
      if ((int) now == 0) {
        return more;
      }
      ask(more);
      seen = now;
    }
  }

  /** Emits from the front of the line; answers whether it broke off to let lanes be refilled. */
  private boolean emitReady() {
    int budget = Math.min(fewLeft + 1, LONGEST_RUN);
    OrderedItem previous = front;
    for (; ; ) {
      // In this order: a source that is done has linked its last item, an item that is over has
      // stored its last value.
      boolean noMore = sourceDone;
      OrderedItem item = previous.next();
      if (item == null) {
        if (noMore) {
          complete();
        }
        return false;
      }
      boolean over = item.isOver();
      while (item.hasResult(over)) {
        if (end != null || emitted == requested) {
          return false;
        }
        if (budget-- == 0) {
          return true;
        }
        emit(item.takeResult());
      }
      if (!over || end != null) {
        return false;
      }
      retired++;
      // In this order: who finds the old front unlinked then finds the new one.
      FRONT.setRelease(this, item);
      previous.unlink();
      previous = item;
    }
  }

  @SuppressWarnings("unchecked") // what the processor's publishers give is R, or Settled where R is
  private void emit(Object result) {
    emitted++;
    actual.onNext((R) result);
  }

  private void complete() {
    Throwable verdict = failures.verdict();
    if (END.compareAndSet(this, null, verdict == null ? COMPLETED : verdict)) {
      told = true;
      if (verdict == null) {
        actual.onComplete();
      } else {
        actual.onError(verdict);
      }
    }
  }

  private void windUp() {
    OrderedItem previous = front;
    boolean passing = true;
    for (OrderedItem item = previous.next(); item != null; item = item.next()) {
      // In this order: what an item stores between its being closed and its being over is found.
      passing &= item.isClosable();
      item.close();
      if (passing) {
        front = item;
      }
    }
    Object how = end;
    if (how == CANCELLED) {
      failures.drop(currentContext());
    } else if (how instanceof Throwable error) {
      failures.attachTo(error);
      if (!told) {
        told = true;
        actual.onError(error);
      }
    }
  }

  // ---- for those who look ----

  @Override
  public Stream<? extends Scannable> inners() {
    List<OrderedItem> items = new ArrayList<>();
    for (OrderedItem item = front.next(); item != null; item = item.next()) {
      if (!items.isEmpty() && item == items.get(items.size() - 1)) {
        break;
      }
      items.add(item);
    }
    return items.stream();
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return source;
    }
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
      return requested;
    }
    if (key == Attr.CANCELLED) {
      return end == CANCELLED;
    }
    if (key == Attr.TERMINATED) {
      return end != null && end != CANCELLED;
    }
    if (key == Attr.ERROR) {
      return end instanceof Throwable error ? error : null;
    }
    if (key == Attr.PREFETCH) {
      return concurrency;
    }
    if (key == Attr.CAPACITY) {
      return (int) Math.min(window, Integer.MAX_VALUE);
    }
    if (key == Attr.BUFFERED) {
      return (int) inners().count();
    }
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.SYNC;
    }
    return null;
  }
}
