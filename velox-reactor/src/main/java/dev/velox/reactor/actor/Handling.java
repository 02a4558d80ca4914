package dev.velox.reactor.actor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * What an actor's turn waits for: the {@code Mono} of a behaviour, or of a step of its life.
 *
 * <pre>
 *  null ---suspend(), by the turn---&gt; SUSPENDED
 *    |                                    |
 *    +------finish(outcome)---------------+---&gt; outcome   by the publisher's signal, or abort()
 * </pre>
 *
 * <p>Each arrow is a compare-and-set. If the outcome comes first, the turn that subscribed goes on
 * with it in its loop, so that a million synchronous results run in constant stack. If the turn was
 * suspended first, it has ended, and who finishes schedules the next one, which is the only one: so
 * there is one owner at any time.
 */
final class Handling implements CoreSubscriber<Object>, Scannable {

  /** Goes on when what was waited for has ended. Answers as {@link Turns#await}. */
  interface Next {
    boolean go(@Nullable Object value, @Nullable Throwable error);
  }

  private static final Object SUSPENDED = new Object();
  private static final Object EMPTY = new Object();
  private static final VarHandle OUTCOME;

  static {
    try {
      OUTCOME = MethodHandles.lookup().findVarHandle(Handling.class, "outcome", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** The outcome of what was called off. */
  static final class Aborted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Aborted() {
      super("aborted", null, false, false);
    }
  }

  private record Failed(Throwable error) {}

  /** Which end of the actor calls it off. */
  final int abortedFrom;

  private final Turns turns;
  private final Context context;
  private final Next next;
  private volatile @Nullable Subscription subscription;
  private volatile @Nullable Object outcome;
  private @Nullable Object value;

  Handling(Turns turns, Context context, int abortedFrom, Next next) {
    this.turns = turns;
    this.context = context;
    this.abortedFrom = abortedFrom;
    this.next = next;
  }

  /** Ends the turn, unless the outcome is there. */
  boolean suspend() {
    return OUTCOME.compareAndSet(this, null, SUSPENDED);
  }

  boolean conclude() {
    Object ended = outcome;
    Object result = value;
    value = null;
    if (ended instanceof Failed failed) {
      return next.go(null, failed.error);
    }
    return next.go(result, null);
  }

  /** Calls it off, from any thread. */
  void abort() {
    if (finish(new Failed(new Aborted()))) {
      Subscription running = subscription;
      if (running != null) {
        running.cancel();
      }
    }
  }

  private boolean finish(Object result) {
    for (; ; ) {
      Object seen = outcome;
      if (seen != null && seen != SUSPENDED) {
        return false;
      }
      if (OUTCOME.compareAndSet(this, seen, result)) {
        if (seen == SUSPENDED) {
          turns.schedule();
        }
        return true;
      }
    }
  }

  private boolean isOver() {
    Object seen = outcome;
    return seen != null && seen != SUSPENDED;
  }

  @Override
  public void onSubscribe(Subscription given) {
    if (Operators.validate(subscription, given)) {
      subscription = given;
      if (isOver()) {
        given.cancel();
      } else {
        given.request(Long.MAX_VALUE);
      }
    }
  }

  @Override
  public void onNext(Object next) {
    if (isOver()) {
      Operators.onNextDropped(next, context);
    } else {
      value = next;
    }
  }

  @Override
  public void onError(Throwable error) {
    if (!finish(new Failed(error))) {
      Operators.onErrorDropped(error, context);
    }
  }

  @Override
  public void onComplete() {
    boolean ignored = finish(EMPTY);
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return subscription;
    }
    if (key == Attr.TERMINATED) {
      return isOver();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
