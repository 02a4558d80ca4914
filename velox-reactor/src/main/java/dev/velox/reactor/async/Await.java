package dev.velox.reactor.async;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The subscriber of one awaited source, for which its body's thread waits.
 *
 * <p>Its life is one word, {@code state}, stepped by compare-and-set:
 *
 * <pre>
 *  WAITING --onNext--&gt; VALUE --onComplete--&gt; DONE
 *     |                  |
 *     +--onComplete, onError--&gt; DONE           by the source
 *     |                  |
 *     +----- cancel -----+----&gt; CANCELLED      by who cancels the body, or by the body's thread
 * </pre>
 *
 * <p>The value is written before the step to VALUE, and belongs to whoever takes the next step: to
 * the body's thread after DONE, to the canceller, who discards it, after CANCELLED. A value that
 * comes too late for the step to VALUE is discarded where it came. So it is neither lost nor
 * delivered twice. The body's thread goes on at the terminal signal, not at the value: by then the
 * source has done what it had to do.
 *
 * <p>A source that completes while it is subscribed is found DONE without waiting, and costs no
 * atomic step either: until the body's thread has returned from {@code subscribe}, nobody but that
 * thread knows of this await, since only then does it enter it into the body for a canceller to
 * find. So a signal that arrives on that thread before then steps the word by a plain write. A
 * signal on another thread always steps by compare-and-set; signals are serial, so the two never
 * meet. A cancellation before the entry is seen by the body's thread, which looks once it has
 * entered.
 *
 * <p>Awaits nest only when a source, on the body's thread, runs code that awaits; {@code around}
 * links those that are entered.
 *
 * @param <T> the type of the value
 */
final class Await<T> implements CoreSubscriber<T>, Scannable {

  private static final int WAITING = 0;
  private static final int VALUE = 1;
  private static final int DONE = 2;
  private static final int CANCELLED = 3;

  private static final VarHandle STATE;
  private static final VarHandle UPSTREAM;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Await.class, "state", int.class);
      UPSTREAM = lookup.findVarHandle(Await.class, "upstream", Subscription.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Body<?> body;
  private final Thread thread;
  private final Context context;

  private volatile int state;
  private volatile @Nullable Subscription upstream;
  private @Nullable T value;
  private @Nullable Throwable error;

  // Of the body's thread; the latter is published by being entered.
  private boolean entered;
  private @Nullable Await<?> around;

  private Await(Body<?> body) {
    this.body = body;
    this.thread = Thread.currentThread();
    this.context = body.awaitContext();
  }

  /** Awaits a source on the thread of a body. */
  static <T> @Nullable T await(Body<?> body, Mono<? extends T> source) {
    if (body.mustStop()) {
      throw body.cancellation();
    }
    if (source instanceof Callable) {
      return call(source);
    }
    Await<T> await = new Await<>(body);
    boolean interrupted = false;
    try {
      source.subscribe(await);
      if (await.state < DONE) {
        interrupted = await.join();
      }
    } catch (Throwable unexpected) {
      await.cancel(); // the source threw instead of signalling
      throw unexpected;
    } finally {
      if (await.state == CANCELLED) {
        // Only when the canceller is through does every child know that it was cancelled.
        interrupted |= body.awaitInterrupt();
      }
      interrupted |= body.joinChildren();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return await.result();
  }

  /** A source that is a value, an error, or plain code needs no subscription. */
  @SuppressWarnings("unchecked") // a Mono<T> that is a Callable is a Callable<T>
  private static <T> @Nullable T call(Mono<? extends T> source) {
    try {
      return ((Callable<? extends @Nullable T>) source).call();
    } catch (Throwable error) {
      throw awaited(error);
    }
  }

  /**
   * Waits for the end.
   *
   * @return whether the thread was interrupted meanwhile; the flag is down
   */
  private boolean join() {
    boolean interrupted = false;
    entered = true;
    around = body.innermost();
    body.innermost(this);
    try {
      while (state < DONE) {
        if (body.mustStop()) {
          // The canceller does it too; whoever comes first. Of a deep chain it leaves this to us.
          cancel();
        } else if (interrupted && !body.isShielded()) {
          cancel(); // somebody else's interrupt
        } else {
          BodyThread.park(this);
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      body.innermost(around);
    }
    return interrupted;
  }

  private @Nullable T result() {
    if (state == CANCELLED) {
      if (body.mustStop()) {
        throw body.cancellation();
      }
      throw new CancellationException("Interrupted while awaiting");
    }
    Throwable failure = error;
    if (failure != null) {
      throw awaited(failure);
    }
    return value;
  }

  /** The error as itself, checked or not, with the lines that awaited it. */
  private static RuntimeException awaited(Throwable error) {
    Throwable itself = Exceptions.unwrap(error);
    AwaitSite.addTo(itself);
    throw Await.<RuntimeException>asItself(itself);
  }

  /**
   * Throws what the compiler would not let through.
   *
   * @return never; for the compiler, which then knows that the code behind is not reached
   */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // that is the trick
  static <X extends Throwable> X asItself(Throwable error) throws X {
    throw (X) error;
  }

  void cancel() {
    while (true) {
      int seen = state;
      if (seen >= DONE) {
        return;
      }
      if (STATE.compareAndSet(this, seen, CANCELLED)) {
        Subscription source =
            (Subscription) UPSTREAM.getAndSet(this, Operators.cancelledSubscription());
        if (source != null) {
          source.cancel();
        }
        if (seen == VALUE) {
          Operators.onDiscard(value, context);
        }
        return;
      }
    }
  }

  @Nullable Await<?> around() {
    return around;
  }

  @Override
  public Context currentContext() {
    return context;
  }

  /** Whether nobody but this thread, the body's, can step the state. */
  private boolean isAlone() {
    return Thread.currentThread() == thread && !entered;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    if (Operators.validate(upstream, subscription)) {
      if (isAlone()) {
        UPSTREAM.set(this, subscription);
      } else if (!UPSTREAM.compareAndSet(this, null, subscription)) {
        subscription.cancel(); // cancelled meanwhile
        return;
      }
      subscription.request(Long.MAX_VALUE);
    }
  }

  @Override
  public void onNext(T next) {
    if (state == WAITING) {
      value = next;
      if (step(WAITING, VALUE)) {
        return;
      }
    }
    if (state == CANCELLED) {
      Operators.onDiscard(next, context);
    } else {
      Operators.onNextDropped(next, context);
    }
  }

  @Override
  public void onError(Throwable failure) {
    if (state < DONE) {
      error = failure;
    }
    end(failure);
  }

  @Override
  public void onComplete() {
    end(null);
  }

  private boolean step(int from, int to) {
    if (isAlone()) {
      STATE.set(this, to);
      return true;
    }
    return STATE.compareAndSet(this, from, to);
  }

  private void end(@Nullable Throwable failure) {
    while (true) {
      int seen = state;
      if (seen >= DONE) {
        if (failure != null) {
          Operators.onErrorDropped(failure, context);
        }
        return;
      }
      if (step(seen, DONE)) {
        if (Thread.currentThread() != thread) {
          BodyThread.unpark(thread);
        }
        return;
      }
    }
  }

  @Override
  @SuppressWarnings("rawtypes") // as declared by Scannable
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return upstream;
    }
    if (key == Attr.ACTUAL) {
      return body;
    }
    if (key == Attr.TERMINATED) {
      return state == DONE;
    }
    if (key == Attr.CANCELLED) {
      return state == CANCELLED;
    }
    if (key == Attr.PREFETCH) {
      return Integer.MAX_VALUE;
    }
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.SYNC;
    }
    return null;
  }
}
