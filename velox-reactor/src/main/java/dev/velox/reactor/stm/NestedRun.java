package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Trampoline;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription to a block inside a {@code Mono} body: a nested transaction, or the sides of an
 * {@code orElse}.
 *
 * <pre>
 *   current:  null=NEW --request--&gt; a block being run --its last signal, or its retry--&gt; taken
 *             taken --&gt; the next block (the right side, or the same again) | OVER
 *             any --cancel--&gt; OVER
 * </pre>
 *
 * <p>{@code current} is one word; who takes a block out of it by compare-and-set ends that block,
 * so the end of a block, its retry and a cancellation exclude each other.
 */
final class NestedRun<T> implements Subscription, Scannable {

  private static final VarHandle CURRENT;

  static {
    try {
      CURRENT = MethodHandles.lookup().findVarHandle(NestedRun.class, "current", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private static final Object OVER = "OVER";
  private static final Object BETWEEN = "BETWEEN";

  private final CoreSubscriber<? super T> actual;
  private final AsyncTransaction outer;
  private final Function<? super Transaction, ? extends Mono<? extends T>> body;
  private final @Nullable Mono<? extends T> otherwise;
  private volatile @Nullable Object current;

  NestedRun(
      CoreSubscriber<? super T> actual,
      AsyncTransaction outer,
      Function<? super Transaction, ? extends Mono<? extends T>> body,
      @Nullable Mono<? extends T> otherwise) {
    this.actual = actual;
    this.outer = outer;
    this.body = body;
    this.otherwise = otherwise;
  }

  @Override
  public void request(long n) {
    if (Operators.validate(n) && CURRENT.compareAndSet(this, null, BETWEEN)) {
      Trampoline.run(() -> begin(otherwise != null));
    }
  }

  @Override
  public void cancel() {
    if (CURRENT.getAndSet(this, OVER) instanceof Block<?> block) {
      block.give();
    }
  }

  /** From BETWEEN. */
  private void begin(boolean left) {
    Block<T> block;
    Mono<? extends T> source;
    try {
      block = new Block<>(this, left);
      if (!CURRENT.compareAndSet(this, BETWEEN, block)) {
        return;
      }
      source = left || otherwise == null ? body.apply(block.transaction) : otherwise;
      if (source == null) {
        throw new NullPointerException("the body returned a null Mono");
      }
    } catch (Throwable failure) {
      failed(failure);
      return;
    }
    source.subscribe(block);
  }

  private boolean take(Block<T> block) {
    return CURRENT.compareAndSet(this, block, BETWEEN);
  }

  private void completed(Block<T> block, @Nullable T value) {
    if (!take(block)) {
      return;
    }
    boolean merged;
    try {
      merged = block.transaction.merge();
    } catch (Throwable failure) {
      failed(failure);
      return;
    }
    if (!merged) {
      Trampoline.run(() -> begin(block.left));
    } else if (CURRENT.compareAndSet(this, BETWEEN, OVER)) {
      if (value != null) {
        actual.onNext(value);
      }
      actual.onComplete();
    }
  }

  private void failed(Block<T> block, Throwable failure) {
    if (take(block)) {
      block.transaction.rollBack();
      failed(failure);
    } else if (!(failure instanceof Signal)) {
      Operators.onErrorDropped(failure, actual.currentContext());
    }
  }

  private void failed(Throwable failure) {
    if (!outer.attempt.isOpen()) {
      // The attempt is over; its body has been cancelled, or fails by its own account.
      if (failure instanceof Signal) {
        return;
      }
    }
    Object before = CURRENT.getAndSet(this, OVER);
    if (before == OVER) {
      return;
    }
    if (before instanceof Block<?> block) {
      block.transaction.rollBack();
    }
    actual.onError(failure);
  }

  private void retried(Block<T> block) {
    if (take(block)) {
      block.give();
      Trampoline.run(() -> begin(false));
    }
  }

  @Override
  @SuppressWarnings("rawtypes") // Scannable's own signature
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.ACTUAL) {
      return actual;
    }
    if (key == Attr.TERMINATED || key == Attr.CANCELLED) {
      return current == OVER;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** Receives the signals of one run of the block. */
  private static final class Block<T>
      implements CoreSubscriber<T>, Scannable, AsyncTransaction.Alternative {

    private static final VarHandle UPSTREAM;

    static {
      try {
        UPSTREAM =
            MethodHandles.lookup().findVarHandle(Block.class, "upstream", Subscription.class);
      } catch (ReflectiveOperationException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }

    private final NestedRun<T> run;
    final boolean left;
    final AsyncTransaction transaction;
    private volatile @Nullable Subscription upstream;
    private @Nullable T value;

    Block(NestedRun<T> run, boolean left) {
      this.run = run;
      this.left = left;
      this.transaction = run.outer.inner(left ? this : null);
    }

    @Override
    public Context currentContext() {
      return transaction.into(run.actual.currentContext());
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        if (UPSTREAM.compareAndSet(this, null, subscription)) {
          subscription.request(Long.MAX_VALUE);
        } else {
          subscription.cancel();
        }
      }
    }

    /** Gives the block up. */
    void give() {
      Subscription before =
          (Subscription) UPSTREAM.getAndSet(this, Operators.cancelledSubscription());
      if (before != null) {
        before.cancel();
      }
      transaction.rollBack();
    }

    @Override
    public void retried() {
      run.retried(this);
    }

    @Override
    public void onNext(T next) {
      value = next;
    }

    @Override
    public void onError(Throwable failure) {
      run.failed(this, failure);
    }

    @Override
    public void onComplete() {
      run.completed(this, value);
    }

    @Override
    @SuppressWarnings("rawtypes") // Scannable's own signature
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return run.actual;
      }
      if (key == Attr.CANCELLED) {
        return upstream == Operators.cancelledSubscription();
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
