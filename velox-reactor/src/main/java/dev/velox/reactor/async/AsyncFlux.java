package dev.velox.reactor.async;

import dev.velox.reactor.internal.Args;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** A generator: each subscription is a run of its own. */
final class AsyncFlux<T> extends Flux<T> implements Scannable {

  private final AsyncGenerator<T> generator;
  private final Executor executor;

  private AsyncFlux(AsyncGenerator<T> generator, Executor executor) {
    this.generator = generator;
    this.executor = executor;
  }

  static <T> Flux<T> create(AsyncGenerator<T> generator, Executor executor) {
    return onAssembly(new AsyncFlux<>(generator, executor));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    actual.onSubscribe(new FluxBody<>(actual, executor, generator));
  }

  @Override
  @SuppressWarnings("rawtypes") // as declared by Scannable
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  /**
   * A run of a generator. Beside the states of {@link Body} there is {@code requested}: raised by
   * the subscriber from any thread, lowered by the body's thread alone, which signals every element
   * itself. So signals are serial without a queue, and the thread that finds no demand is the only
   * one that waits for it.
   */
  private static final class FluxBody<T> extends Body<T> implements AsyncEmitter<T> {

    @SuppressWarnings("rawtypes") // a class literal has no type arguments
    private static final AtomicLongFieldUpdater<FluxBody> REQUESTED =
        AtomicLongFieldUpdater.newUpdater(FluxBody.class, "requested");

    private final AsyncGenerator<T> generator;
    private volatile long requested;

    FluxBody(CoreSubscriber<? super T> actual, Executor executor, AsyncGenerator<T> generator) {
      super(actual, executor);
      this.generator = generator;
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        refuse(n);
        return;
      }
      if (Operators.addCap(REQUESTED, this, n) == 0) {
        wake();
      }
      start();
    }

    @Override
    @Nullable T call() throws Exception {
      generator.generate(this);
      return null;
    }

    @Override
    void complete(@Nullable T none) {
      actual.onComplete();
    }

    @Override
    public void emit(T element) {
      Args.notNull(element, "element");
      if (!isOwnThread() || isInSubscriber()) {
        throw new IllegalStateException(
            "emit belongs to the generator's own code: not to another thread ("
                + Thread.currentThread().getName()
                + "), not after its end, not to its subscriber's onNext");
      }
      if (isCancelled() || !awaitDemand()) {
        Operators.onDiscard(element, actual.currentContext());
        throw isCancelled()
            ? cancellation()
            : new CancellationException("Interrupted while waiting for demand");
      }
      inSubscriber(true);
      try {
        actual.onNext(element);
      } finally {
        inSubscriber(false);
      }
      Operators.produced(REQUESTED, this, 1);
      if (isCancelled()) {
        throw cancellation();
      }
    }

    /** Waits for demand; answers whether it came before a cancellation or an interrupt. */
    private boolean awaitDemand() {
      if (requested != 0) {
        return true;
      }
      if (!mayWait()) {
        throw new IllegalStateException(
            "emit would have to wait for demand on thread "
                + Thread.currentThread().getName()
                + ", which must not block: run the generator on an executor whose threads may");
      }
      boolean interrupted = false;
      while (requested == 0 && !isCancelled() && (!interrupted || isShielded())) {
        BodyThread.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return requested != 0 && !isCancelled();
    }

    @Override
    @SuppressWarnings("rawtypes") // as declared by Scannable
    public @Nullable Object scanUnsafe(Attr key) {
      return key == Attr.REQUESTED_FROM_DOWNSTREAM ? requested : super.scanUnsafe(key);
    }
  }
}
