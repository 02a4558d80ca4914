package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Fuseable;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * Sends what a source emits. It asks for as much as the channel has room for, and when that has
 * come, again.
 *
 * <p>Its owner is the drain: whoever raises {@code wip} from zero runs it, and it ends when it has
 * brought {@code wip} back to zero. The source's signals, a granted turn and a cancellation leave a
 * note and raise it.
 *
 * <pre>
 *   no turn --- element in hand, room --------&gt; sent
 *   no turn --- element in hand, no room -----&gt; turn with the element
 *   no turn --- nothing outstanding, room ----&gt; request(room)
 *   no turn --- nothing outstanding, no room -&gt; turn without an element
 *   turn    --- accepted ---------------------&gt; no turn; without an element, request(room)
 *   turn    --- element or end came unasked --&gt; no turn, if it was without an element
 *   turn    --- refused ----------------------&gt; done: the channel is closed
 *   no turn --- nothing in hand, closed ------&gt; done: the channel is closed
 *   any     --- cancelled --------------------&gt; done: the turn ends, what is in hand is discarded
 *   no turn --- source ended, nothing in hand-&gt; done
 * </pre>
 *
 * <p>A turn is a waiter of its own for each wait, as an accepted one may still be looked at by a
 * thread that read an older state. With an {@code actual}, the result goes there; without one, the
 * end of the source closes the channel.
 */
final class SendAllSubscriber<T> implements CoreSubscriber<T>, Subscription, Scannable {

  /** Its place in the line of senders. */
  private static final class Turn extends SendWaiter {
    private final SendAllSubscriber<?> owner;
    private final boolean hasElement;
    private volatile @Nullable Object element;

    Turn(SendAllSubscriber<?> owner, @Nullable Object element) {
      this.owner = owner;
      this.element = element;
      this.hasElement = element != null;
    }

    @Override
    @Nullable Object element() {
      return element;
    }

    @Override
    boolean hasElement() {
      return hasElement;
    }

    @Override
    public void run() {
      owner.drain();
    }

    /** Leaves the line; the answer is the element, if it was not accepted. */
    @Nullable Object leave(ChannelCore core) {
      if (giveUp() != WAITED) {
        return null; // it is let in, or the core gave its element up
      }
      Object had = element;
      element = null;
      core.senderLeft();
      return had;
    }
  }

  /** Wakes the drain when the channel is closed, while nothing of this stands in its line. */
  private static final class CloseWatcher extends Milestone.Watcher {
    private final SendAllSubscriber<?> owner;

    CloseWatcher(SendAllSubscriber<?> owner) {
      this.owner = owner;
    }

    @Override
    public void run() {
      owner.drain();
    }

    void leave(Milestone closed) {
      if (abandon() == WAITED) {
        closed.watcherLeft();
      }
    }
  }

  // A source is asked for no more than this at a time, however much room there is.
  private static final int MOST_AT_ONCE = Queues.SMALL_BUFFER_SIZE;

  private static final Object[] NONE = new Object[0];

  private final DefaultChannel<T> channel;
  private final @Nullable CoreSubscriber<? super Long> actual;
  private final Context context;
  private final AtomicInteger wip = new AtomicInteger();
  private final CloseWatcher closeWatcher = new CloseWatcher(this);

  // Where its elements come from: a queue of its own, or the source itself if that can be pulled.
  // Written before upstream, read after it.
  private @Nullable Queue<T> received;
  private boolean pulled;

  private volatile @Nullable Subscription upstream;
  private volatile boolean sourceEnded;
  private volatile boolean cancelled;
  private volatile boolean done;

  // Written before sourceEnded, read after it.
  private @Nullable Throwable sourceError;

  // Owned by the drain.
  private @Nullable Turn turn;
  private boolean told; // or may have been
  private boolean asked;
  private int outstanding;
  private long accepted;

  // In hand, in buffered form: batch[from] to batch[to-1]. The channel takes over what it is sent
  // together with others, and then the array is not used again.
  private Object[] batch = NONE;
  private int from;
  private int to;
  private boolean takenOver;

