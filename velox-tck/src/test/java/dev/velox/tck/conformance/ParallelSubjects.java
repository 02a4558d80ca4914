package dev.velox.tck.conformance;

import dev.velox.reactor.parallel.Parallel;
import dev.velox.reactor.parallel.ParallelArray;
import dev.velox.reactor.parallel.ParallelSpec;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code parallel} offers. */
final class ParallelSubjects {

  private static final List<Long> ITEMS = List.of(3L, 1L, 2L);

  /** Each subscription has all elements, but no promised order: no case of multicast. */
  private static final FanOut UNORDERED = FanOut.COMPETING;

  private static final ParallelSpec FOUR = Parallel.withConcurrency(4);

  private final List<Subject> subjects = new ArrayList<>();

  static List<Subject> all() {
    ParallelSubjects all = new ParallelSubjects();
    all.operators();
    all.settling();
    all.lists();
    all.computations();
    all.asynchronousComputations();
    return all.subjects;
  }

  /** A step that a test chooses: it answers at once, fails, or waits. */
  private interface Step extends Function<Long, Mono<Long>> {}

  private static final Step AT_ONCE = Mono::just;

  private static Mono<Long> failing(Long item) {
    return Mono.error(new IllegalStateException("failed at " + item));
  }

  private void operators() {
    operator("Parallel.map(int, Function)", FanOut.MULTICAST, step -> Parallel.map(4, step));
    operator(
        "Parallel.map(int, int, Function)", FanOut.MULTICAST, step -> Parallel.map(4, 8, step));
    operator(
        "Parallel.mapUnordered(int, Function)", UNORDERED, step -> Parallel.mapUnordered(4, step));
    operator("ParallelSpec.map(Function)", FanOut.MULTICAST, FOUR::map);
    operator("ParallelSpec.mapUnordered(Function)", UNORDERED, FOUR::mapUnordered);
  }

