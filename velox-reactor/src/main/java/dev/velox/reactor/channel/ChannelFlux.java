package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** Each subscription is a receiver that takes an element whenever it is asked for one. */
final class ChannelFlux<T> extends Flux<T> implements Scannable {

  private final DefaultChannel<T> channel;

  private ChannelFlux(DefaultChannel<T> channel) {
    this.channel = channel;
  }

  static <T> Flux<T> of(DefaultChannel<T> channel) {
    return onAssembly(new ChannelFlux<>(channel));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    Receiving<T> receiving = new Receiving<>(channel, actual);
    actual.onSubscribe(receiving);
    receiving.watchForTheEnd();
  }

  @Override
  public int getPrefetch() {
    return 0;
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return channel;
    }
    if (key == Attr.PREFETCH) {
      return 0;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One receiver. Its owner is the drain: whoever raises {@code wip} from zero runs it, and it ends
   * when it has brought {@code wip} back to zero; everyone else only leaves a note (more demand, a
   * grant, the end, a cancellation) and raises it.
   *
   * <pre>
   *   owner, while there is demand:
   *     no place --- take: element -----------&gt; onNext
   *     no place --- take: nothing yet -------&gt; a place in line: the channel may grant one element
   *     a place  --- granted: fetch ----------&gt; onNext, then wait in the same place
   *     a place  --- detached ----------------&gt; no place
   *     any      --- cancelled ---------------&gt; done: leaves the line, gives an unseen grant back
   *     any      --- end ---------------------&gt; done: onComplete or onError
   * </pre>
   *
   * <p>The place is a {@link StandingReceiver}. When it is done the owner keeps {@code wip} raised,
   * so no other drain begins.
   */
  private static final class Receiving<T> implements Runnable, Subscription, Scannable {

    @SuppressWarnings("rawtypes") // an updater can't name a type parameter
    private static final AtomicIntegerFieldUpdater<Receiving> WIP =
        AtomicIntegerFieldUpdater.newUpdater(Receiving.class, "wip");

    @SuppressWarnings("rawtypes") // an updater can't name a type parameter
    private static final AtomicLongFieldUpdater<Receiving> REQUESTED =
        AtomicLongFieldUpdater.newUpdater(Receiving.class, "requested");

    private final DefaultChannel<T> channel;
    private final EndWatcher end;

    @SuppressWarnings("UnusedVariable") // through WIP
    private volatile int wip;

    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean terminated;

    private @Nullable CoreSubscriber<? super T> actual;
    private @Nullable StandingReceiver place;
    private long since;

    Receiving(DefaultChannel<T> channel, CoreSubscriber<? super T> actual) {
      this.channel = channel;
      this.actual = actual;
      this.end = new EndWatcher(this);
    }

    /** The end has to reach a subscriber that asks for nothing, too. */
    void watchForTheEnd() {
      if (!cancelled && !terminated) {
        channel.core.drained().watch(end);
      }
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        Operators.addCap(REQUESTED, this, n);
        drain();
      }
    }

    @Override
    public void cancel() {
      if (!cancelled) {
        cancelled = true;
        drain();
      }
    }

    @Override
    public void run() {
      drain();
    }

    private void drain() {
      if (WIP.getAndIncrement(this) != 0) {
        return;
      }
      int missed = 1;
      do {
        CoreSubscriber<? super T> subscriber = actual;
        if (subscriber == null || !serve(subscriber)) {
          return;
        }
        missed = WIP.addAndGet(this, -missed);
      } while (missed != 0);
    }

    /** Emits what is there and asked for; {@code false} if this is done. */
    private boolean serve(CoreSubscriber<? super T> subscriber) {
      long demand = requested;
      long emitted = 0;
      while (true) {
        if (cancelled) {
          leave();
          return false;
        }
        if (emitted == demand) {
          if (emitted != 0 && demand != Long.MAX_VALUE) {
            demand = Operators.produced(REQUESTED, this, emitted);
            emitted = 0;
            if (demand != 0) {
              continue;
            }
          }
          if (demand == 0 && channel.core.state().isDrained()) {
            finish(subscriber);
            return false;
          }
          return true;
        }
        Object taken = next(subscriber);
        if (taken == null) {
          break;
        }
        if (taken == ReceiveWaiter.END) {
          if (!terminated) {
            finish(subscriber);
          }
          return false;
        }
        if (cancelled) {
          channel.giveBack(taken, false);
          continue;
        }
        channel.tell(Event.DELIVERED);
        try {
          subscriber.onNext(Owned.unwrap(taken));
        } catch (Throwable failure) {
          // A subscriber that throws has broken the rules: it counts as cancelled, and must not
          // break the sender.
          cancelled = true;
          leave();
          Exceptions.throwIfFatal(failure);
          DefaultChannel.undelivered(failure, subscriber.currentContext());
          return false;
        }
        emitted++;
      }
      if (emitted != 0 && demand != Long.MAX_VALUE) {
        Operators.produced(REQUESTED, this, emitted);
      }
      return true;
    }

    /** The next element or {@link ReceiveWaiter#END}; {@code null} if it has to be waited for. */
    private @Nullable Object next(CoreSubscriber<? super T> subscriber) {
      ChannelCore core = channel.core;
      for (; ; ) {
        StandingReceiver own = place;
        if (own == null) {
          Object taken = core.take(null, false);
          if (taken != ChannelCore.NOTHING) {
            return taken;
          }
          own = new StandingReceiver(this);
          taken = core.take(own, false);
          if (taken == null) {
            terminated = true;
            leave();
            subscriber.onError(channel.tooManyReceivers());
            return ReceiveWaiter.END;
          }
          if (taken != ChannelCore.NOTHING) {
            return taken;
          }
          place = own;
        } else {
          Object found = own.fetch();
          if (found == null) {
            return null;
          }
          if (found == StandingReceiver.DETACHED) {
            place = null;
            continue;
          }
          if (found != StandingReceiver.WORKING) {
            channel.tellWaited(since);
            return found;
          }
          core.receiverWaitsAgain();
        }
        since = channel.clock();
        if (own.await()) {
          channel.tell(Event.WAITING);
          return null;
        }
        core.receiverWaitsNoMore();
        place = null;
      }
    }

    private void finish(CoreSubscriber<? super T> subscriber) {
      terminated = true;
      leave();
      Throwable cause = channel.core.state().phase().cause();
      if (cause == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(cause);
      }
    }

    /** Lets go of the subscriber and the channel of this receiver. */
    private void leave() {
      actual = null;
      StandingReceiver own = place;
      if (own != null) {
        place = null;
        Object had = own.leave(channel.core);
        if (had != null) {
          channel.giveBack(had, false);
        }
      }
      end.leave(channel.core.drained());
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return channel;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
        return requested;
      }
      if (key == Attr.CANCELLED) {
        return cancelled;
      }
      if (key == Attr.TERMINATED) {
        return terminated;
      }
      if (key == Attr.PREFETCH) {
        return 0;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }

  /**
   * Wakes a receiver when the channel is drained. Its link to the receiver goes when that leaves.
   */
  private static final class EndWatcher extends Milestone.Watcher {

    private volatile @Nullable Receiving<?> receiving;

    EndWatcher(Receiving<?> receiving) {
      this.receiving = receiving;
    }

    @Override
    public void run() {
      Receiving<?> woken = receiving;
      if (beginDelivery() != null && woken != null) {
        receiving = null;
        woken.run();
      }
    }

    void leave(Milestone drained) {
      receiving = null;
      if (abandon() == WAITED) {
        drained.watcherLeft();
      }
    }
  }
}
