package dev.velox.reactor.parallel;

import dev.velox.reactor.internal.Args;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Works on many items at once, never on more than a given number, and gives the results in the
 * order of the items or as they come.
 *
 * <pre>{@code
 * Mono<List<Weather>> all = Parallel.processWithConcurrency(airports, a -> weather(a), 8);
 * Flux<Weather> some = airportFlux.transform(Parallel.map(8, a -> weather(a)));
 * }</pre>
 *
 * <p>What holds for all of it:
 *
 * <ul>
 *   <li>An item is <em>running</em> from the subscription to its publisher until that completes or
 *       fails. Never more than {@code concurrency} run at any instant, and so many do while items
 *       remain and, in the ordered forms, the look-ahead allows.
 *   <li>A processor that throws or returns {@code null} is that item's failure. An empty publisher
 *       is left out. One that gives several values gives them all, next to each other.
 *   <li>The first failure ends the operation when it happens, not when its turn in the order comes,
 *       and cancels whatever runs; {@link #withConcurrency} has other ways. Errors that running
 *       items raise in answer are, in the ordered forms, suppressed errors of that first one.
 *   <li>Cancelling cancels the source and every running item. Results that nobody will get go to
 *       the discard hook.
 *   <li>The processor is called where the source emits, and results are emitted where items end. So
 *       a processor that blocks or computes for long holds up the source: give it a publisher with
 *       {@code subscribeOn}, or see {@link ParallelArray}.
 *   <li>The subscriber's {@code Context} reaches each item's publisher.
 * </ul>
 */
public final class Parallel {

  private Parallel() {}

  /**
   * Works on all items at once and gives all results, in the order of the items: {@code
   * Promise.all}.
   *
   * <p>It completes when all items have, with an empty list if there are none. The first item that
   * fails ends it with its error and cancels the others. Cancelling cancels all. The result comes
   * on the thread of the item that ended last.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on, iterated at each subscription; all of it is started, so it must
   *     be finite
   * @param processor works on one item
   * @return the results in the order of the items
   */
  public static <T, R> Mono<List<R>> processBatch(
      Iterable<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    return processWithConcurrency(items, processor, ParallelSpec.UNLIMITED);
  }

  /**
   * Works on all entries at once and gives a map of the results, in the order of the entries. A key
   * whose publisher is empty is left out; of several values the last one counts. Otherwise as
   * {@link #processBatch(Iterable, Function)}.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the values
   * @param <R> the type of the results
   * @param items what to work on
   * @param processor works on one entry
   * @return the results by key, in the order of the entries
   */
  public static <K, V, R> Mono<Map<K, R>> processBatch(
      Map<? extends K, ? extends V> items,
      BiFunction<? super K, ? super V, ? extends Publisher<? extends R>> processor) {
    Args.notNull(items, "items");
    Args.notNull(processor, "processor");
    return Flux.<Map.Entry<? extends K, ? extends V>>fromIterable(items.entrySet())
        .transform(
            ParallelSpec.of(ParallelSpec.UNLIMITED)
                .<Map.Entry<? extends K, ? extends V>, Map.Entry<K, R>>map(
                    entry -> entryOf(entry.getKey(), entry.getValue(), processor)))
        .collect(LinkedHashMap::new, (map, entry) -> map.put(entry.getKey(), entry.getValue()));
  }

  private static <K, V, R> Publisher<Map.Entry<K, R>> entryOf(
      K key,
      V value,
      BiFunction<? super K, ? super V, ? extends Publisher<? extends R>> processor) {
    Publisher<? extends R> given =
        Args.notNull(processor.apply(key, value), "what the processor returned");
    return given instanceof Mono<? extends R> mono
        ? mono.map(result -> Map.entry(key, result))
        : Flux.<R>from(given).map(result -> Map.entry(key, result));
  }

  /**
   * Works on items, at most so many at any instant, and gives all results in the order of the
   * items. (The specification's listing gives them as they come: that is {@link #unordered}.)
   *
   * <p>It completes when all items have, with an empty list if there are none. The first item that
   * fails ends it with its error, at once, and cancels those that run. Cancelling cancels those
   * that run. The result comes on the thread of the item that ended last.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on, iterated at each subscription
   * @param processor works on one item
   * @param concurrency how many run at once, at least 1
   * @return the results in the order of the items
   */
  public static <T, R> Mono<List<R>> processWithConcurrency(
      Iterable<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      int concurrency) {
    Args.notNull(items, "items");
    return Flux.<T>fromIterable(items)
        .transform(Parallel.<T, R>map(concurrency, processor))
        .collectList();
  }

  /**
   * As {@link #processWithConcurrency(Iterable, Function, int)}, over the items of a publisher.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on; its error ends the operation at once
   * @param processor works on one item
   * @param concurrency how many run at once, at least 1
   * @return the results in the order of the items
   */
  public static <T, R> Mono<List<R>> processWithConcurrency(
      Publisher<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      int concurrency) {
    Args.notNull(items, "items");
    return Flux.<T>from(items).transform(Parallel.<T, R>map(concurrency, processor)).collectList();
  }

  /**
   * Works on items, at most so many at any instant, and gives all results in the order in which
   * they came: the specification's {@code processWithConcurrency} as its listing behaves. Otherwise
   * as {@link #processWithConcurrency(Iterable, Function, int)}.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on, iterated at each subscription
   * @param processor works on one item
   * @param concurrency how many run at once, at least 1
   * @return the results in the order of completion
   */
  public static <T, R> Mono<List<R>> unordered(
      Iterable<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      int concurrency) {
    Args.notNull(items, "items");
    return Flux.<T>fromIterable(items)
        .transform(Parallel.<T, R>mapUnordered(concurrency, processor))
        .collectList();
  }

  /**
   * As {@link #unordered(Iterable, Function, int)}, over the items of a publisher.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on; its error ends the operation at once
   * @param processor works on one item
   * @param concurrency how many run at once, at least 1
   * @return the results in the order of completion
   */
  public static <T, R> Mono<List<R>> unordered(
      Publisher<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      int concurrency) {
    Args.notNull(items, "items");
    return Flux.<T>from(items)
        .transform(Parallel.<T, R>mapUnordered(concurrency, processor))
        .collectList();
  }

  /**
   * Works on all items at once and gives what each came to: {@code Promise.allSettled}. No item's
   * failure ends it.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on, iterated at each subscription
   * @param processor works on one item
   * @return the outcomes in the order of the items
   */
  public static <T, R> Mono<List<Settled<R>>> allSettled(
      Iterable<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    return allSettled(items, processor, ParallelSpec.UNLIMITED);
  }

  /**
   * Works on items, at most so many at any instant, and gives what each came to. No item's failure
   * ends it.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param items what to work on, iterated at each subscription
   * @param processor works on one item
   * @param concurrency how many run at once, at least 1
   * @return the outcomes in the order of the items
   */
  public static <T, R> Mono<List<Settled<R>>> allSettled(
      Iterable<? extends T> items,
      Function<? super T, ? extends Publisher<? extends R>> processor,
      int concurrency) {
    Args.notNull(items, "items");
    return Flux.<T>fromIterable(items)
        .transform(Parallel.<T, R>settle(concurrency, processor))
        .collectList();
  }

  /**
   * An operator that works on at most so many items at any instant and emits the results in the
   * order of the items.
   *
   * <p>A slow item does not idle the other lanes: they go on until the look-ahead is used up, which
   * is 256 items unless {@link #map(int, int, Function)} says otherwise.
   *
   * <p>It completes when the source has and all results are emitted. The first item that fails ends
   * it with its error when that happens, as does an error of the source; results that wait for
   * their turn are then discarded. Cancelling cancels the source and what runs. Results are emitted
   * on the thread of the item, or the request, that made them ready.
   *
   * <p>Demand: nothing is asked of the source before someone asks here; then at most {@code
   * concurrency} items that are not started yet, and so many that never more than {@code
   * concurrency + lookAhead} are started with results still to be taken. Exactly what was requested
   * is emitted.
   *
   * <p>Cost: one object of some 56 bytes per item; none for an item whose publisher is a {@code
   * Callable} (as {@code Mono.just}, {@code Mono.fromCallable}), which is called on the spot.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param concurrency how many run at once, at least 1
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public static <T, R> Function<Flux<T>, Flux<R>> map(
      int concurrency, Function<? super T, ? extends Publisher<? extends R>> processor) {
    return withConcurrency(concurrency).map(processor);
  }

  /**
   * As {@link #map(int, Function)}, with a look-ahead of one's own; see {@link
   * ParallelSpec#lookAhead}.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param concurrency how many run at once, at least 1
   * @param lookAhead how many items more may be started ahead of the oldest one, 0 or more
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public static <T, R> Function<Flux<T>, Flux<R>> map(
      int concurrency,
      int lookAhead,
      Function<? super T, ? extends Publisher<? extends R>> processor) {
    Args.positive(concurrency, "concurrency");
    Args.notNegative(lookAhead, "lookAhead");
    return withConcurrency(concurrency).lookAhead(lookAhead).map(processor);
  }

  /**
   * An operator that works on at most so many items at any instant and emits results as they come.
   * It is Reactor's {@code flatMap}, and keeps its promises: errors that other items raise after
   * the first one go to {@code Operators.onErrorDropped}.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param concurrency how many run at once, at least 1
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public static <T, R> Function<Flux<T>, Flux<R>> mapUnordered(
      int concurrency, Function<? super T, ? extends Publisher<? extends R>> processor) {
    return withConcurrency(concurrency).mapUnordered(processor);
  }

  /**
   * An operator that works on at most so many items at any instant and emits what each came to, in
   * the order of the items: a {@link Settled.Success} per value, a {@link Settled.Failure} for an
   * error, a {@link Settled.Empty} where there was no value. Only the source's error ends it.
   *
   * @param <T> the type of the items
   * @param <R> the type of the results
   * @param concurrency how many run at once, at least 1
   * @param processor works on one item
   * @return an operator for {@code transform}
   */
  public static <T, R> Function<Flux<T>, Flux<Settled<R>>> settle(
      int concurrency, Function<? super T, ? extends Publisher<? extends R>> processor) {
    return withConcurrency(concurrency).settle(processor);
  }

  /**
   * The settings with which to begin where the methods here are not enough: look-ahead, prefetch,
   * and what an item's failure means.
   *
   * @param concurrency how many items run at once, at least 1
   * @return settings that otherwise are the default
   */
  public static ParallelSpec withConcurrency(int concurrency) {
    return ParallelSpec.of(concurrency);
  }
}
