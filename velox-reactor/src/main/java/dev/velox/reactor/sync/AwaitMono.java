package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.sync.ConditionRequest.Phase;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Waits for a condition, once it is asked to.
 *
 * @param <R> nothing, or whether there was a signal
 */
final class AwaitMono<R> extends Mono<R> implements Scannable {

  private final DefaultCondition condition;
  private final @Nullable LeasedRequest lease;
  private final @Nullable Duration maxWait;

  private AwaitMono(
      DefaultCondition condition, @Nullable LeasedRequest lease, @Nullable Duration maxWait) {
    this.condition = condition;
    this.lease = lease;
    this.maxWait = maxWait;
  }

  static Mono<Void> signal(DefaultCondition condition, @Nullable LeasedRequest lease) {
    return onAssembly(new AwaitMono<Void>(condition, lease, null));
  }

  static Mono<Boolean> signal(DefaultCondition condition, LeasedRequest lease, Duration maxWait) {
    return onAssembly(new AwaitMono<Boolean>(condition, lease, maxWait));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    LeasedRequest held = lease != null ? lease : condition.leaseAround(actual.currentContext());
    if (held == null || held.gate != condition.gate) {
      Operators.error(actual, notHeld(held));
      return;
    }
    Awaiting<R> awaiting = new Awaiting<>(condition, held, maxWait, actual);
    actual.onSubscribe(awaiting);
    if (maxWait == null) {
      awaiting.start();
    }
  }

  private Throwable notHeld(@Nullable LeasedRequest held) {
    return new IllegalStateException(
        held == null
            ? "A wait for the " + condition + " must be inside its withLock, or be given its lease"
            : "A wait for the "
                + condition
                + " must be in its outermost section, as it could give back no more");
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** One wait: the condition's line, then the mutex's; see {@link ConditionRequest}. */
  private static final class Awaiting<R> extends ConditionRequest
      implements Subscription, Scannable {

    private final DefaultCondition condition;
    private final LeasedRequest lease;
    private final @Nullable Duration maxWait;
    private CoreSubscriber<? super R> actual;
    private volatile @Nullable Disposable timer;

    Awaiting(
        DefaultCondition condition,
        LeasedRequest lease,
        @Nullable Duration maxWait,
        CoreSubscriber<? super R> actual) {
      this.condition = condition;
      this.lease = lease;
      this.maxWait = maxWait;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && maxWait != null) {
        start();
      }
    }

    void start() {
      if (!begin()) {
        return; // cancelled, or asked before
      }
      Gate gate = condition.gate;
      if (!lease.goAway()) {
        fail(
            new IllegalStateException(
                "The " + gate + " is not held by who waits for its condition"));
        return;
      }
      int limit = gate.options.maxWaiters();
      if (!condition.core.join(this, limit)) {
        if (!lease.comeBack()) {
          gate.signal(gate.giveBack(1));
        }
        gate.options.tell(Event.REJECTED);
        fail(new TooManyWaitersException(condition.toString(), "be signalled", limit));
        return;
      }
      gate.options.tell(Event.WAITING);
      Duration limited = maxWait;
      if (limited != null) {
        Disposable started =
            gate.options.timer().schedule(this::onTimer, limited.toNanos(), TimeUnit.NANOSECONDS);
        timer = started;
        if (!isWaiting()) {
          started.dispose();
        }
      }
      gate.signal(gate.giveBack(1));
    }

    private void onTimer() {
      if (wake(Phase.TIMED_OUT)) {
        Gate gate = condition.gate;
        gate.options.tell(Event.TIMED_OUT);
        condition.core.left();
        gate.signal(condition.core.readmit(this));
      }
    }

    private void fail(Throwable failure) {
      if (finish()) {
        actual.onError(failure);
      }
    }

    @Override
    @SuppressWarnings("unchecked") // R is Boolean where there is a time limit: see the factories
    public void run() {
      stopTimer();
      if (beginDelivery() == null) {
        return; // cancelled meanwhile; the cancellation has passed on what it had
      }
      if (!lease.comeBack()) {
        Gate gate = condition.gate;
        gate.signal(gate.giveBack(1));
        passSignalOn();
        actual.onError(
            new IllegalStateException("The lease was released while it waited for " + condition));
        return;
      }
      if (maxWait != null) {
        actual.onNext((R) Boolean.valueOf(phase() != Phase.TIMED_OUT));
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
      Gate gate = condition.gate;
      Phase was = leave();
      if (was == Phase.NEW) {
        return;
      }
      gate.options.tell(Event.CANCELLED);
      lease.stayAway();
      if (was == Phase.WAITING) {
        condition.core.left();
        return;
      }
      if (had == WAITED) {
        gate.leave();
      } else {
        gate.signal(gate.giveBack(1));
      }
      passSignalOn();
    }

    /** A signal was meant for one; a broadcast and a time-out reached all they were meant for. */
    private void passSignalOn() {
      if (phase() == Phase.SIGNALLED) {
        boolean ignored = condition.signal();
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
        return condition.gate;
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