  private void operator(
      String covers, FanOut fanOut, Function<Step, Function<Flux<Long>, Flux<Long>>> operator) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.of(covers, n -> Longs.upTo(n).transform(operator.apply(AT_ONCE)))
                .fanOut(fanOut)
                .failing(
                    () ->
                        Flux.<Long>error(new IllegalStateException())
                            .transform(operator.apply(AT_ONCE)))
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          Longs.upTo(3).transform(operator.apply(item -> gate.asMono())),
                          () -> gate.tryEmitValue(1L));
                    })));
  }

  private void settling() {
    settling("Parallel.settle(int, Function)", FanOut.MULTICAST, Parallel.settle(4, AT_ONCE));
    settling("ParallelSpec.settle(Function)", FanOut.MULTICAST, FOUR.settle(AT_ONCE));
    settling("ParallelSpec.settleUnordered(Function)", UNORDERED, FOUR.settleUnordered(AT_ONCE));
  }

  private <R> void settling(String covers, FanOut fanOut, Function<Flux<Long>, Flux<R>> operator) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.of(covers, n -> Longs.upTo(n).transform(operator))
                .fanOut(fanOut)
                .failing(() -> Flux.<Long>error(new IllegalStateException()).transform(operator))));
  }

  private void lists() {
    one("Parallel.processBatch(Iterable, Function)", s -> Parallel.processBatch(ITEMS, s));
    one(
        "Parallel.processBatch(Map, BiFunction)",
        step -> Parallel.processBatch(Map.of("a", 1L), (key, item) -> step.apply(item)));
    one(
        "Parallel.processWithConcurrency(Iterable, Function, int)",
        step -> Parallel.processWithConcurrency(ITEMS, step, 2));
    one(
        "Parallel.processWithConcurrency(Publisher, Function, int)",
        step -> Parallel.processWithConcurrency(Longs.upTo(3), step, 2));
    one("Parallel.unordered(Iterable, Function, int)", step -> Parallel.unordered(ITEMS, step, 2));
    one(
        "Parallel.unordered(Publisher, Function, int)",
        step -> Parallel.unordered(Longs.upTo(3), step, 2));
    neverFails("Parallel.allSettled(Iterable, Function)", Parallel.allSettled(ITEMS, AT_ONCE));
    neverFails(
        "Parallel.allSettled(Iterable, Function, int)", Parallel.allSettled(ITEMS, AT_ONCE, 2));
  }

  private <R> void one(String covers, Function<Step, Mono<R>> operation) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> operation.apply(AT_ONCE))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> operation.apply(ParallelSubjects::failing))
                .cannotBeEmpty("completes with a result")
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          operation.apply(item -> gate.asMono()), () -> gate.tryEmitValue(1L));
                    })));
  }

  private <R> void neverFails(String covers, Mono<R> operation) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> operation)
                .fanOut(FanOut.MULTICAST)
                .cannotFail("failures are part of its result")
                .cannotBeEmpty("completes with a result")));
  }

  /** An operation on an array whose code reads its items through a getter that may throw. */
  private <R> void computed(String covers, Function<Getter, Mono<R>> operation) {
    subjects.add(
        new Subject(
            covers,
            PublisherConformance.single(covers, () -> operation.apply(item -> item))
                .fanOut(FanOut.MULTICAST)
                .failing(() -> operation.apply(ParallelSubjects::thrown))
                .cannotBeEmpty("completes with a result")));
  }

  private interface Getter extends Function<Long, Long> {}

  private static Long thrown(Long item) {
    throw new IllegalStateException("failed at " + item);
  }

  private void computations() {
    ParallelArray<Long> array = ParallelArray.of(ITEMS);
    subjects.add(
        new Subject(
            "ParallelArray.asFlux()",
            PublisherConformance.of(
                    "ParallelArray.asFlux()",
                    n -> ParallelArray.of(Longs.upTo(n).collectList().block()).asFlux())
                .atMost(1000)
                .fanOut(FanOut.MULTICAST)
                .cannotFail("an array has nothing that could fail")));
    computed("ParallelArray.map(Function)", array::map);
    computed("ParallelArray.filter(Predicate)", get -> array.filter(i -> get.apply(i) > 0));
    computed("ParallelArray.flatMap(Function)", g -> array.flatMap(i -> List.of(g.apply(i))));
    computed("ParallelArray.count(Predicate)", get -> array.count(i -> get.apply(i) > 0));
    computed(
        "ParallelArray.reduce(BiFunction, Object)",
        get -> array.reduce((sum, item) -> sum + get.apply(item), 0L));
    computed(
        "ParallelArray.reduceParallel(Object, BiFunction, BinaryOperator)",
        get -> array.reduceParallel(0L, (sum, item) -> sum + get.apply(item), Long::sum));
    computed(
        "ParallelArray.collect(Collector)",
        get -> array.collect(Collectors.summingLong(get::apply)));
    computed(
        "ParallelArray.sorted(Comparator)",
        get -> array.sorted((a, b) -> Long.compare(get.apply(a), get.apply(b))));
    neverFails("ParallelArray.sorted()", array.sorted());
    computed("ParallelArray.groupBy(Function)", array::groupBy);
    computed("ParallelArray.anyMatch(Predicate)", get -> array.anyMatch(i -> get.apply(i) > 0));
    computed("ParallelArray.allMatch(Predicate)", get -> array.allMatch(i -> get.apply(i) > 0));
    computed("ParallelArray.noneMatch(Predicate)", get -> array.noneMatch(i -> get.apply(i) > 0));
    computed("ParallelArray.findFirst(Predicate)", get -> array.findFirst(i -> get.apply(i) > 0));
    subjects.add(
        new Subject(
            "ParallelArray.forEach(Consumer)",
            PublisherConformance.completion(
                    "ParallelArray.forEach(Consumer)", () -> array.forEach(item -> {}))
                .fanOut(FanOut.MULTICAST)
                .failing(() -> array.forEach(ParallelSubjects::thrown))));
  }

  private void asynchronousComputations() {
    ParallelArray<Long> array = ParallelArray.of(ITEMS);
    one("ParallelArray.mapAsync(Function)", array::mapAsync);
    one("ParallelArray.flatMapAsync(Function)", array::flatMapAsync);
    one(
        "ParallelArray.filterAsync(Function)",
        s -> array.filterAsync(i -> s.apply(i).hasElement()));
    one(
        "ParallelArray.reduceAsync(BiFunction, Object)",
        step -> array.reduceAsync((sum, item) -> step.apply(item).map(i -> sum + i), 0L));
    one(
        "ParallelArray.anyMatchAsync(Function)",
        s -> array.anyMatchAsync(i -> s.apply(i).hasElement()));
    one(
        "ParallelArray.allMatchAsync(Function)",
        s -> array.allMatchAsync(i -> s.apply(i).hasElement()));
    one(
        "ParallelArray.noneMatchAsync(Function)",
        s -> array.noneMatchAsync(i -> s.apply(i).hasElement()));
    one(
        "ParallelArray.findFirstAsync(Function)",
        s -> array.findFirstAsync(i -> s.apply(i).hasElement()));
    subjects.add(
        new Subject(
            "ParallelArray.forEachAsync(Function)",
            PublisherConformance.completion(
                    "ParallelArray.forEachAsync(Function)", () -> array.forEachAsync(AT_ONCE))
                .fanOut(FanOut.MULTICAST)
                .failing(() -> array.forEachAsync(ParallelSubjects::failing))));
  }
}
