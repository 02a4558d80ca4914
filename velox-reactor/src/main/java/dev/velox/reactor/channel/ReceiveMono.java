package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
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
    actual.onSubscribe(new Receiving<>(channel, timeout, onLoan, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return channel;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One receive: idle until the first request, which takes an element or lines up for one; from
   * then on its state is its waiter's. On loan, it stays in charge of its delivery until that is
   * settled: a cancellation gives it back.
   */
  private static final class Receiving<T, R> extends ReceiveWaiter
      implements Subscription, Scannable {

    @SuppressWarnings("rawtypes") // an updater can't name a type parameter
    private static final AtomicIntegerFieldUpdater<Receiving> REQUESTED =
        AtomicIntegerFieldUpdater.newUpdater(Receiving.class, "requested");

    private final DefaultChannel<T> channel;
    private final @Nullable Duration timeout;
    private final boolean onLoan;

    @SuppressWarnings("UnusedVariable") // through REQUESTED
    private volatile int requested;

    private @Nullable CoreSubscriber<? super R> actual;
    private volatile @Nullable Disposable timer;
    private volatile @Nullable Loan<T> loan;
    private volatile boolean cancelled;
    private long since;

    Receiving(
        DefaultChannel<T> channel,
        @Nullable Duration timeout,
        boolean onLoan,
        CoreSubscriber<? super R> actual) {
      this.channel = channel;
      this.timeout = timeout;
      this.onLoan = onLoan;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && REQUESTED.compareAndSet(this, 0, 1)) {
        if (isWaiting()) {
          start();
        } else {
          channel.core.receiverNeverWaited();
        }
      }
    }

    private void start() {
      boolean mayWait = timeout == null || !timeout.isZero();
      since = channel.clock();
      Object taken = channel.core.take(mayWait ? this : null, onLoan);
      if (taken == ChannelCore.NOTHING && mayWait) {
        channel.tell(Event.WAITING);
        if (timeout != null) {
          startTimer(timeout);
        }
        return;
      }
      if (!finish()) {
        channel.core.receiverNeverWaited();
        if (taken != null && taken != ChannelCore.NOTHING && taken != END) {
          channel.giveBack(taken, onLoan);
        }
        return;
      }
      if (taken == null) {
        fail(channel.tooManyReceivers());
      } else if (taken == ChannelCore.NOTHING) {
        fail(timedOut());
      } else {
        deliver(taken);
      }
    }

    private void startTimer(Duration limit) {
      Disposable started =
          channel.timer().schedule(this::onTimer, limit.toNanos(), TimeUnit.NANOSECONDS);
      timer = started;
      if (!isWaiting()) {
        started.dispose();
      }
    }

    private void onTimer() {
      if (tryTimeOut()) {
        channel.core.receiverLeft();
        channel.tell(Event.TIMED_OUT);
        channel.signal(this);
      }
    }

    private Throwable timedOut() {
      return new TimeoutException("No element in " + channel + " within the given time");
    }

    @Override
    public void run() {
      Object outcome = beginDelivery();
      if (outcome == null) {
        return; // cancelled meanwhile; the cancellation has passed the element on
      }
      channel.tellWaited(since);
      if (outcome == TIMED_OUT) {
        fail(timedOut());
      } else {
        if (onLoan && outcome != END) {
          channel.core.lend();
        }
        deliver(outcome);
      }
    }

    private void deliver(Object taken) {
      CoreSubscriber<? super R> subscriber = clear();
      if (subscriber == null) {
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

    @SuppressWarnings("unchecked") // R is T, or Delivery<T> if on loan: see the factories
    private @Nullable R received(Object taken) {
      if (!onLoan) {
        return (R) Owned.<T>unwrap(taken);
      }
      Loan<T> lent = new Loan<>(channel, taken);
      loan = lent;
      if (cancelled && lent.giveBack()) {
        return null; // the cancellation came too late to find a grant, and too early to find the
        // loan
      }
      return (R) lent;
    }

    private void fail(Throwable failure) {
      CoreSubscriber<? super R> subscriber = clear();
      if (subscriber != null) {
        subscriber.onError(failure);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      Loan<T> lent = loan;
      if (lent != null) {
        lent.giveBack();
        return;
      }
      Object had = abandon();
      if (had == null) {
        return;
      }
      clear();
      if (had != WAITED) {
        if (had != END) {
          channel.giveBack(had, false);
        }
      } else if (REQUESTED.getAndSet(this, 1) != 0) {
        // It lines up, or is about to and will find that it was counted out.
        channel.core.receiverLeft();
        channel.tell(Event.CANCELLED);
      }
    }

    private @Nullable CoreSubscriber<? super R> clear() {
      Disposable running = timer;
      if (running != null) {
        running.dispose();
      }
      CoreSubscriber<? super R> subscriber = actual;
      actual = null;
      return subscriber;
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
