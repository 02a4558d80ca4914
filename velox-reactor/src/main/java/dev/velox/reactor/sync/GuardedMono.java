package dev.velox.reactor.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;

/**
 * A {@code Mono} that holds permits from before it is subscribed until it has ended.
 *
 * @param <T> the type of the result
 */
final class GuardedMono<T> extends MonoOperator<T, T> {

  private final Door door;
  private final int permits;
  private final @Nullable Duration maxWait;

  private GuardedMono(Door door, int permits, Mono<T> body, @Nullable Duration maxWait) {
    super(body);
    this.door = door;
    this.permits = permits;
    this.maxWait = maxWait;
  }

  static <T> Mono<T> of(Door door, int permits, Mono<T> body, @Nullable Duration maxWait) {
    return onAssembly(new GuardedMono<>(door, permits, body, maxWait));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    new Section<T>(door.gate(), permits, source, actual).start(door, maxWait);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
  }

  /** Keeps the result until the body has completed, so that its end is inside the section. */
  private static final class Section<T> extends GuardedSubscriber<T> {

    private static final VarHandle RESULT;

    static {
      try {
        RESULT = MethodHandles.lookup().findVarHandle(Section.class, "result", Object.class);
      } catch (ReflectiveOperationException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }

    private volatile @Nullable Object result;

    Section(Gate gate, int permits, Publisher<? extends T> body, CoreSubscriber<? super T> actual) {
      super(gate, permits, body, actual);
    }

    @Override
    public void onNext(T value) {
      if (isDone() || result != null) {
        Operators.onNextDropped(value, currentContext());
        return;
      }
      result = value;
      if (isCancelled()) {
        discardResult();
      }
    }

    @Override
    public void onComplete() {
      if (!claimEnd()) {
        return;
      }
      T value = takeResult();
      Request granted = giveUp();
      try {
        if (value != null) {
          actual.onNext(value);
        }
        actual.onComplete();
      } finally {
        letGo(granted);
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (!claimEnd()) {
        Operators.onErrorDropped(failure, currentContext());
        return;
      }
      discardResult();
      Request granted = giveUp();
      try {
        actual.onError(failure);
      } finally {
        letGo(granted);
      }
    }

    @SuppressWarnings("unchecked") // only onNext writes it
    private @Nullable T takeResult() {
      return result == null ? null : (T) RESULT.getAndSet(this, null);
    }

    @Override
    void discardResult() {
      T value = takeResult();
      if (value != null) {
        Operators.onDiscard(value, currentContext());
      }
    }
  }
}
