package dev.velox.reactor.stm;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * A transaction with a synchronous body. Inside another transaction: a nested block of it, or, if
 * it is a single step, simply a part of it.
 */
final class SyncMono<T> extends Mono<T> implements Scannable {

  enum Kind {
    /** Joins an outer transaction as a nested block. */
    BLOCK,
    /** Joins an outer transaction without a block of its own: it is undone as a whole anyway. */
    STEP,
    /** Reads one snapshot and keeps no journal. Joins an outer transaction as it is. */
    READ_ONLY,
    /** Read-only, with a journal, and never part of another transaction. */
    LIVE
  }

  private final StmOptions options;
  private final Function<? super Transaction, ? extends @Nullable T> body;
  private final Kind kind;

  private SyncMono(
      StmOptions options, Function<? super Transaction, ? extends @Nullable T> body, Kind kind) {
    this.options = options;
    this.body = body;
    this.kind = kind;
  }

  static <T> Mono<T> of(
      StmOptions options, Function<? super Transaction, ? extends @Nullable T> body, Kind kind) {
    return onAssembly(new SyncMono<>(options, body, kind));
  }

  /**
   * The transaction that does nothing but this, without what lets threads and branches share one;
   * {@code null} if this can't be part of a transaction that writes.
   */
  @Nullable Mono<T> alone(StmOptions options) {
    return kind == Kind.BLOCK || kind == Kind.STEP ? of(options, body, Kind.BLOCK) : null;
  }

  static IllegalStateException ended() {
    return new IllegalStateException(
        "the transaction that the Context holds has ended; subscribe inside its body only");
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    AsyncTransaction outer =
        kind == Kind.LIVE ? null : AsyncTransaction.in(actual.currentContext());
    if (outer == null) {
      boolean readOnly = kind == Kind.READ_ONLY || kind == Kind.LIVE;
      actual.onSubscribe(new SyncRun<T>(actual, options, body, readOnly, kind != Kind.READ_ONLY));
    } else if (outer.attempt.isOpen()) {
      actual.onSubscribe(new Joined<T>(actual, outer, body, kind == Kind.BLOCK));
    } else {
      Operators.error(actual, ended());
    }
  }

  @Override
  @SuppressWarnings("rawtypes") // Scannable's own signature
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return options.name;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  /** Runs the body on request, on the outer transaction. One owner: the subscriber's thread. */
  private static final class Joined<T> implements Subscription, Scannable {
    private final CoreSubscriber<? super T> actual;
    private final AsyncTransaction outer;
    private final Function<? super Transaction, ? extends @Nullable T> body;
    private final boolean nested;
    private boolean begun;
    private volatile boolean cancelled;

    Joined(
        CoreSubscriber<? super T> actual,
        AsyncTransaction outer,
        Function<? super Transaction, ? extends @Nullable T> body,
        boolean nested) {
      this.actual = actual;
      this.outer = outer;
      this.body = body;
      this.nested = nested;
    }

    @Override
    public void request(long n) {
      if (!Operators.validate(n) || begun || cancelled) {
        return;
      }
      begun = true;
      T value;
      try {
        value = nested ? outer.nested(body) : body.apply(outer);
      } catch (Throwable failure) {
        if (failure instanceof Signal) {
          // The attempt is over, or goes on beside this branch, which is being cancelled.
          return;
        }
        Exceptions.throwIfFatal(failure);
        if (!cancelled) {
          actual.onError(Operators.onOperatorError(failure, actual.currentContext()));
        }
        return;
      }
      if (!cancelled) {
        if (value != null) {
          actual.onNext(value);
        }
        actual.onComplete();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    @SuppressWarnings("rawtypes") // Scannable's own signature
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return cancelled;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
