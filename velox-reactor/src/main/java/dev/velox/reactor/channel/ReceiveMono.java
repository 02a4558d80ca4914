package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Receives one element per subscription, once it is asked for.
 *
 * @param <T> the type of the elements
 * @param <R> what the subscriber gets: the element, or a delivery of it
 */
final class ReceiveMono<T, R> extends Mono<R> implements Scannable {

  private final DefaultChannel<T> channel;
  private final @Nullable Duration timeout;
  private final boolean onLoan;

  private ReceiveMono(DefaultChannel<T> channel, @Nullable Duration timeout, boolean onLoan) {
    this.channel = channel;
    this.timeout = timeout;
    this.onLoan = onLoan;
  }

  static <T> Mono<T> element(DefaultChannel<T> channel, @Nullable Duration timeout) {
    return onAssembly(new ReceiveMono<T, T>(channel, timeout, false));
  }

  static <T> Mono<Delivery<T>> delivery(DefaultChannel<T> channel) {
    return onAssembly(new ReceiveMono<T, Delivery<T>>(channel, null, true));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    actual.onSubscribe(
        timeout == null && !onLoan && channel.metrics == null
            ? new Receiving<>(channel, actual)
            : new Special<>(channel, timeout, onLoan, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return channel;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One receive: idle until the first request, which takes an element or lines up for one. Its
   * state is its waiter's, with two more before it waits:
   *
   * <pre>
   *   IDLE ----- request -----&gt; STARTED        something seems to be there, or it must not wait
   *   IDLE ----- request -----&gt; null           nothing seems to be there: it lines up
   *   STARTED -- start -------&gt; DELIVERED      with what it took
   *   STARTED -- start -------&gt; null           there was nothing: it lines up
   *   IDLE, STARTED -- cancel -&gt; CANCELLED     what it took after all goes back
   *   null                                     from here on as a waiter
   * </pre>
   *
   * <p>In STARTED nobody can grant it anything, and a cancellation leaves what it took alone. So it
   * need not be certain which of the two is first: either the subscriber is still there and gets
   * the element, or the element goes back.
   */
  private static class Receiving<T, R> extends ReceiveWaiter implements Subscription, Scannable {

    private static final Object IDLE = new Object();
    private static final Object STARTED = new Object();

    final DefaultChannel<T> channel;
    private @Nullable CoreSubscriber<? super R> actual;

    Receiving(DefaultChannel<T> channel, CoreSubscriber<? super R> actual) {
      this.channel = channel;
      this.actual = actual;
      begin(IDLE);
    }

    @Override
    public final void request(long n) {
      if (!Operators.validate(n)) {
        return;
      }
      boolean mayWait = mayWait();
      boolean atOnce = !mayWait || channel.core.seemsReady();
      if (replace(IDLE, atOnce ? STARTED : null)) {
        starts();
        if (!atOnce || !takeAtOnce(mayWait)) {
          lineUp();
        }
      }
    }

    /** Takes an element if there is one; {@code false} if it has to line up. */
    private boolean takeAtOnce(boolean mayWait) {
      Object taken = channel.core.take(null, onLoan());
      if (taken == ChannelCore.NOTHING && mayWait) {
        return !replace(STARTED, null);
      }
      if (finishLast(STARTED)) {
        end(taken);
      } else {
        passOn(taken);
      }
      return true;
    }

    private void lineUp() {
      Object taken = channel.core.take(this, onLoan());
      if (taken == ChannelCore.NOTHING) {
        waits();
      } else if (finish()) {
        end(taken);
      } else {
        channel.core.receiverNeverWaited();
        passOn(taken);
      }
    }

    private void passOn(@Nullable Object taken) {
      if (taken != null && taken != ChannelCore.NOTHING && taken != END) {
        channel.giveBack(taken, onLoan());
      }
    }

    private void end(@Nullable Object taken) {
      if (taken == null) {
        fail(channel.tooManyReceivers());
      } else if (taken == ChannelCore.NOTHING) {
        fail(timedOut());
      } else {
        deliver(taken);
      }
    }

    final Throwable timedOut() {
      return new TimeoutException("No element in " + channel + " within the given time");
    }

    @Override
    public void run() {
      Object outcome = beginDelivery();
      if (outcome == null) {
        return; // cancelled meanwhile; the cancellation has passed the element on
      }
      waited();
      if (outcome == TIMED_OUT) {
        fail(timedOut());
      } else {
        if (onLoan() && outcome != END) {
          channel.core.lend();
        }
        deliver(outcome);
      }
    }

    private void deliver(Object taken) {
      CoreSubscriber<? super R> subscriber = clear();
      if (subscriber == null) {
        passOn(taken);
        return;
      }
      if (taken == END) {
        Throwable cause = channel.core.state().phase().cause();
        if (cause == null) {
          subscriber.onComplete();
        } else {
          subscriber.onError(cause);
        }
        return;
      }
      R received = received(taken);
      if (received == null) {
        return;
      }
      channel.tell(Event.DELIVERED);
      try {
        subscriber.onNext(received);
      } catch (Throwable failure) {
        // A subscriber that throws has broken the rules, and must not break the sender on whose
        // thread it was called.
        Exceptions.throwIfFatal(failure);
        DefaultChannel.undelivered(failure, subscriber.currentContext());
        return;
      }
      subscriber.onComplete();
    }

    private void fail(Throwable failure) {
      CoreSubscriber<? super R> subscriber = clear();
      if (subscriber != null) {
        subscriber.onError(failure);
      }
    }

    @Override
    public void cancel() {
      Object had = abandon();
      if (had == null) {
        return;
      }
      clear();
      if (had == WAITED) {
        // It lines up, or is about to and will find that it was counted out.
        channel.core.receiverLeft();
        channel.tell(Event.CANCELLED);
      } else if (had != IDLE && had != STARTED && had != END) {
        channel.giveBack(had, false);
      }
    }

    private @Nullable CoreSubscriber<? super R> clear() {
      ended();
      CoreSubscriber<? super R> subscriber = actual;
      actual = null;
      return subscriber;
    }

    // What follows is more only for who is Special.

    boolean mayWait() {
      return true;
    }

    boolean onLoan() {
      return false;
    }

    void starts() {}

    void waits() {}

    void waited() {}

    void ended() {}

    @SuppressWarnings("unchecked") // R is T if it is not on loan: see the factories
    @Nullable R received(Object taken) {
      return (R) Owned.<T>unwrap(taken);
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return channel;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return outcome() == CANCELLED;
      }
      if (key == Attr.TERMINATED) {
        return outcome() == DELIVERED;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }

  /**
   * One with a time limit, or on loan, or told of to a listener. On loan, it stays in charge of its
   * delivery until that is settled: a cancellation gives it back.
   */
  private static final class Special<T, R> extends Receiving<T, R> {

    private final @Nullable Duration timeout;
    private final boolean onLoan;
    private volatile @Nullable Disposable timer;
    private volatile @Nullable Loan<T> loan;
    private volatile boolean cancelled;
    private long since;

    Special(
        DefaultChannel<T> channel,
        @Nullable Duration timeout,
        boolean onLoan,
        CoreSubscriber<? super R> actual) {
      super(channel, actual);
      this.timeout = timeout;
      this.onLoan = onLoan;
    }

    @Override
    boolean mayWait() {
      return timeout == null || !timeout.isZero();
    }

    @Override
    boolean onLoan() {
      return onLoan;
    }

    @Override
    void starts() {
      since = channel.clock();
    }

    @Override
    void waits() {
      channel.tell(Event.WAITING);
      if (timeout != null) {
        Disposable started =
            channel.timer().schedule(this::onTimer, timeout.toNanos(), TimeUnit.NANOSECONDS);
        timer = started;
        if (!isWaiting()) {
          started.dispose();
        }
      }
    }

    private void onTimer() {
      if (tryTimeOut()) {
        channel.core.receiverLeft();
        channel.tell(Event.TIMED_OUT);
        channel.signal(this);
      }
    }

    @Override
    void waited() {
      channel.tellWaited(since);
    }

    @Override
    void ended() {
      Disposable running = timer;
      if (running != null) {
        running.dispose();
      }
    }

    @Override
    @SuppressWarnings("unchecked") // R is Delivery<T> if it is on loan: see the factories
    @Nullable R received(Object taken) {
      if (!onLoan) {
        return super.received(taken);
      }
      Loan<T> lent = new Loan<>(channel, taken);
      loan = lent;
      if (cancelled && lent.giveBack()) {
        return null; // the cancellation came too late to find a grant, and too early to find the
        // loan
      }
      return (R) lent;
    }

    @Override
    public void cancel() {
      cancelled = true;
      Loan<T> lent = loan;
      if (lent != null) {
        lent.giveBack();
      } else {
        super.cancel();
      }
    }
  }

  /** A delivery, settled once, by whoever comes first. */
  private static final class Loan<T> implements Delivery<T> {

    private final AtomicBoolean settled = new AtomicBoolean();
    private final DefaultChannel<T> channel;
    private final Object buffered;

    Loan(DefaultChannel<T> channel, Object buffered) {
      this.channel = channel;
      this.buffered = buffered;
    }

    @Override
    public T value() {
      return Owned.unwrap(buffered);
    }

    @Override
    public boolean acknowledge() {
      if (!settled.compareAndSet(false, true)) {
        return false;
      }
      channel.core.settle();
      return true;
    }

    @Override
    public boolean giveBack() {
      if (!settled.compareAndSet(false, true)) {
        return false;
      }
      channel.giveBack(buffered, true);
      return true;
    }

    @Override
    public String toString() {
      return "Delivery(" + value() + ")";
    }
  }
}
