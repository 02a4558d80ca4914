package dev.velox.reactor.retry;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** A call under a hedge. Holds no state: each subscription is an operation of its own. */
final class HedgeMono<T> extends Mono<T> implements Scannable {

  private final Hedge hedge;
  private final Supplier<? extends Mono<? extends T>> call;

  private HedgeMono(Hedge hedge, Supplier<? extends Mono<? extends T>> call) {
    this.hedge = hedge;
    this.call = call;
  }

  static <T> Mono<T> calling(Hedge hedge, Supplier<? extends Mono<? extends T>> call) {
    return onAssembly(new HedgeMono<>(hedge, call));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    actual.onSubscribe(new HedgedCall<>(hedge, call, actual));
  }

  @Override
  @SuppressWarnings("rawtypes") // Reactor declares it so.
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
