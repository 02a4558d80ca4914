package dev.velox.reactor.parallel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * One started item of an ordered map: the subscriber of its publisher, the place where its values
 * wait for their turn, and its link in the line of items, all in one object.
 *
 * <p>Who touches what: its publisher's signals (serial, any thread) write; the owner of {@link
 * OrderedMapMain}'s drain reads and retires; whoever ends the operation cancels. Three words carry
 * that:
 *
 * <pre>
 *   value         null --publisher--&gt; v --owner--&gt; TAKEN        the first value of a Mono
 *                 null | v --owner, after the end--&gt; CLOSED     v is discarded by who closed
 *   over          false --publisher--&gt; true                     after its last value was stored
 *   subscription  null --publisher--&gt; s --publisher--&gt; CANCELLED   it ended by itself
 *                 null | s --who ends the operation--&gt; CANCELLED   s is cancelled
 * </pre>
 *
 * <p>A value and the end race on {@code value} by compare-and-set: either the owner finds the value
 * and discards it, or the publisher's thread finds the word closed and does. What is stored in the
 * queue is followed by a drain, whose owner clears it if the end came between.
 */
final class OrderedItem implements CoreSubscriber<Object>, Scannable {

  private static final Object TAKEN = new Object();
  private static final Object CLOSED = new Object();

