package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Fuseable;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Publishes what a source emits, one after the other: the source is asked for the next when the one
 * before is published. Of a source that has its elements at hand, and runs nobody's code to make
 * them, as many are taken at once as there is room for, {@value #MOST_AT_ONCE} at most, and
 * published by one step.
 *
 * <p>Its owner is the drain: whoever raises {@code wip} from zero runs it, and it ends when it has
 * brought {@code wip} back to zero. The source's signals, an admitted turn and a cancellation leave
 * a note and raise it.
 *
 * <pre>
 *   idle   --- nothing in hand -------------&gt; asked
 *   asked  --- element came, all have room -&gt; idle
 *   idle   --- pulled, or some left in hand -&gt; idle, turn or done, as if one after the other came
 *   asked  --- element came, no room -------&gt; turn
 *   asked  --- source ended ----------------&gt; done
 *   turn   --- admitted --------------------&gt; idle
 *   turn   --- source failed ---------------&gt; done: the turn ends, what is in hand is discarded
 *   asked, turn --- refused ----------------&gt; done: what is in hand is discarded
 *   any    --- cancelled -------------------&gt; done: the turn ends, what is in hand is discarded
 * </pre>
 *
 * <p>A cancellation only leaves a note; the drain ends the turn. If the turn is bound by then, its
 * element is published and not discarded: {@code giveUp} decides which, once. A turn is a waiter of
 * its own for each wait, as an admitted one may still be looked at by a thread that read an older
 * state. What has been pulled before the source failed is published before that is told.
 */
final class PublishAllSubscriber<T> implements CoreSubscriber<T>, Scannable, Subscription {

  private static final int MOST_AT_ONCE = 64;
  private static final Object[] NOTHING = {};

  /** Its place in the line of publishers. */
  private static final class Turn extends PublishWaiter {
    private final PublishAllSubscriber<?> owner;
    private final Object element;
    private final long since;

    Turn(PublishAllSubscriber<?> owner, Object element, long since) {
      this.owner = owner;
      this.element = element;
      this.since = since;
    }

    @Override
    Object element() {
      return element;
    }

    @Override
    public void run() {
      owner.drain();
    }

    /** Leaves the line; {@code false} if its element is published all the same. */
    boolean leave() {
      Object had = giveUp();
      if (had == WAITED) {
        owner.broadcast.core.publisherLeft();
        owner.broadcast.tell(Event.CANCELLED);
      }
      return had == WAITED || had == REFUSED;
    }
  }

  private final DefaultBroadcast<T> broadcast;
  private final CoreSubscriber<? super Long> actual;
  private final Context context;
  // Tells of one element at a time, but has all of them.
  private final boolean isCollection;
  private final AtomicInteger wip = new AtomicInteger();

  // What came and is not taken in hand yet; never more than one, as no more was asked for.
  private final AtomicReference<@Nullable T> received = new AtomicReference<>();

  // The source itself if it can be pulled. Written before upstream, read after it.
  private @Nullable Queue<T> pulled;
  private boolean atHand;

  private volatile @Nullable Subscription upstream;
  private volatile boolean sourceEnded;
  private volatile boolean cancelled;
  private volatile boolean done;

  // Written before sourceEnded, read after it.
  private @Nullable Throwable sourceError;

  // Owned by the drain.
  private @Nullable Turn turn;
  private boolean asked;
  private boolean sourceCancelled;
  private long published;

  // What was pulled and is not published yet, and whether nothing comes after it.
  private @Nullable Object[] hand = NOTHING;
  private int handAt;
  private int handEnd;
  private boolean pulledAll;

  PublishAllSubscriber(
      DefaultBroadcast<T> broadcast, boolean isCollection, CoreSubscriber<? super Long> actual) {
    this.broadcast = broadcast;
    this.isCollection = isCollection;
    this.actual = actual;
    this.context = actual.currentContext();
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  @SuppressWarnings("unchecked") // the source emits T
  public void onSubscribe(Subscription subscription) {
    if (Operators.validate(upstream, subscription)) {
      if (subscription instanceof Fuseable.QueueSubscription<?> fuseable) {
        // What can be pulled on any thread has no function in it that somebody may wait in.
        atHand = fuseable.requestFusion(Fuseable.SYNC | Fuseable.THREAD_BARRIER) == Fuseable.SYNC;
        if (atHand || fuseable.requestFusion(Fuseable.SYNC) == Fuseable.SYNC) {
          pulled = (Queue<T>) fuseable;
        }
      }
      upstream = subscription;
      drain();
    }
  }

  @Override
  public void onNext(T element) {
    if (element == null) {
      throw new NullPointerException("element must not be null");
    }
    if (sourceEnded || done || !received.compareAndSet(null, element)) {
      Operators.onNextDropped(element, context);
      return;
    }
    drain();
  }

  @Override
  public void onError(Throwable failure) {
    if (failure == null) {
      throw new NullPointerException("failure must not be null");
    }
    if (sourceEnded || done) {
      Operators.onErrorDropped(failure, context);
      return;
    }
    sourceError = failure;
    sourceEnded = true;
    drain();
  }

  @Override
  public void onComplete() {
    if (!sourceEnded) {
      sourceEnded = true;
      drain();
    }
  }

  @Override
  public void request(long n) {
    // The result was asked for when the source was subscribed.
  }

  @Override
  public void cancel() {
    if (!cancelled) {
      cancelled = true;
      drain();
    }
  }

  private void drain() {
    if (wip.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      while (proceed()) {
        // on
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  /** Takes one step; {@code false} if there is nothing to do now. */
  private boolean proceed() {
    Subscription source = upstream;
    if (done || cancelled) {
      if (!done) {
        done = true;
        leaveLine();
      }
      cancelSource();
      discard(received.getAndSet(null));
      discardHand();
      return false;
    }
    if (source == null) {
      return false;
    }
    boolean ended = sourceEnded; // before looking for an element: it may have come just before
    Turn waiting = turn;
    if (waiting != null) {
      return tryFinish(waiting, ended);
    }
    if (pulled != null) {
      return pull(source, pulled);
    }
    T element = received.get();
    if (element != null) {
      asked = false;
      received.lazySet(null); // before the next is asked for
      publish(element);
    } else if (ended) {
      end();
    } else if (asked) {
      return false;
    } else {
      asked = true;
      source.request(1);
    }
    return true;
  }

  private boolean pull(Subscription source, Queue<T> queue) {
    if (handAt < handEnd) {
      publishHand();
    } else if (pulledAll) {
      sourceEnded = true;
      end();
    } else {
      fillHand(source, queue);
    }
    return true;
  }

  private void fillHand(Subscription source, Queue<T> queue) {
    int certain = !atHand ? 1 : isCollection ? MOST_AT_ONCE : Math.min(MOST_AT_ONCE, queue.size());
    int most = certain > 1 ? Math.max(1, Math.min(certain, broadcast.core.room())) : 1;
    // An array of several may become a part of the log: a new one each time.
    if (hand.length != most || most > 1) {
      hand = new Object[most];
    }
    handAt = 0;
    handEnd = 0;
    while (handEnd < most && !cancelled) {
      T element;
      try {
        element = queue.poll();
      } catch (Throwable failure) {
        sourceError = Operators.onOperatorError(source, failure, context);
        pulledAll = true;
        return;
      }
      if (element == null) {
        pulledAll = true;
        return;
      }
      hand[handEnd++] = element;
    }
  }

  @SuppressWarnings("unchecked") // only the source's elements are in hand
  private void publishHand() {
    int sent = 0;
    if (handEnd - handAt > 1) {
      sent = broadcast.core.publishRun(hand, handAt, handEnd);
    }
    if (sent > 0) {
      handAt += sent;
      wasPublished(sent);
      return;
    }
    T next = (T) hand[handAt];
    hand[handAt++] = null;
    publish(next);
  }

  private void discardHand() {
    while (handAt < handEnd) {
      discard(hand[handAt]);
      hand[handAt++] = null;
    }
  }

  private boolean tryFinish(Turn waiting, boolean ended) {
    Object outcome = waiting.settle();
    if (outcome == null) {
      if (!ended || sourceError == null) {
        return false;
      }
      // An error does not wait in line.
      leaveLine();
      end();
      return true;
    }
    turn = null;
    broadcast.tellWaited(waiting.since);
    if (outcome == AdmissionWaiter.ADMITTED) {
      wasPublished(1);
    } else {
      refuse(waiting.element, BroadcastCore.CLOSED);
    }
    return true;
  }

  private void publish(T element) {
    int result = broadcast.core.publish(element, null);
    if (result == BroadcastCore.FULL) {
      Turn next = new Turn(this, element, broadcast.clock());
      result = broadcast.core.publish(element, next);
      if (result == BroadcastCore.WAITING) {
        broadcast.tell(Event.WAITING);
        turn = next;
        return;
      }
    }
    if (result >= 0) {
      wasPublished(1);
    } else {
      refuse(element, result);
    }
  }

  private void wasPublished(int count) {
    published += count;
    for (int i = 0; i < count; i++) {
      broadcast.tell(Event.ACCEPTED);
    }
  }

  private void refuse(Object element, int result) {
    done = true;
    cancelSource();
    discard(element);
    discardHand();
    actual.onError(broadcast.refusal(result));
  }

  private void end() {
    done = true;
    Throwable failure = sourceError;
    if (failure == null) {
      actual.onNext(published);
      actual.onComplete();
    } else {
      actual.onError(failure);
    }
  }

  private void leaveLine() {
    Turn waiting = turn;
    turn = null;
    if (waiting != null && waiting.leave()) {
      discard(waiting.element);
    }
  }

  private void cancelSource() {
    Subscription source = upstream;
    if (source != null && !sourceEnded && !pulledAll && !sourceCancelled) {
      sourceCancelled = true;
      source.cancel();
    }
  }

  private void discard(@Nullable Object element) {
    if (element != null) {
      Operators.onDiscard(element, context);
    }
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return upstream;
    }
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.CANCELLED) {
      return cancelled;
    }
    if (key == Attr.TERMINATED) {
      return done && !cancelled;
    }
    if (key == Attr.ERROR) {
      return sourceError;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }
}
