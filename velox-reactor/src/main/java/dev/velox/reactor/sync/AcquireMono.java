package dev.velox.reactor.sync;

import dev.velox.reactor.internal.HandOver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/** Takes permits, once it is asked for them, and hands out the lease. */
final class AcquireMono extends Mono<Lease> implements Scannable {

  private final Door door;
  private final int permits;
  private final @Nullable Duration maxWait;

  private AcquireMono(Door door, int permits, @Nullable Duration maxWait) {
    this.door = door;
    this.permits = permits;
    this.maxWait = maxWait;
  }

  static Mono<Lease> of(Door door, int permits, @Nullable Duration maxWait) {
    return onAssembly(new AcquireMono(door, permits, maxWait));
  }

  /** A lease for permits, if they can be had at once. */
  static Optional<Lease> atOnce(Door door, int permits) {
    Acquiring lease = new Acquiring(door.gate(), new AcquireMono(door, permits, null), null);
    return lease.enterAtOnce(door) ? Optional.of(lease) : Optional.empty();
  }

  @Override
  public void subscribe(CoreSubscriber<? super Lease> actual) {
    actual.onSubscribe(new Acquiring(door.entrance(), this, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return door;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One acquisition: idle until the first request, then its waiter's state and its lease's.
   *
   * <p>A lease that nobody received must not stay out for ever, and operators drop values in races
   * without a word ({@code timeout}, {@code firstWithSignal}, {@code zip}). They do cancel, though,
   * before, while or after the lease is delivered. So a cancellation releases the lease, whenever
   * it comes: what was acquired through a subscription ends with that subscription. One kind is
   * left out: the cancellation that a subscriber makes inside its own {@code onNext}, which says no
   * more than that one is enough ({@code next}, {@code take(1)}); there the value is on its way.
   *
   * <p>After delivery the release happens on the hand-over scheduler, not inside the cancellation:
   * {@code lock().flatMap(body)} cancels this before it cancels the body, and the next holder must
   * not begin in between.
   */
  private static final class Acquiring extends LeasedRequest implements Subscription, Scannable {

    private final AcquireMono source;
    private volatile @Nullable CoreSubscriber<? super Lease> actual;
    private volatile @Nullable Thread deliverer;

    Acquiring(Gate gate, AcquireMono source, @Nullable CoreSubscriber<? super Lease> actual) {
      super(gate, source.permits);
      this.source = source;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      CoreSubscriber<? super Lease> subscriber = actual;
      if (Operators.validate(n) && subscriber != null && ask() && isWaiting()) {
        deliver(enter(source.door, source.maxWait, subscriber.currentContext()));
      }
    }

    @Override
    public void run() {
      deliver(claim());
    }

    private void deliver(@Nullable Object outcome) {
      CoreSubscriber<? super Lease> subscriber = actual;
      if (outcome == null || subscriber == null) {
        return;
      }
      actual = null;
      if (outcome != GRANTED) {
        subscriber.onError((Throwable) outcome);
        return;
      }
      deliverer = Thread.currentThread();
      try {
        subscriber.onNext(this);
      } catch (Throwable failure) {
        // A subscriber that throws has broken the rules, and must not break who released the lock
        // on this thread, nor keep it.
        release();
        Exceptions.throwIfFatal(failure);
        Operators.onErrorDropped(failure, subscriber.currentContext());
        return;
      } finally {
        deliverer = null;
      }
      subscriber.onComplete();
    }

    @Override
    public void cancel() {
      if (ask()) {
        withdraw();
      } else if (!stopWaiting()
          && outcome() == DELIVERED
          && isHeld()
          && !Thread.currentThread().equals(deliverer)) {
        releaseSoon();
      } else {
        return;
      }
      actual = null;
    }

    private void releaseSoon() {
      try {
        Disposable ignored = HandOver.scheduler().schedule(this::release);
      } catch (RejectedExecutionException disposed) {
        release();
      }
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return gate;
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

    @Override
    public String toString() {
      return "Lease(" + gate + ", " + permits() + (permits() == 1 ? " permit)" : " permits)");
    }
  }
}
