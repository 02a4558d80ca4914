package dev.velox.reactor.sync;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;

/**
 * A {@code Flux} that holds permits from before it is subscribed until it has ended.
 *
 * @param <T> the type of the elements
 */
final class GuardedFlux<T> extends FluxOperator<T, T> {

  private final Door door;
  private final int permits;
  private final @Nullable Duration maxWait;

  private GuardedFlux(Door door, int permits, Flux<T> body, @Nullable Duration maxWait) {
    super(body);
    this.door = door;
    this.permits = permits;
    this.maxWait = maxWait;
  }

  static <T> Flux<T> of(Door door, int permits, Flux<T> body, @Nullable Duration maxWait) {
    return onAssembly(new GuardedFlux<>(door, permits, body, maxWait));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    new Section<T>(door.gate(), permits, source, actual).start(door, maxWait);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
  }

  private static final class Section<T> extends GuardedSubscriber<T> {

    Section(Gate gate, int permits, Publisher<? extends T> body, CoreSubscriber<? super T> actual) {
      super(gate, permits, body, actual);
    }

    @Override
    public void onNext(T value) {
      if (isDone()) {
        Operators.onNextDropped(value, currentContext());
      } else {
        actual.onNext(value);
      }
    }

    @Override
    public void onComplete() {
      if (!claimEnd()) {
        return;
      }
      Request granted = giveUp();
      try {
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
      Request granted = giveUp();
      try {
        actual.onError(failure);
      } finally {
        letGo(granted);
      }
    }

    @Override
    void discardResult() {
      // Every element has been passed on.
    }
  }
}
