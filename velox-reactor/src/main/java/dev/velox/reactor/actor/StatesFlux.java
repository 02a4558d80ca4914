package dev.velox.reactor.actor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** The state of an actor, then each new one. */
final class StatesFlux<S> extends Flux<S> implements Scannable {

  private final ActorCore<S, ?> core;

  private StatesFlux(ActorCore<S, ?> core) {
    this.core = core;
  }

  static <S> Flux<S> of(ActorCore<S, ?> core) {
    return onAssembly(new StatesFlux<>(core));
  }

  @Override
  public void subscribe(CoreSubscriber<? super S> actual) {
    Watching<S> watching = new Watching<>(core, actual);
    actual.onSubscribe(watching);
    if (!watching.cancelled) {
      core.watchStates(watching);
    }
    watching.drain();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return core.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  /**
   * One subscriber. {@code wip} counts who wants it to look: the first one looks, and again until
   * nobody has come meanwhile. It holds no states: it reads the actor's whenever there is demand,
   * so a slow reader sees the latest and costs nothing.
   */
  static final class Watching<S> implements Subscription, Scannable {

    private static final VarHandle WIP;
    private static final VarHandle REQUESTED;

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        WIP = lookup.findVarHandle(Watching.class, "wip", int.class);
        REQUESTED = lookup.findVarHandle(Watching.class, "requested", long.class);
      } catch (ReflectiveOperationException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }

    private final ActorCore<S, ?> core;
    private volatile @Nullable CoreSubscriber<? super S> actual;
    private volatile boolean cancelled;
    private volatile boolean terminated;
    private volatile long requested;

    @SuppressWarnings("UnusedVariable") // only through its handle
    private volatile int wip;

    private @Nullable S last;

    Watching(ActorCore<S, ?> core, CoreSubscriber<? super S> actual) {
      this.core = core;
      this.actual = actual;
    }

    void drain() {
      if ((int) WIP.getAndAdd(this, 1) != 0) {
        return;
      }
      int missed = 1;
      do {
        look();
        missed = (int) WIP.getAndAdd(this, -missed) - missed;
      } while (missed != 0);
    }

    private void look() {
      CoreSubscriber<? super S> subscriber = actual;
      if (subscriber == null || cancelled) {
        last = null;
        actual = null;
        return;
      }
      boolean over = core.isTerminated(); // before the state, so that the last one is seen
      S state = core.state();
      if (state != last) {
        if (requested == 0) {
          return;
        }
        if (requested != Long.MAX_VALUE) {
          REQUESTED.getAndAdd(this, -1L);
        }
        last = state;
        subscriber.onNext(state);
      }
      if (over && !cancelled) {
        terminated = true;
        actual = null;
        last = null;
        subscriber.onComplete();
      }
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        for (long seen = requested;
            !REQUESTED.compareAndSet(this, seen, Operators.addCap(seen, n));
            seen = requested) {
          // somebody else was quicker
        }
        drain();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      core.unwatchStates(this);
      drain();
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return cancelled;
      }
      if (key == Attr.TERMINATED) {
        return terminated;
      }
      if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
        return requested;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
  }
}
