package dev.velox.reactor.parallel;

import dev.velox.reactor.internal.Args;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.util.concurrent.Queues;

/**
 * How items are worked on at once: how many, how far ahead, and what an item's failure means. It is
 * an immutable value: each setting gives a new one, which may be shared and used any number of
 * times.
 *
 * <pre>{@code
 * flux.transform(
 *     Parallel.withConcurrency(16).lookAhead(64).stopAfterErrors(3).map(order -> ship(order)));
 * }</pre>
 */
public final class ParallelSpec {

  static final int UNLIMITED = Integer.MAX_VALUE;

  private final int concurrency;
  private final int lookAhead;
  private final int prefetch;
  private final int errorLimit;
  private final boolean errorsSayIndex;

  private ParallelSpec(
      int concurrency, int lookAhead, int prefetch, int errorLimit, boolean errorsSayIndex) {
    this.concurrency = concurrency;
    this.lookAhead = lookAhead;
    this.prefetch = prefetch;
    this.errorLimit = errorLimit;
    this.errorsSayIndex = errorsSayIndex;
  }

  static ParallelSpec of(int concurrency) {
    return new ParallelSpec(
        Args.positive(concurrency, "concurrency"),
        Queues.SMALL_BUFFER_SIZE,
        Queues.XS_BUFFER_SIZE,
        1,
        false);
  }

  /**
   * Sets how many items beyond the concurrency may be started before the oldest one's results have
   * all been taken; 256 by default ({@code reactor.bufferSize.small}). While that oldest item is
   * slow, the other lanes go on until so many results wait for it. 0 couples the two, as {@code
   * flatMapSequential} does. Unordered operations have no use for it.
   *
   * @param items how many, 0 or more; results that wait never belong to more than {@code
   *     concurrency + items} items
   * @return these settings, so changed
   */
  public ParallelSpec lookAhead(int items) {
    Args.notNegative(items, "items");
    return new ParallelSpec(concurrency, items, prefetch, errorLimit, errorsSayIndex);
  }

  /**
   * Sets how many values are asked for at first from an item whose publisher gives more than one,
   * and thus how many may wait for their turn; 32 by default ({@code reactor.bufferSize.x}).
   *
   * @param values how many, at least 1
   * @return these settings, so changed
   */
  public ParallelSpec prefetch(int values) {
    Args.positive(values, "values");
    return new ParallelSpec(concurrency, lookAhead, values, errorLimit, errorsSayIndex);
  }

  /**
   * The first item that fails ends the operation at once with its own error. This is the default.
   *
   * @return these settings, so changed
   */
  public ParallelSpec failFast() {
    return new ParallelSpec(concurrency, lookAhead, prefetch, 1, errorsSayIndex);
  }

  /**
   * All items are worked on whatever fails; results are given as they come, and if any item failed,
   * the end is an {@link ItemsFailedException} with all failures. Each costs a small object until
   * then.
   *
   * @return these settings, so changed
   */
  public ParallelSpec collectErrors() {
    return new ParallelSpec(concurrency, lookAhead, prefetch, UNLIMITED, errorsSayIndex);
  }

  /**
   * As {@link #collectErrors()}, but when so many items have failed, the operation ends at once.
   *
   * @param errors how many, at least 1; with 1, the end is still an {@link ItemsFailedException}
   * @return these settings, so changed
   */
  public ParallelSpec stopAfterErrors(int errors) {
    Args.positive(errors, "errors");
    return new ParallelSpec(concurrency, lookAhead, prefetch, errors, true);
  }

  /**
   * Makes errors say which item failed: where an item's own error would end the operation, it comes
   * as the cause of an {@link ItemsFailedException}. Operations that tolerate failures say it
   * anyway.
   *
   * @return these settings, so changed
   */
  public ParallelSpec indexErrors() {
    return new ParallelSpec(concurrency, lookAhead, prefetch, errorLimit, true);
  }

  /**
   * The ordered operator with these settings; see {@link Parallel#map(int, Function)}.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public <T, R> Function<Flux<T>, Flux<R>> map(
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    Args.notNull(processor, "processor");
    return source -> OrderedMapFlux.of(source, processor, this);
  }

  /**
   * The unordered operator with these settings; see {@link Parallel#mapUnordered(int, Function)}.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public <T, R> Function<Flux<T>, Flux<R>> mapUnordered(
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    Args.notNull(processor, "processor");
    return source -> UnorderedMap.of(source, processor, this);
  }

  /**
   * The ordered operator that turns each item's end into data; see {@link Parallel#settle(int,
   * Function)}. What these settings say of errors has no meaning here, since none ends the
   * operation.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public <T, R> Function<Flux<T>, Flux<Settled<R>>> settle(
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    Args.notNull(processor, "processor");
    return source -> OrderedMapFlux.settling(source, processor, this);
  }

  /**
   * The unordered operator that turns each item's end into data: as {@link #settle(Function)}, in
   * the order of completion.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public <T, R> Function<Flux<T>, Flux<Settled<R>>> settleUnordered(
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    Args.notNull(processor, "processor");
    return source -> UnorderedMap.settling(source, processor, this);
  }

  int concurrency() {
    return concurrency;
  }

  /** How many items may be started and not yet retired. */
  long window() {
    return (long) concurrency + lookAhead;
  }

  int prefetch() {
    return prefetch;
  }

  int errorLimit() {
    return errorLimit;
  }

  boolean errorsSayIndex() {
    return errorsSayIndex;
  }

  @Override
  public String toString() {
    return "ParallelSpec[concurrency="
        + concurrency
        + ", lookAhead="
        + lookAhead
        + ", prefetch="
        + prefetch
        + ", errorLimit="
        + (errorLimit == UNLIMITED ? "none" : errorLimit)
        + ", errorsSayIndex="
        + errorsSayIndex
        + "]";
  }
}
