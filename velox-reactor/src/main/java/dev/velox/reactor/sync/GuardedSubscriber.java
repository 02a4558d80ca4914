package dev.velox.reactor.sync;

import dev.velox.reactor.internal.ThreadLocals;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A section: takes permits, subscribes to its body, and gives them back when the body ends, however
 * it ends.
 *
 * <p>If the permits are free it takes them and passes signals through, with no waiting machinery.
 * Otherwise it gives its subscriber a subscription that collects demand, and lines up. {@code
 * upstream} tells how far it is:
 *
 * <pre>
 *   null ---the body's onSubscribe---> its subscription ---cancel---> CANCELLED
 *   null ---cancel---> CANCELLED
 * </pre>
 *
 * <p>A cancellation that finds {@code null} finds a waiter, or a grant that was not delivered and
 * is passed on, or a body that is just being subscribed; in that last case the duty to release goes
 * to {@code onSubscribe}, which finds {@code CANCELLED}: it cancels the body first, so that the
 * next section does not begin before.
 *
 * <p>The permits are given back before the subscriber is told of the end, so that it finds them
 * free; but those who get them are signalled after, so that it need not wait for what they do.
 *
 * @param <T> the type of the elements
 */
abstract class GuardedSubscriber<T> extends LeasedRequest
    implements CoreSubscriber<T>, Subscription, Scannable {

  private static final VarHandle UPSTREAM;
  private static final VarHandle REQUESTED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      UPSTREAM = lookup.findVarHandle(GuardedSubscriber.class, "upstream", Subscription.class);
      REQUESTED = lookup.findVarHandle(GuardedSubscriber.class, "requested", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  // Let go of when it is cancelled in the line, where it may stay linked for a while.
  CoreSubscriber<? super T> actual;
  private Publisher<? extends T> body;

  private volatile @Nullable Subscription upstream;

  // What was asked for while there was no body to ask.
  @SuppressWarnings("UnusedVariable") // through REQUESTED
  private volatile long requested;

  private boolean lined;
  private boolean done;
  private @Nullable Context context;

  GuardedSubscriber(
      Gate gate, int permits, Publisher<? extends T> body, CoreSubscriber<? super T> actual) {
    super(gate, permits);
    this.body = body;
    this.actual = actual;
  }

  final void start(Door door, @Nullable Duration maxWait) {
    if (enterAtOnce(door)) {
      subscribeToBody();
      return;
    }
    lined = true;
    actual.onSubscribe(this);
    if (isWaiting()) {
      proceed(enter(door, maxWait, actual.currentContext()));
    }
  }

  /** Its turn has come, on the thread of who gave it up: in all likelihood another request's. */
  @Override
  public final void run() {
    Object outcome = claim();
    if (outcome == GRANTED) {
      ThreadLocals.Restored threadLocals = ThreadLocals.adopt(actual.currentContext());
      try {
        subscribeToBody();
      } finally {
        threadLocals.close();
      }
    } else {
      proceed(outcome);
    }
  }

  private void proceed(@Nullable Object outcome) {
    if (outcome == GRANTED) {
      subscribeToBody();
    } else if (outcome != null) {
      done = true;
      actual.onError((Throwable) outcome);
    }
  }

  private void subscribeToBody() {
    if (gate.kind == Gate.Kind.REENTRANT_MUTEX) {
      // Before anybody can ask for it twice at once: the gate inside has to be one.
      Context ignored = currentContext();
    }
    try {
      body.subscribe(this);
    } catch (Throwable failure) {
      release();
      Throwable error = Operators.onOperatorError(failure, currentContext());
      if (!lined && UPSTREAM.compareAndSet(this, null, Operators.emptySubscription())) {
        actual.onSubscribe(this);
      }
      onError(error);
    }
  }

  @Override
  public final void onSubscribe(Subscription s) {
    if (!lined && upstream == null) {
      // Nobody can cancel it yet.
      UPSTREAM.setRelease(this, s);
      actual.onSubscribe(this);
      return;
    }
    if (!UPSTREAM.compareAndSet(this, null, s)) {
      s.cancel();
      if (upstream == Operators.cancelledSubscription()) {
        release();
      } else {
        Operators.reportSubscriptionSet();
      }
      return;
    }
    passDemand(s);
  }

  @Override
  public final void request(long n) {
    if (!Operators.validate(n)) {
      return;
    }
    Subscription s = upstream;
    if (s != null) {
      s.request(n);
      return;
    }
    addDemand(n);
    s = upstream;
    if (s != null) {
      passDemand(s);
    }
  }

  private void addDemand(long n) {
    for (; ; ) {
      long before = requested;
      if (REQUESTED.compareAndSet(this, before, Operators.addCap(before, n))) {
        return;
      }
    }
  }

  private void passDemand(Subscription s) {
    long pending = (long) REQUESTED.getAndSet(this, 0L);
    if (pending > 0) {
      s.request(pending);
    }
  }

  @Override
  public final void cancel() {
    Subscription s = (Subscription) UPSTREAM.getAndSet(this, Operators.cancelledSubscription());
    if (s == Operators.cancelledSubscription()) {
      return;
    }
    if (s == null) {
      if (stopWaiting()) {
        actual = Operators.emptySubscriber();
        body = Mono.empty();
      }
      return;
    }
    s.cancel();
    discardResult();
    release();
  }

  /**
   * Gives the permits back. The subscriber is to be told next, and after that {@link #letGo} to be
   * called with the answer.
   */
  final @Nullable Request giveUp() {
    Request granted = releaseQuietly();
    if (granted != null && gate.options.resumesElsewhere()) {
      gate.signal(granted);
      return null;
    }
    return granted;
  }

  /** Lets those go on who got the permits. */
  final void letGo(@Nullable Request granted) {
    if (granted != null) {
      gate.signal(granted);
    }
  }

  /** The section is cancelled; what it has not passed on yet is lost. */
  abstract void discardResult();

  final boolean claimEnd() {
    if (done) {
      return false;
    }
    done = true;
    return true;
  }

  final boolean isDone() {
    return done;
  }

  final boolean isCancelled() {
    return upstream == Operators.cancelledSubscription();
  }

  @Override
  public final Context currentContext() {
    Context inside = context;
    if (inside == null) {
      Gate entered = gate;
      inside = actual.currentContext();
      if (entered.kind.excludes) {
        inside = inside.put(entered.root(), Hold.of(this, entered));
      }
      context = inside;
    }
    return inside;
  }

  @Override
  public final @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return upstream;
    }
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.CANCELLED) {
      return upstream == Operators.cancelledSubscription();
    }
    if (key == Attr.TERMINATED) {
      return done;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }
}
