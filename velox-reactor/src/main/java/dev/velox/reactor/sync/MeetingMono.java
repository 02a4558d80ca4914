package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Waiter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Waits for others, once it is asked to: at a latch or a barrier.
 *
 * @param <R> what it completes with
 */
final class MeetingMono<R> extends Mono<R> implements Scannable {

  /** Where subscribers meet. */
  interface Meeting extends Scannable {

    /** What a party is granted that completes empty. */
    Object EMPTY = new Object();

    /**
     * A party arrives.
     *
     * @return what it is granted, an error included; {@code null} if it waits
     */
    @Nullable Object arrive(Party party);

    /** A party has left, or may have left before it was linked. */
    void left(Party party);

    SyncOptions options();
  }

  /** Somebody who waits for others. */
  abstract static class Party extends Waiter<Object> {

    // Which round of the meeting it waits for; written before it is linked.
    volatile @Nullable Object round;
  }

  private final Meeting meeting;
  private final @Nullable Duration maxWait;
  private final @Nullable R met;
  private final @Nullable R timedOut;

  private MeetingMono(
      Meeting meeting, @Nullable Duration maxWait, @Nullable R met, @Nullable R timedOut) {
    this.meeting = meeting;
    this.maxWait = maxWait;
    this.met = met;
    this.timedOut = timedOut;
  }

  /** Completes empty, or with the value it is granted; fails if it takes too long. */
  static <R> Mono<R> of(Meeting meeting, @Nullable Duration maxWait) {
    return onAssembly(new MeetingMono<>(meeting, maxWait, null, null));
  }

  /** Completes with whether they met in time. */
  static Mono<Boolean> inTime(Meeting meeting, Duration maxWait) {
    return onAssembly(
        new MeetingMono<>(meeting, Args.notNegative(maxWait, "maxWait"), true, false));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    actual.onSubscribe(new Meeter<>(this, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return meeting;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** One wait: idle until the first request, then in its waiter's state. */
  private static final class Meeter<R> extends Party implements Subscription, Scannable {

    @SuppressWarnings("rawtypes") // a class literal has no parameter
    private static final AtomicIntegerFieldUpdater<Meeter> ASKED =
        AtomicIntegerFieldUpdater.newUpdater(Meeter.class, "asked");

    private final MeetingMono<R> source;
    private CoreSubscriber<? super R> actual;

    @SuppressWarnings("UnusedVariable") // through ASKED
    private volatile int asked;

    private volatile @Nullable Disposable timer;
    private long since;

    Meeter(MeetingMono<R> source, CoreSubscriber<? super R> actual) {
      this.source = source;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && ASKED.compareAndSet(this, 0, 1) && isWaiting()) {
        start();
      }
    }

    private void start() {
      SyncOptions options = source.meeting.options();
      since = options.clock();
      Object granted = source.meeting.arrive(this);
      if (granted != null) {
        if (finish()) {
          deliver(granted);
        }
        return;
      }
      options.tell(Event.WAITING);
      Duration limit = source.maxWait;
      if (hasLeft()) {
        source.meeting.left(this); // it was cancelled just before it was linked
      } else if (limit != null && isWaiting()) {
        Disposable started =
            options.timer().schedule(this::onTimer, limit.toNanos(), TimeUnit.NANOSECONDS);
        timer = started;
        if (!isWaiting()) {
          started.dispose();
        }
      }
    }

    private void onTimer() {
      if (tryTimeOut()) {
        SyncOptions options = source.meeting.options();
        options.tell(Event.TIMED_OUT);
        source.meeting.left(this);
        options.signal(this);
      }
    }

    @Override
    public void run() {
      stopTimer();
      Object outcome = beginDelivery();
      if (outcome == null) {
        return;
      }
      source.meeting.options().tellTime(Timing.WAIT, since);
      deliver(outcome);
    }

    @SuppressWarnings("unchecked") // a meeting grants an R, an error or nothing
    private void deliver(Object outcome) {
      R result;
      if (outcome == TIMED_OUT) {
        result = source.timedOut;
        if (result == null) {
          actual.onError(
              new TimeoutException("Not met at " + source.meeting + " within the given time"));
          return;
        }
      } else if (outcome instanceof Throwable failure) {
        actual.onError(failure);
        return;
      } else {
        result = outcome == Meeting.EMPTY ? source.met : (R) outcome;
      }
      if (result != null) {
        actual.onNext(result);
      }
      actual.onComplete();
    }

    @Override
    public void cancel() {
      Object had = abandon();
      if (had == null) {
        return;
      }
      actual = Operators.emptySubscriber();
      stopTimer();
      if (had == WAITED && !ASKED.compareAndSet(this, 0, 1)) {
        source.meeting.options().tell(Event.CANCELLED);
        source.meeting.left(this);
      }
    }

    private void stopTimer() {
      Disposable running = timer;
      if (running != null) {
        running.dispose();
      }
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return source.meeting;
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
}
