package dev.velox.reactor.worker;

import dev.velox.reactor.internal.Args;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The callbacks of an abort. A composite of Reactor decides, once for each callback, whether it was
 * added in time, is called at once, or was taken back.
 */
final class Aborting {

  private final Disposable.Composite callbacks = Disposables.composite();

  boolean isAborted() {
    return callbacks.isDisposed();
  }

  Disposable onAbort(Runnable callback) {
    Callback added = new Callback(Args.notNull(callback, "callback"));
    callbacks.add(added);
    return () -> {
      if (added.take() != null) {
        callbacks.remove(added);
      }
    };
  }

  void abort() {
    callbacks.dispose();
  }

  /** Runs when it is disposed, unless it was taken back. */
  private static final class Callback implements Disposable {
    private final AtomicReference<@Nullable Runnable> action;

    Callback(Runnable action) {
      this.action = new AtomicReference<>(action);
    }

    @Nullable Runnable take() {
      return action.getAndSet(null);
    }

    @Override
    public void dispose() {
      Runnable taken = take();
      if (taken != null) {
        try {
          taken.run();
        } catch (Throwable failure) {
          Operators.onErrorDropped(failure, Context.empty());
        }
      }
    }

    @Override
    public boolean isDisposed() {
      return action.get() == null;
    }
  }
}
