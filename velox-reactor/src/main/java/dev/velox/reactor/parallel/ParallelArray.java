package dev.velox.reactor.parallel;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collector;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.ParallelFlux;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * A fixed sequence of items with parallel operations over it, whose results keep its order.
 *
 * <pre>{@code
 * ParallelArray<Flight> flights = ParallelArray.of(list);
 * Mono<List<Report>> reports = flights.map(flight -> analyse(flight));      // keeps processors busy
 * Mono<List<Weather>> weather = flights.mapAsync(flight -> forecast(flight)); // waits for answers
 * }</pre>
 *
 * <p>There are two kinds of operation:
 *
 * <ul>
 *   <li><em>Plain functions</em> ({@link #map}, {@link #filter}, {@link #reduceParallel}, …) are
 *       for work that computes. They run on {@link #parallelism} rails of a {@link ParallelFlux} on
 *       {@code Schedulers.parallel()}, or {@link #runOn another scheduler}, chunk by chunk; a rail
 *       that is free takes the next chunk. They must not block there.
 *   <li><em>Asynchronous functions</em> ({@link #mapAsync}, {@link #filterAsync}, {@link
 *       #reduceAsync}, …) return a publisher: what the specification calls {@code map}, {@code
 *       filter} and {@code reduce}. They run as in {@link Parallel#map}, at most {@link
 *       #concurrency} at once, called on the subscribing thread or where an item ended.
 * </ul>
 *
 * <p>All are lazy: each subscription is a run of its own. The first function that throws ends it
 * with its error at once; a plain function that returns {@code null} is such an error. Cancelling
 * stops asynchronous work at once and plain work before its next item; results made so far go to
 * the discard hook. Lists that are given are not to be modified.
 *
 * <p>The array is an immutable value: settings give another array over the same items.
 *
 * @param <T> the type of the items
 */
public final class ParallelArray<T> {

  private final Object[] items;
  private final int parallelism;
  private final @Nullable Scheduler scheduler;
  private final int chunkSize;
  private final int concurrency;

  private ParallelArray(
      Object[] items,
      int parallelism,
      @Nullable Scheduler scheduler,
      int chunkSize,
      int concurrency) {
    this.items = items;
    this.parallelism = parallelism;
    this.scheduler = scheduler;
    this.chunkSize = chunkSize;
    this.concurrency = concurrency;
  }

  /**
   * Takes the items of a collection, as they are now.
   *
   * @param <T> the type of the items
   * @param items the items, none of them {@code null}
   * @return an array of them
   */
  public static <T> ParallelArray<T> of(Collection<? extends T> items) {
    return ofArray(Args.notNull(items, "items").toArray());
  }

  /**
   * Takes items.
   *
   * @param <T> the type of the items
   * @param items the items, none of them {@code null}
   * @return an array of them
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // only copied
  public static <T> ParallelArray<T> of(T... items) {
    return ofArray(Arrays.asList(Args.notNull(items, "items")).toArray());
  }

  private static <T> ParallelArray<T> ofArray(Object[] items) {
    for (int i = 0; i < items.length; i++) {
      if (items[i] == null) {
        throw new NullPointerException("items[" + i + "] must not be null");
      }
    }
    return new ParallelArray<>(
        items, Runtime.getRuntime().availableProcessors(), null, 0, Queues.SMALL_BUFFER_SIZE);
  }

  // ---- settings ----

  /**
   * Sets on how many rails plain functions run: as many as processors by default.
   *
   * @param rails how many, at least 1
   * @return these items, so run
   */
  public ParallelArray<T> parallelism(int rails) {
    return new ParallelArray<>(
        items, Args.positive(rails, "rails"), scheduler, chunkSize, concurrency);
  }

  /**
   * Sets where plain functions run: on {@code Schedulers.parallel()} by default.
   *
   * @param scheduler where; with fewer threads than {@link #parallelism} rails, these share them
   * @return these items, so run
   */
  public ParallelArray<T> runOn(Scheduler scheduler) {
    return new ParallelArray<>(
        items, parallelism, Args.notNull(scheduler, "scheduler"), chunkSize, concurrency);
  }

  /**
   * Sets how many items a rail takes at a time. By default it is a sixteenth of a rail's share, and
   * at most 1024: small enough to even out items of unequal effort, large enough that taking them
   * costs nothing beside them.
   *
   * @param items how many, at least 1
   * @return these items, so run
   */
  public ParallelArray<T> chunkSize(int items) {
    return new ParallelArray<>(
        this.items, parallelism, scheduler, Args.positive(items, "items"), concurrency);
  }

  /**
   * Sets how many asynchronous functions run at once: 256 by default, as in {@code flatMap}.
   *
   * @param running how many, at least 1
   * @return these items, so run
   */
  public ParallelArray<T> concurrency(int running) {
    return new ParallelArray<>(
        items, parallelism, scheduler, chunkSize, Args.positive(running, "running"));
  }

  // ---- views ----

  /**
   * How many items there are.
   *
   * @return their number
   */
  public int size() {
    return items.length;
  }

  /**
   * The items.
   *
   * @return a list that can't be modified
   */
  public List<T> toList() {
    return PartsInOrder.listOf(items);
  }

  /**
   * The items one by one, on demand.
   *
   * @return a Flux of them
   */
  @SuppressWarnings("unchecked") // nothing but T was put in
  public Flux<T> asFlux() {
    return (Flux<T>) Flux.fromArray(items);
  }

  /**
   * The items on rails, for chaining Reactor's own parallel operators. Each rail holds one item at
   * a time, so one that is free takes the next. As in any {@code ParallelFlux}, {@code
   * sequential()} does not restore the order, and each item is handed over by itself: for short
   * functions the operations of this class are far cheaper.
   *
   * @return the items on {@link #parallelism} rails
   */
  public ParallelFlux<T> parallel() {
    return asFlux().parallel(parallelism, 1).runOn(scheduler(), 1);
  }

  // ---- plain functions ----

  /**
   * Applies a plain function to each item.
   *
   * @param <U> the type of the results
   * @param mapper the function; for one that answers with a publisher see {@link #mapAsync}
   * @return the results in the order of the items
   */
  public <U> Mono<List<U>> map(Function<? super T, ? extends U> mapper) {
    Args.notNull(mapper, "mapper");
    return Mono.deferContextual(
        view -> {
          Context context = Context.of(view);
          ChunkRun run = run(chunkSize());
          PartsInOrder<U> parts = new PartsInOrder<>(chunks(chunkSize()), true);
          ChunkRun.Work<Object[]> work =
              (from, to, stopped) -> {
                ResultBuffer results = new ResultBuffer(to - from, context);
                return results.filledBy(
                    () -> {
                      for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
                        results.add(
                            Objects.requireNonNull(
                                mapper.apply(item(i)), "The mapper returned a null value"));
                      }
                    });
              };
          return run.gather(parallelism, scheduler(), work, parts, context);
        });
  }

  /**
   * Keeps the items for which a plain predicate holds.
   *
   * @param predicate the predicate; for one that answers with a publisher see {@link #filterAsync}
   * @return those items, in their order
   */
  public Mono<List<T>> filter(Predicate<? super T> predicate) {
    Args.notNull(predicate, "predicate");
    return Mono.deferContextual(
        view -> {
          Context context = Context.of(view);
          ChunkRun run = run(chunkSize());
          PartsInOrder<T> parts = new PartsInOrder<>(chunks(chunkSize()), false);
          ChunkRun.Work<Object[]> work =
              (from, to, stopped) -> {
                Object[] kept = new Object[to - from];
                int count = 0;
                for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
                  if (predicate.test(item(i))) {
                    kept[count++] = items[i];
                  }
                }
                return Arrays.copyOf(kept, count);
              };
          return run.gather(parallelism, scheduler(), work, parts, context);
        });
  }

  /**
   * Applies a plain function that gives several results per item.
   *
   * @param <U> the type of the results
   * @param mapper the function; what it returns is iterated at once, on its rail
   * @return all results, in the order of the items
   */
  public <U> Mono<List<U>> flatMap(Function<? super T, ? extends Iterable<? extends U>> mapper) {
    Args.notNull(mapper, "mapper");
    return Mono.deferContextual(
        view -> {
          Context context = Context.of(view);
          ChunkRun run = run(chunkSize());
          PartsInOrder<U> parts = new PartsInOrder<>(chunks(chunkSize()), true);
          ChunkRun.Work<Object[]> work =
              (from, to, stopped) -> {
                ResultBuffer results = new ResultBuffer(to - from, context);
                return results.filledBy(
                    () -> {
                      for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
                        for (U result :
                            Objects.requireNonNull(
                                mapper.apply(item(i)), "The mapper returned a null Iterable")) {
                          results.add(
                              Objects.requireNonNull(
                                  result, "The mapper returned an Iterable with a null value"));
                        }
                      }
                    });
              };
          return run.gather(parallelism, scheduler(), work, parts, context);
        });
  }

  /**
   * Calls a plain function with each item, in no particular order.
   *
   * @param action the function
   * @return completes when it has been called with all of them
   */
  public Mono<Void> forEach(Consumer<? super T> action) {
    Args.notNull(action, "action");
    ChunkRun.Work<Boolean> work =
        (from, to, stopped) -> {
          for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
            action.accept(item(i));
          }
          return true;
        };
    return this.<Boolean, Boolean>combine(
            chunkSize(), () -> true, work, Boolean::logicalAnd, Function.identity())
        .then();
  }

  /**
   * Counts the items for which a plain predicate holds.
   *
   * @param predicate the predicate
   * @return how many
   */
  public Mono<Long> count(Predicate<? super T> predicate) {
    Args.notNull(predicate, "predicate");
    return reduceParallel(0L, (count, item) -> predicate.test(item) ? count + 1 : count, Long::sum);
  }

  /**
   * Folds the items from left to right with a plain function, one after the other. This is the
   * specification's {@code reduce}, for a function that is not associative; nothing in it is
   * parallel, but it runs on the scheduler and not on the subscribing thread.
   *
   * @param <U> the type of the sum
   * @param accumulator makes a new sum of the sum so far and an item
   * @param initial the sum to begin with, and the result if there is no item
   * @return the last sum
   */
  public <U> Mono<U> reduce(BiFunction<? super U, ? super T, ? extends U> accumulator, U initial) {
    Args.notNull(accumulator, "accumulator");
    Args.notNull(initial, "initial");
    // One chunk is one leaf, so nothing is ever combined.
    return this.<U, U>combine(
        Math.max(1, items.length),
        () -> initial,
        (from, to, stopped) -> {
          U sum = initial;
          for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
            sum = added(accumulator, sum, item(i));
          }
          return sum;
        },
        (left, right) -> left,
        Function.identity());
  }

  /**
   * Folds chunks of items in parallel, and their sums pairwise as a tree, neighbours only and left
   * before right. If {@code combiner} is associative (it need not commute) and agrees with {@code
   * accumulator}, the result is that of a sequential fold: joining strings gives them in order.
   *
   * @param <U> the type of a sum
   * @param identity the sum of nothing, with which each chunk begins: a value, not a container that
   *     the accumulator fills (that is {@link #collect})
   * @param accumulator makes a new sum of the sum so far and an item
   * @param combiner makes one sum of two neighbouring ones
   * @return the sum of all, {@code identity} if there is no item
   */
  public <U> Mono<U> reduceParallel(
      U identity,
      BiFunction<? super U, ? super T, ? extends U> accumulator,
      BinaryOperator<U> combiner) {
    Args.notNull(identity, "identity");
    Args.notNull(accumulator, "accumulator");
    Args.notNull(combiner, "combiner");
    return this.<U, U>combine(
        chunkSize(),
        () -> identity,
        (from, to, stopped) -> {
          U sum = identity;
          for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
            sum = added(accumulator, sum, item(i));
          }
          return sum;
        },
        (left, right) ->
            Objects.requireNonNull(
                combiner.apply(left, right), "The combiner returned a null value"),
        Function.identity());
  }

  /**
   * Collects the items in parallel: a container per chunk, combined as in {@link #reduceParallel}.
   * Whether the collector says that it is concurrent or unordered makes no difference; the order of
   * the items is kept.
   *
   * @param <A> the collector's container
   * @param <R> the type of the result
   * @param collector as for a {@code Stream}
   * @return what the collector makes of the items; empty if that is {@code null}
   */
  public <A, R> Mono<R> collect(Collector<? super T, A, R> collector) {
    Args.notNull(collector, "collector");
    Supplier<A> supplier = collector.supplier();
    return combine(
        chunkSize(),
        supplier,
        (from, to, stopped) -> {
          A container = supplier.get();
          for (int i = from; i < to && !stopped.getAsBoolean(); i++) {
            collector.accumulator().accept(container, item(i));
          }
          return container;
        },
        collector.combiner(),
        collector.finisher());
  }

  /**
   * Sorts the items by their natural order, in parallel; equal ones keep theirs. Items that are not
   * comparable are a {@code ClassCastException}.
   *
   * @return the items, sorted
   */
  @SuppressWarnings("unchecked") // as in Stream.sorted(), told at run time
  public Mono<List<T>> sorted() {
    return sorted((Comparator<T>) Comparator.naturalOrder());
  }

  /**
   * Sorts the items, in parallel; equal ones keep their order.
   *
   * @param comparator says which comes first
   * @return the items, sorted
   */
  public Mono<List<T>> sorted(Comparator<? super T> comparator) {
    Args.notNull(comparator, "comparator");
    return this.<Object[], List<T>>combine(
        chunkSize > 0 ? chunkSize : Sorting.chunkSizeFor(items.length, parallelism),
        () -> new Object[0],
        (from, to, stopped) -> Sorting.sortedRange(items, from, to, comparator),
        (left, right) -> Sorting.merged(left, right, comparator),
        PartsInOrder::listOf);
  }

  /**
   * Groups the items by a key, in parallel.
   *
   * @param <K> the type of the keys
   * @param keyOf tells an item's key, never {@code null}
   * @return the groups in the order of their first items, each in the order of the items
   */
  public <K> Mono<Map<K, List<T>>> groupBy(Function<? super T, ? extends K> keyOf) {
    Args.notNull(keyOf, "keyOf");
    return collect(
        Collector.<T, Map<K, List<T>>>of(
            LinkedHashMap::new,
            (groups, item) ->
                groups
                    .computeIfAbsent(
                        Objects.requireNonNull(keyOf.apply(item), "The key is null"),
                        key -> new ArrayList<>())
                    .add(item),
            (left, right) -> {
              right.forEach(
                  (key, group) ->
                      left.merge(
                          key,
                          group,
                          (before, after) -> {
                            before.addAll(after);
                            return before;
                          }));
              return left;
            }));
  }

  /**
   * Whether a plain predicate holds for some item. It answers as soon as one is found, and stops
   * the others before their next item.
   *
   * @param predicate the predicate
   * @return whether; {@code false} if there is no item
   */
  public Mono<Boolean> anyMatch(Predicate<? super T> predicate) {
    Args.notNull(predicate, "predicate");
    return Mono.defer(
        () -> Search.any(run(chunkSize()), parallelism, scheduler(), i -> predicate.test(item(i))));
  }

  /**
   * Whether a plain predicate holds for all items. It answers as soon as one is found for which it
   * doesn't, and stops the others before their next item.
   *
   * @param predicate the predicate
   * @return whether; {@code true} if there is no item
   */
  public Mono<Boolean> allMatch(Predicate<? super T> predicate) {
    Args.notNull(predicate, "predicate");
    return anyMatch(item -> !predicate.test(item)).map(found -> !found);
  }

  /**
   * Whether a plain predicate holds for no item. It answers as soon as one is found for which it
   * does, and stops the others before their next item.
   *
   * @param predicate the predicate
   * @return whether; {@code true} if there is no item
   */
  public Mono<Boolean> noneMatch(Predicate<? super T> predicate) {
    return anyMatch(predicate).map(found -> !found);
  }

  /**
   * The first item, in their order, for which a plain predicate holds. It answers as soon as those
   * before it are known not to be; what lies behind the best candidate is not looked at any more.
   *
   * @param predicate the predicate
   * @return the item, or empty
   */
  public Mono<T> findFirst(Predicate<? super T> predicate) {
    Args.notNull(predicate, "predicate");
    return Mono.defer(
            () ->
                Search.first(
                    run(chunkSize()),
                    chunks(chunkSize()),
                    parallelism,
                    scheduler(),
                    i -> predicate.test(item(i))))
        .map(this::item);
  }

  // ---- asynchronous functions ----

  /**
   * Applies an asynchronous function to each item, at most {@link #concurrency} at once: the
   * specification's {@code map}. See {@link Parallel#map} for what holds.
   *
   * @param <U> the type of the results
   * @param mapper the function
   * @return the results in the order of the items; an item whose publisher is empty is left out
   */
  public <U> Mono<List<U>> mapAsync(Function<? super T, ? extends Publisher<? extends U>> mapper) {
    return asFlux().transform(spec().<T, U>map(mapper)).collectList();
  }

  /**
   * As {@link #mapAsync}, for a function whose publisher gives several results, under the name that
   * one looks for.
   *
   * @param <U> the type of the results
   * @param mapper the function
   * @return all results, in the order of the items
   */
  public <U> Mono<List<U>> flatMapAsync(
      Function<? super T, ? extends Publisher<? extends U>> mapper) {
    return mapAsync(mapper);
  }

  /**
   * Keeps the items for which an asynchronous predicate holds, at most {@link #concurrency} asked
   * at once: the specification's {@code filter}. An empty answer means no.
   *
   * @param predicate the predicate
   * @return those items, in their order
   */
  public Mono<List<T>> filterAsync(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    return kept(predicate).collectList();
  }

  /**
   * Calls an asynchronous function with each item, at most {@link #concurrency} at once.
   *
   * @param action the function; what its publishers give is ignored
   * @return completes when all have completed
   */
  public Mono<Void> forEachAsync(Function<? super T, ? extends Publisher<?>> action) {
    Args.notNull(action, "action");
    return asFlux()
        .transform(
            spec()
                .<T, Void>mapUnordered(
                    item ->
                        Flux.from(Args.notNull(action.apply(item), "what the action returned"))
                            .then()))
        .then();
  }

  /**
   * Folds the items from left to right with an asynchronous function, one after the other: the
   * specification's {@code reduce}. The function is called with an item when the sum before it is
   * known; if its publisher is empty, the sum stays.
   *
   * @param <U> the type of the sum
   * @param accumulator makes a new sum of the sum so far and an item
   * @param initial the sum to begin with, and the result if there is no item
   * @return the last sum
   */
  public <U> Mono<U> reduceAsync(
      BiFunction<? super U, ? super T, ? extends Publisher<? extends U>> accumulator, U initial) {
    Args.notNull(accumulator, "accumulator");
    Args.notNull(initial, "initial");
    return Mono.defer(
        () -> {
          // Written and read by the serial signals of one subscription.
          Sum<U> sum = new Sum<>(initial);
          return asFlux()
              .concatMap(item -> accumulator.apply(sum.value, item), 1)
              .doOnNext(sum::set)
              .then(Mono.fromSupplier(() -> sum.value));
        });
  }

  /**
   * Whether an asynchronous predicate holds for some item, at most {@link #concurrency} asked at
   * once. It answers as soon as one is found, and cancels the others. An empty answer means no.
   *
   * @param predicate the predicate
   * @return whether; {@code false} if there is no item
   */
  public Mono<Boolean> anyMatchAsync(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    return answers(predicate).any(answer -> answer);
  }

  /**
   * Whether an asynchronous predicate holds for all items, at most {@link #concurrency} asked at
   * once. It answers as soon as one is found for which it doesn't, and cancels the others. An empty
   * answer means no.
   *
   * @param predicate the predicate
   * @return whether; {@code true} if there is no item
   */
  public Mono<Boolean> allMatchAsync(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    return answers(predicate).all(answer -> answer);
  }

  /**
   * Whether an asynchronous predicate holds for no item: {@link #anyMatchAsync} denied.
   *
   * @param predicate the predicate
   * @return whether; {@code true} if there is no item
   */
  public Mono<Boolean> noneMatchAsync(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    return anyMatchAsync(predicate).map(found -> !found);
  }

  /**
   * The first item, in their order, for which an asynchronous predicate holds, at most {@link
   * #concurrency} asked at once. When it is found, the others are cancelled.
   *
   * @param predicate the predicate
   * @return the item, or empty
   */
  public Mono<T> findFirstAsync(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    return kept(predicate).next();
  }

  // ---- what they have in common ----

  private Flux<T> kept(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    Args.notNull(predicate, "predicate");
    return asFlux()
        .transform(
            spec().<T, T>map(item -> answer(predicate, item).filter(yes -> yes).map(yes -> item)));
  }

  private Flux<Boolean> answers(Function<? super T, ? extends Publisher<Boolean>> predicate) {
    Args.notNull(predicate, "predicate");
    return asFlux()
        .transform(
            spec().<T, Boolean>mapUnordered(item -> answer(predicate, item).defaultIfEmpty(false)));
  }

  private static <T> Mono<Boolean> answer(
      Function<? super T, ? extends Publisher<Boolean>> predicate, T item) {
    return Mono.from(
        Objects.requireNonNull(predicate.apply(item), "The predicate returned a null Publisher"));
  }

  private static <U, T> U added(
      BiFunction<? super U, ? super T, ? extends U> accumulator, U sum, T item) {
    return Objects.requireNonNull(
        accumulator.apply(sum, item), "The accumulator returned a null value");
  }

  /** Runs work over chunks and combines what they come to; {@code none} is for no items. */
  private <A, R> Mono<R> combine(
      int chunkSize,
      Supplier<A> none,
      ChunkRun.Work<A> work,
      BinaryOperator<A> combiner,
      Function<A, R> finisher) {
    return Mono.deferContextual(
        view -> {
          if (items.length == 0) {
            return Mono.fromSupplier(() -> finisher.apply(none.get()));
          }
          return run(chunkSize)
              .gather(
                  parallelism,
                  scheduler(),
                  work,
                  new CombineTree<>(chunks(chunkSize), combiner, finisher),
                  Context.of(view));
        });
  }

  private ParallelSpec spec() {
    return ParallelSpec.of(concurrency);
  }

  private ChunkRun run(int chunkSize) {
    return new ChunkRun(items.length, chunkSize);
  }

  private int chunkSize() {
    return chunkSize > 0 ? chunkSize : ChunkRun.chunkSizeFor(items.length, parallelism);
  }

  private int chunks(int chunkSize) {
    return ChunkRun.chunks(items.length, chunkSize);
  }

  private Scheduler scheduler() {
    return scheduler == null ? LateScheduler.PARALLEL : scheduler;
  }

  @SuppressWarnings("unchecked") // nothing but T was put in
  private T item(int index) {
    return (T) items[index];
  }

  @Override
  public String toString() {
    return "ParallelArray[size=" + items.length + ", parallelism=" + parallelism + "]";
  }

  private static final class Sum<U> {
    private U value;

    Sum(U initial) {
      this.value = initial;
    }

    void set(U value) {
      this.value = value;
    }
  }
}
