package dev.velox.reactor.channel;

import dev.velox.reactor.MetricsListener.Event;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Each subscription sees every element published after it, at its own pace. */
final class BroadcastFlux<T> extends Flux<T> implements Scannable {

  private final DefaultBroadcast<T> broadcast;
  private final SlowSubscriber policy;
  private final int buffer;

  private BroadcastFlux(DefaultBroadcast<T> broadcast, SlowSubscriber policy, int buffer) {
    this.broadcast = broadcast;
    this.policy = policy;
    this.buffer = buffer;
  }

  static <T> Flux<T> of(DefaultBroadcast<T> broadcast, SlowSubscriber policy, int buffer) {
    return onAssembly(new BroadcastFlux<>(broadcast, policy, buffer));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    Watching<T> watching = new Watching<>(broadcast, policy, buffer, actual);
    actual.onSubscribe(watching);
    watching.begin();
  }

  @Override
  public int getPrefetch() {
    return buffer;
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return broadcast;
    }
    if (key == Attr.PREFETCH) {
      return buffer;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /**
   * One subscriber, walking the log. Its owner is the drain: whoever raises {@code wip} from zero
   * runs it, and it ends when it has brought {@code wip} back to zero; a publication, a request, a
   * cancellation and the end leave a note and raise it.
   *
   * <pre>
   *   joining -- begin() --&gt; walking -- cancelled -----------------&gt; left
   *                          walking -- end of the log, emitted ---&gt; left, completed or failed
   *                          walking -- too slow, policy ERROR ----&gt; left, failed
   * </pre>
   *
   * <p>Its place in the log is the owner's alone. With WAIT it moves as elements are emitted; else
   * elements are taken into {@code pending} as they come, by policy, and the log is never held up.
   * The subscription joins after {@code onSubscribe}, so one that is cancelled inside it never
   * joins.
   */
  private static final class Watching<T> extends BroadcastCore.Receiver
      implements Subscription, Scannable {

    @SuppressWarnings("rawtypes") // an updater can't name a type parameter
    private static final AtomicIntegerFieldUpdater<Watching> WIP =
        AtomicIntegerFieldUpdater.newUpdater(Watching.class, "wip");

    @SuppressWarnings("rawtypes") // an updater can't name a type parameter
    private static final AtomicLongFieldUpdater<Watching> REQUESTED =
        AtomicLongFieldUpdater.newUpdater(Watching.class, "requested");

    private final DefaultBroadcast<T> broadcast;
    private final SlowSubscriber policy;
    private final Context context;
    private final @Nullable ArrayDeque<Object> pending;

    // Raised from the start: nothing is drained before begin() has joined.
    @SuppressWarnings("UnusedVariable") // through WIP
    private volatile int wip = 1;

    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean terminated;
    private @Nullable CoreSubscriber<? super T> actual;

    Watching(
        DefaultBroadcast<T> broadcast,
        SlowSubscriber policy,
        int buffer,
        CoreSubscriber<? super T> actual) {
      super(policy == SlowSubscriber.WAIT, buffer);
      this.broadcast = broadcast;
      this.policy = policy;
      this.actual = actual;
      this.context = actual.currentContext();
      this.pending = policy == SlowSubscriber.WAIT ? null : new ArrayDeque<>();
    }

    void begin() {
      if (cancelled) {
        actual = null;
        return;
      }
      broadcast.core.join(this);
      drainOwned();
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        Operators.addCap(REQUESTED, this, n);
        run();
      }
    }

    @Override
    public void cancel() {
      if (!cancelled) {
        cancelled = true;
        run();
      }
    }

    @Override
    public void run() {
      if (WIP.getAndIncrement(this) == 0) {
        drainOwned();
      }
    }

    private void drainOwned() {
      int missed = 1;
      do {
        CoreSubscriber<? super T> subscriber = actual;
        if (subscriber == null || !serve(subscriber)) {
          return;
        }
        missed = WIP.addAndGet(this, -missed);
      } while (missed != 0);
    }

    /**
     * Takes and emits what is there; {@code false} if this is done, and {@code wip} stays raised.
     */
    private boolean serve(CoreSubscriber<? super T> subscriber) {
      long demand = requested;
      long emitted = 0;
      boolean freed = false;
      try {
        while (true) {
          if (cancelled || broadcast.core.isCancelled()) {
            leave();
            if (!cancelled) {
              finish(subscriber, null);
            }
            return false;
          }
          if (!takeIn()) {
            leave();
            finish(subscriber, new ChannelOverflowException(broadcast.toString(), buffer));
            return false;
          }
          if (emitted == demand) {
            if (emitted != 0 && demand != Long.MAX_VALUE) {
              demand = Operators.produced(REQUESTED, this, emitted);
              emitted = 0;
            } else {
              demand = requested;
            }
            if (emitted == demand) {
              return !endIfOver(subscriber);
            }
          }
          // With a policy, it decides after each about what has come meanwhile.
          int ready = pending == null ? ready() : Math.min(1, pending.size());
          if (ready == 0) {
            return !endIfOver(subscriber);
          }
          freed = isWaitedFor;
          int done = emit(subscriber, (int) Math.min(ready, demand - emitted));
          if (done < 0) {
            return false;
          }
          emitted += done;
        }
      } finally {
        if (emitted != 0 && demand != Long.MAX_VALUE) {
          Operators.produced(REQUESTED, this, emitted);
        }
        if (freed) {
          VarHandle.fullFence(); // the lag has shrunk before we look who waits for that
          broadcast.core.admit();
        }
      }
    }

    /**
     * Emits so many that are ready, or fewer if it is cancelled meanwhile.
     *
     * @return how many; negative if the subscriber failed, and this is done
     */
    private int emit(CoreSubscriber<? super T> subscriber, int count) {
      Object[] several = pending == null && count > 1 ? several() : null;
      try {
        if (several != null) {
          return emitSeveral(subscriber, several, count);
        }
        Object next = pending == null ? take() : pending.remove();
        broadcast.tell(Event.DELIVERED);
        subscriber.onNext(element(next));
        return 1;
      } catch (Throwable failure) {
        // A subscriber that throws has broken the rules: it counts as cancelled, and must not
        // break the publisher.
        cancelled = true;
        leave();
        Exceptions.throwIfFatal(failure);
        Operators.onErrorDropped(failure, context);
        return -1;
      }
    }

    /**
     * With all that does not change meanwhile in locals: this is where a fast source spends time.
     */
    private int emitSeveral(CoreSubscriber<? super T> subscriber, Object[] several, int count) {
      DefaultBroadcast<T> from = broadcast;
      BroadcastCore core = from.core;
      long index = passed();
      int first = nextOfSeveral();
      int next = first;
      do {
        Object element = several[next++];
        passedTo(++index);
        from.tell(Event.DELIVERED);
        subscriber.onNext(element(element));
      } while (next - first < count && !cancelled && !core.isCancelled());
      return next - first;
    }

    /**
     * Takes what has come into the buffer, by policy; {@code false} if there is no room and that is
     * an error.
     */
    private boolean takeIn() {
      if (pending != null) {
        while (ready() != 0) {
          if (!takeIn(pending, take())) {
            return false;
          }
        }
      }
      return true;
    }

    private boolean takeIn(ArrayDeque<Object> taken, Object value) {
      if (taken.size() < buffer) {
        taken.add(value);
      } else if (policy == SlowSubscriber.ERROR) {
        return false;
      } else if (policy == SlowSubscriber.DROP_LATEST) {
        broadcast.dropped(element(value), context);
      } else {
        Object oldest = taken.poll();
        taken.add(value);
        if (oldest != null) {
          broadcast.dropped(element(oldest), context);
        }
      }
      return true;
    }

    private boolean endIfOver(CoreSubscriber<? super T> subscriber) {
      BroadcastCore.State state = broadcast.core.state();
      if (!isAtEndOf(state) || (pending != null && !pending.isEmpty())) {
        return false;
      }
      leave();
      finish(subscriber, state.phase().cause());
      return true;
    }

    private void finish(CoreSubscriber<? super T> subscriber, @Nullable Throwable failure) {
      terminated = true;
      if (failure == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(failure);
      }
    }

    private void leave() {
      actual = null;
      forget();
      ArrayDeque<Object> taken = pending;
      if (taken != null) {
        for (Object value = taken.poll(); value != null; value = taken.poll()) {
          Operators.onDiscard(value, context);
        }
      }
      broadcast.core.leave(this);
    }

    @SuppressWarnings("unchecked") // a broadcast puts only its own elements in
    private T element(Object value) {
      return (T) value;
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return broadcast;
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
      if (key == Attr.CAPACITY) {
        return buffer;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