  private static final VarHandle VALUE;
  private static final VarHandle QUEUE;
  private static final VarHandle OVER;
  private static final VarHandle NEXT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      VALUE = lookup.findVarHandle(OrderedItem.class, "value", Object.class);
      QUEUE = lookup.findVarHandle(OrderedItem.class, "queue", Queue.class);
      OVER = lookup.findVarHandle(OrderedItem.class, "over", boolean.class);
      NEXT = lookup.findVarHandle(OrderedItem.class, "next", OrderedItem.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private static final AtomicReferenceFieldUpdater<OrderedItem, @Nullable Subscription>
      SUBSCRIPTION =
          AtomicReferenceFieldUpdater.newUpdater(
              OrderedItem.class, Subscription.class, "subscription");

  private final OrderedMapMain<?, ?> main;
  private final long index;
  private final boolean single;

  private volatile @Nullable Subscription subscription;
  private volatile @Nullable Object value;
  private @Nullable Queue<Object> queue;
  private boolean over;

  @SuppressWarnings("UnusedVariable") // read and written through NEXT
  private @Nullable OrderedItem next;

  // What settling adds behind the values. Written before "over", read after it.
  private @Nullable Object last;

  // The publisher's thread only.
  private boolean gaveValue;

  // The owner only.
  private int consumed;

  OrderedItem(OrderedMapMain<?, ?> main, long index, boolean single) {
    this.main = main;
    this.index = index;
    this.single = single;
  }

  /** An item that ended when it began, with at most one result. */
  static OrderedItem ended(OrderedMapMain<?, ?> main, long index, @Nullable Object result) {
    OrderedItem item = new OrderedItem(main, index, true);
    item.last = result;
    item.over = true;
    return item;
  }

  long index() {
    return index;
  }

  // ---- the line ----

  @Nullable OrderedItem next() {
    return (OrderedItem) NEXT.getAcquire(this);
  }

  void link(OrderedItem successor) {
    NEXT.setVolatile(this, successor);
  }

  /** Lets go of the line, so that a retired item that became old does not keep young ones alive. */
  void unlink() {
    NEXT.setRelease(this, this);
  }

  // ---- its publisher's signals ----

  @Override
  public void onSubscribe(Subscription s) {
    if (Operators.setOnce(SUBSCRIPTION, this, s)) {
      s.request(main.prefetch());
    }
  }

  @Override
  public void onNext(Object given) {
    if (over) {
      Operators.onNextDropped(given, currentContext());
      return;
    }
    gaveValue = true;
    Object result = main.result(index, given);
    // A Mono's value is told of together with its completion, in one drain.
    if (single && VALUE.compareAndSet(this, null, result)) {
      return;
    }
    if (value == CLOSED) {
      Operators.onDiscard(given, currentContext());
      return;
    }
    Queue<Object> waiting = queue;
    if (waiting == null) {
      waiting = Queues.get(main.prefetch()).get();
      QUEUE.setRelease(this, waiting);
    }
    if (waiting.offer(result)) {
      main.drain();
    } else {
      Operators.onDiscard(given, currentContext());
      Operators.terminate(SUBSCRIPTION, this);
      onError(
          Exceptions.failWithOverflow(
              "item " + index + " gave more than the " + main.prefetch() + " values asked for"));
    }
  }

  @Override
  public void onError(Throwable error) {
    if (over) {
      Operators.onErrorDropped(error, currentContext());
      return;
    }
    SUBSCRIPTION.lazySet(this, Operators.cancelledSubscription());
    last = main.failed(index, error);
    OVER.setRelease(this, true);
    main.itemEnded();
  }

  @Override
  public void onComplete() {
    if (over) {
      return;
    }
    SUBSCRIPTION.lazySet(this, Operators.cancelledSubscription());
    if (!gaveValue) {
      last = main.emptyResult(index);
    }
    OVER.setRelease(this, true);
    main.itemEnded();
  }

  @Override
  public Context currentContext() {
    return main.currentContext();
  }

  // ---- the owner ----

  /** Whether it has stored all that it will. To be read before looking for values. */
  boolean isOver() {
    return (boolean) OVER.getAcquire(this);
  }

  /** Whether there is something to emit, given what {@link #isOver()} said before. */
  boolean hasResult(boolean over) {
    Queue<?> waiting = (Queue<?>) QUEUE.getAcquire(this);
    if (!over && waiting == null) {
      return false;
    }
    Object first = value;
    return (first != null && first != TAKEN)
        || (waiting != null && !waiting.isEmpty())
        || (over && last != null);
  }

  /** Takes what {@link #hasResult} found. */
  Object takeResult() {
    Object first = value;
    if (first != null && first != TAKEN) {
      VALUE.setRelease(this, TAKEN);
      return first;
    }
    Queue<Object> waiting = queue;
    Object result = waiting == null ? null : waiting.poll();
    if (result != null) {
      refill();
      return result;
    }
    result = last;
    last = null;
    if (result == null) {
      throw new IllegalStateException("taken without having been found");
    }
    return result;
  }

  private void refill() {
    int limit = main.prefetch() - (main.prefetch() >> 2);
    if (++consumed == limit) {
      consumed = 0;
      Subscription s = subscription;
      if (s != null) {
        s.request(limit);
      }
    }
  }

  /** Discards what waits, and makes what comes be discarded where it comes. */
  void close() {
    Object first = VALUE.getAndSet(this, CLOSED);
    if (first != null && first != TAKEN && first != CLOSED) {
      discard(first);
    }
    Queue<?> waiting = (Queue<?>) QUEUE.getAcquire(this);
    if (waiting != null) {
      for (Object result = waiting.poll(); result != null; result = waiting.poll()) {
        discard(result);
      }
    }
    if (isOver() && last != null) {
      discard(last);
      last = null;
    }
  }

  private void discard(Object result) {
    main.discard(result);
  }

  /** Whether the next {@link #close()} is the last that it can need. To be read before it. */
  boolean isClosable() {
    return single ? QUEUE.getAcquire(this) == null : isOver();
  }

  // ---- who ends the operation ----

  void cancel() {
    Operators.terminate(SUBSCRIPTION, this);
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return subscription;
    }
    if (key == Attr.ACTUAL) {
      return main;
    }
    if (key == Attr.CANCELLED) {
      return subscription == Operators.cancelledSubscription() && !isOver();
    }
    if (key == Attr.TERMINATED) {
      return isOver();
    }
    if (key == Attr.PREFETCH) {
      return main.prefetch();
    }
    if (key == Attr.BUFFERED) {
      Queue<?> waiting = (Queue<?>) QUEUE.getAcquire(this);
      Object first = value;
      int held = first == null || first == TAKEN || first == CLOSED ? 0 : 1;
      return held + (waiting == null ? 0 : waiting.size());
    }
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.SYNC;
    }
    return null;
  }
}