  SendAllSubscriber(
      DefaultChannel<T> channel, @Nullable CoreSubscriber<? super Long> actual, Context context) {
    this.channel = channel;
    this.actual = actual;
    this.context = context;
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    if (Operators.validate(upstream, subscription)) {
      chooseQueue(subscription);
      upstream = subscription;
      if (cancelled || done) {
        subscription.cancel();
      } else {
        channel.core.closed().watch(closeWatcher);
        drain();
      }
    }
  }

  @SuppressWarnings("unchecked") // the source emits T
  private void chooseQueue(Subscription subscription) {
    if (subscription instanceof Fuseable.QueueSubscription<?> fuseable
        && fuseable.requestFusion(Fuseable.SYNC) == Fuseable.SYNC) {
      pulled = true;
      received = (Queue<T>) fuseable;
    } else {
      received = Queues.<T>unbounded(16).get();
    }
  }

  @Override
  public void onNext(T element) {
    if (element == null) {
      throw new NullPointerException("element must not be null");
    }
    if (sourceEnded || done) {
      Operators.onNextDropped(element, context);
      return;
    }
    Queue<T> queue = received;
    if (queue == null) {
      throw new IllegalStateException("onNext before onSubscribe");
    }
    queue.offer(element);
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
      step();
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  /** Goes as far as possible without waiting. */
  private void step() {
    while (proceed()) {
      // on
    }
    if (told) {
      // It was told of room, and has not used it all: others may.
      told = false;
      channel.core.tellAskers();
    }
  }

  private boolean proceed() {
    if (done) {
      discardInHand();
      return false;
    }
    if (cancelled) {
      stop();
      return false;
    }
    Turn waiting = turn;
    if (waiting != null) {
      return tryFinish(waiting);
    }
    if (from < to) {
      sendInHand();
    } else if (pulled && channel.core.closed().hasHappened()) {
      fail(channel.refusal(ChannelCore.Offer.CLOSED));
    } else if (!fill()) {
      if (sourceEnded) {
        // Looked at again: an element may have come just before the end.
        if (pulled || !fill()) {
          end();
        }
      } else if (channel.core.closed().hasHappened()) {
        fail(channel.refusal(ChannelCore.Offer.CLOSED));
      } else {
        return outstanding == 0 && ask();
      }
    }
    return true;
  }

  private boolean tryFinish(Turn waiting) {
    if (!waiting.hasElement() && !pulled && (sourceEnded || fill())) {
      // The source ended, or did not wait to be asked: there is nothing to be told any more.
      waiting.leave(channel.core);
      turn = null;
      told = true;
      return true;
    }
    Object outcome = waiting.settle();
    if (outcome == null) {
      return false;
    }
    turn = null;
    if (outcome == SendWaiter.REFUSED) {
      // What it had in hand was given up by the core.
      fail(channel.refusal(ChannelCore.Offer.CLOSED));
    } else if (waiting.hasElement()) {
      wereAccepted(1);
    } else {
      // It was told that there is room, for one at least; asked again, that may be a receiver not
      // lined up yet.
      told = true;
      request(Math.max(1, channel.core.roomOrWait(null, false)));
    }
    return true;
  }

  /** Takes what has come in hand; {@code false} if that is nothing. */
  private boolean fill() {
    Queue<T> queue = received;
    if (queue == null) {
      return false;
    }
    int most = pulled ? outstanding : Math.min(queue.size(), MOST_AT_ONCE);
    if (most == 0 || (pulled && sourceEnded)) {
      return false;
    }
    if (takenOver || batch.length < most) {
      batch = new Object[most];
      takenOver = false;
    }
    from = 0;
    to = 0;
    try {
      while (to < most && !cancelled) {
        T element = queue.poll();
        if (element == null) {
          sourceEnded |= pulled;
          break;
        }
        batch[to] = Owned.wrap(element, context);
        to++;
      }
      if (pulled && !sourceEnded && !cancelled && queue.isEmpty()) {
        // Its end need not wait for room.
        sourceEnded = queue.poll() == null;
      }
    } catch (Throwable failure) {
      sourceError = Operators.onOperatorError(upstream, failure, context);
      sourceEnded = true;
    }
    outstanding = Math.max(0, outstanding - to);
    return to > 0;
  }

  private void sendInHand() {
    int sent = channel.core.offerAll(batch, from, to, channel.discards);
    if (sent == 0) {
      Object element = batch[from];
      batch[from] = NONE; // let go of
      from++;
      send(element);
      return;
    }
    if (sent == 1) {
      batch[from] = NONE;
    } else {
      takenOver = true;
    }
    from += sent;
    wereAccepted(sent);
  }

  private void send(Object buffered) {
    ChannelCore.Offer offer = channel.core.offer(buffered, null, channel.discards);
    if (offer == ChannelCore.Offer.FULL && channel.core.mayWait()) {
      Turn next = new Turn(this, buffered);
      offer = channel.core.offer(buffered, next, channel.discards);
      if (offer == ChannelCore.Offer.WAITING) {
        channel.tell(Event.WAITING);
        turn = next;
        return;
      }
    }
    switch (offer) {
      case SENT -> wereAccepted(1);
      case DROPPED -> channel.discard(buffered);
      default -> {
        discard(buffered);
        fail(channel.refusal(offer));
      }
    }
  }

  private void wereAccepted(int sent) {
    accepted += sent;
    if (channel.metrics != null) {
      for (int each = 0; each < sent; each++) {
        channel.tell(Event.ACCEPTED);
      }
    }
  }

  /**
   * Asks the source for more, or lines up to be told when there is room; {@code false} if there is
   * nothing to do now.
   */
  private boolean ask() {
    Subscription source = upstream;
    if (source == null) {
      return false;
    }
    int room = channel.core.roomOrWait(null, asked);
    if (room == 0) {
      Turn next = new Turn(this, null);
      room = channel.core.roomOrWait(next, asked);
      if (room == 0) {
        turn = next;
        return true;
      }
    }
    if (room < 0) {
      fail(channel.refusal(ChannelCore.Offer.CLOSED));
      return true;
    }
    request(room);
    return true;
  }

  private void request(int room) {
    Subscription source = upstream;
    if (source != null) {
      asked = true;
      outstanding = Math.min(room, MOST_AT_ONCE);
      if (!pulled) {
        source.request(outstanding);
      }
    }
  }

  private void end() {
    done = true;
    closeWatcher.leave(channel.core.closed());
    Throwable failure = sourceError;
    if (actual == null) {
      if (failure == null) {
        channel.close();
      } else {
        channel.close(failure);
      }
    } else if (failure == null) {
      actual.onNext(accepted);
      actual.onComplete();
    } else {
      actual.onError(failure);
    }
  }

  private void fail(Throwable failure) {
    done = true;
    cancelSource();
    discardInHand();
    if (actual != null) {
      actual.onError(failure);
    } else if (!(failure instanceof ChannelClosedException)) {
      channel.close(failure);
    }
  }

  private void stop() {
    done = true;
    cancelSource();
    Turn waiting = turn;
    if (waiting != null) {
      turn = null;
      told = true;
      discard(waiting.leave(channel.core));
    }
    discardInHand();
  }

  private void cancelSource() {
    closeWatcher.leave(channel.core.closed());
    Subscription source = upstream;
    if (source != null) {
      source.cancel();
    }
  }

  private void discardInHand() {
    for (; from < to; from++) {
      discard(batch[from]);
    }
    batch = NONE;
    Queue<T> queue = received;
    if (queue != null && !pulled) {
      for (T element = queue.poll(); element != null; element = queue.poll()) {
        Operators.onDiscard(element, context);
      }
    }
  }

  private void discard(@Nullable Object buffered) {
    if (buffered != null) {
      Operators.onDiscard(Owned.unwrap(buffered), context);
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
    if (key == Attr.BUFFERED) {
      Queue<T> queue = received;
      return to - from + (queue == null || pulled ? 0 : queue.size());
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
