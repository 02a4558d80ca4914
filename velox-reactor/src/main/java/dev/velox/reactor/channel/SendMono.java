package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** Sends one element per subscription. */
final class SendMono<T> extends Mono<Void> implements Scannable {

  private final DefaultChannel<T> channel;
  private final T element;
  private final @Nullable Duration timeout;

  private SendMono(DefaultChannel<T> channel, T element, @Nullable Duration timeout) {
    this.channel = channel;
    this.element = element;
    this.timeout = timeout;
  }

  static <T> Mono<Void> of(DefaultChannel<T> channel, T element, @Nullable Duration timeout) {
    return onAssembly(new SendMono<>(channel, element, timeout));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Void> actual) {
    Sending<T> sending = new Sending<>(channel, element, actual);
    actual.onSubscribe(sending);
    sending.start(timeout);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return channel;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One send. Its state is its waiter's; an element is let go when it ends, so that a long line
   * keeps nothing alive.
   */
  private static final class Sending<T> extends SendWaiter implements Subscription, Scannable {

    private final DefaultChannel<T> channel;
    private @Nullable CoreSubscriber<? super Void> actual;
    private @Nullable Object element;
    private volatile @Nullable Disposable timer;
    private long since;

    Sending(DefaultChannel<T> channel, T element, CoreSubscriber<? super Void> actual) {
      this.channel = channel;
      this.actual = actual;
      this.element = Owned.wrap(element, actual.currentContext());
    }

    /**
     * Offers the element. It binds itself before, as whoever accepts a waiting sender does, so that
     * a cancellation that has returned is never followed by a send; if there is no room it unbinds
     * itself and lines up.
     */
    void start(@Nullable Duration timeout) {
      Object sent = element;
      if (sent == null || !grant(ADMITTED)) {
        channel.core.senderNeverWaited(); // cancelled inside onSubscribe
        return;
      }
      ChannelCore.Offer offer = channel.core.offer(sent, null, channel.discards);
      if (offer == ChannelCore.Offer.FULL
          && channel.core.mayWait()
          && (timeout == null || !timeout.isZero())) {
        if (takeAndRearm() == null) {
          return; // cancelled
        }
        since = channel.clock();
        offer = channel.core.offer(sent, this, channel.discards);
        if (offer == ChannelCore.Offer.WAITING) {
          channel.tell(Event.WAITING);
          if (timeout != null) {
            startTimer(timeout);
          }
          return;
        }
        if (!grant(ADMITTED)) {
          channel.core.senderNeverWaited();
          return;
        }
      }
      if (offer == ChannelCore.Offer.SENT) {
        channel.tell(Event.ACCEPTED);
      } else if (offer == ChannelCore.Offer.DROPPED) {
        channel.discard(sent);
      }
      CoreSubscriber<? super Void> subscriber = settleAtOnce() ? clear(true) : null;
      if (subscriber == null) {
        return;
      }
      switch (offer) {
        case SENT, DROPPED -> subscriber.onComplete();
        case FULL -> subscriber.onError(timeout == null ? channel.refusal(offer) : timedOut());
        default -> subscriber.onError(channel.refusal(offer));
      }
    }

    private void startTimer(Duration timeout) {
      Disposable started =
          channel.timer().schedule(this::onTimer, timeout.toNanos(), TimeUnit.NANOSECONDS);
      timer = started;
      if (!isWaiting()) {
        started.dispose();
      }
    }

    private void onTimer() {
      if (tryTimeOut()) {
        channel.core.senderLeft();
        channel.tell(Event.TIMED_OUT);
        channel.signal(this);
      }
    }

    private Throwable timedOut() {
      return new TimeoutException("No room in " + channel + " within the given time");
    }

    @Override
    public void run() {
      Object outcome = settle();
      if (outcome == null) {
        return; // cancelled meanwhile; what was accepted stays accepted
      }
      CoreSubscriber<? super Void> subscriber = clear(true);
      if (subscriber == null) {
        return;
      }
      channel.tellWaited(since);
      if (outcome == ADMITTED) {
        channel.tell(Event.ACCEPTED);
        subscriber.onComplete();
      } else if (outcome == TIMED_OUT) {
        subscriber.onError(timedOut());
      } else {
        subscriber.onError(channel.refusal(ChannelCore.Offer.CLOSED));
      }
    }

    @Override
    public void cancel() {
      Object had = giveUp();
      if (had == null) {
        return;
      }
      clear(had != ACCEPTED);
      if (had == WAITED) {
        channel.core.senderLeft();
        channel.tell(Event.CANCELLED);
      }
    }

    /** Lets go of all it holds; of its element only if that is not still to be let in. */
    private @Nullable CoreSubscriber<? super Void> clear(boolean withElement) {
      Disposable running = timer;
      if (running != null) {
        running.dispose();
      }
      CoreSubscriber<? super Void> subscriber = actual;
      actual = null;
      if (withElement) {
        element = null;
      }
      return subscriber;
    }

    @Override
    public void request(long n) {
      // Nothing but a completion will come.
    }

    @Override
    @Nullable Object element() {
      return element;
    }

    @Override
    boolean hasElement() {
      return true;
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
        return isCancelled();
      }
      if (key == Attr.TERMINATED) {
        return outcome() == DELIVERED;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
