package dev.velox.reactor.parallel;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;

/** The ordered, bounded map as a publisher; {@link OrderedMapMain} is one subscription of it. */
final class OrderedMapFlux<T, R> extends FluxOperator<T, R> {

  private final Function<? super T, ? extends Publisher<?>> processor;
  private final ParallelSpec spec;
  private final boolean settling;

  private OrderedMapFlux(
      Flux<? extends T> source,
      Function<? super T, ? extends Publisher<?>> processor,
      ParallelSpec spec,
      boolean settling) {
    super(source);
    this.processor = processor;
    this.spec = spec;
    this.settling = settling;
  }

  static <T, R> Flux<R> of(
      Flux<? extends T> source,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      ParallelSpec spec) {
    return onAssembly(new OrderedMapFlux<T, R>(source, processor, spec, false));
  }

  static <T, R> Flux<Settled<R>> settling(
      Flux<? extends T> source,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      ParallelSpec spec) {
    return onAssembly(new OrderedMapFlux<T, Settled<R>>(source, processor, spec, true));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    source.subscribe(new OrderedMapMain<T, R>(actual, processor, spec, settling));
  }

  @Override
  @SuppressWarnings("rawtypes") // as Scannable declares it
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.RUN_STYLE) {
      return Attr.RunStyle.SYNC;
    }
    if (key == Attr.PREFETCH) {
      return spec.concurrency();
    }
    return super.scanUnsafe(key);
  }
}
