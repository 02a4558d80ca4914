package dev.velox.reactor.parallel;

import dev.velox.reactor.testing.ConstructContract;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ParallelContractTest extends ConstructContract {

  @Override
  protected void construct() {
    List<Integer> items = List.of(1, 2, 3);
    publisher("processBatch", () -> Parallel.processBatch(items, Mono::just));
    publisher(
        "processBatch of a map",
        () -> Parallel.processBatch(Map.of("a", 1), (key, value) -> Mono.just(value)));
    publisher(
        "processWithConcurrency", () -> Parallel.processWithConcurrency(items, Mono::just, 2));
    publisher("unordered", () -> Parallel.unordered(items, Mono::just, 2));
    publisher("allSettled", () -> Parallel.allSettled(items, Mono::just));
    publisher("map", () -> Flux.just(1).transform(Parallel.map(2, Mono::just)));
    publisher("mapUnordered", () -> Flux.just(1).transform(Parallel.mapUnordered(2, Mono::just)));
    publisher("settle", () -> Flux.just(1).transform(Parallel.settle(2, Mono::just)));
    publisher(
        "settleUnordered",
        () ->
            Flux.just(1).transform(Parallel.withConcurrency(2).settleUnordered(i -> Mono.just(i))));
    publisher(
        "mapUnordered, collecting errors",
        () ->
            Flux.just(1)
                .transform(
                    Parallel.withConcurrency(2).collectErrors().mapUnordered(i -> Mono.just(i))));

    ParallelArray<Integer> array = ParallelArray.of(items);
    publisher("array.map", () -> array.map(i -> i));
    publisher("array.filter", () -> array.filter(i -> true));
    publisher("array.flatMap", () -> array.flatMap(List::of));
    publisher("array.forEach", () -> array.forEach(i -> {}));
    publisher("array.count", () -> array.count(i -> true));
    publisher("array.reduce", () -> array.reduce(Integer::sum, 0));
    publisher("array.reduceParallel", () -> array.reduceParallel(0, Integer::sum, Integer::sum));
    publisher("array.collect", () -> array.collect(Collectors.toList()));
    publisher("array.sorted", array::sorted);
    publisher("array.groupBy", () -> array.groupBy(i -> i));
    publisher("array.anyMatch", () -> array.anyMatch(i -> true));
    publisher("array.findFirst", () -> array.findFirst(i -> true));
    publisher("array.mapAsync", () -> array.mapAsync(Mono::just));
    publisher("array.filterAsync", () -> array.filterAsync(i -> Mono.just(true)));
    publisher("array.reduceAsync", () -> array.reduceAsync((a, b) -> Mono.just(a), 0));
    publisher("array.findFirstAsync", () -> array.findFirstAsync(i -> Mono.just(true)));
    publisher("array.asFlux", array::asFlux);

    badArgument(
        "concurrency 0",
        IllegalArgumentException.class,
        () -> Parallel.map(0, Mono::just),
        "concurrency",
        "0");
    badArgument(
        "negative look-ahead",
        IllegalArgumentException.class,
        () -> Parallel.map(1, -3, Mono::just),
        "lookAhead",
        "-3");
    badArgument(
        "null processor",
        NullPointerException.class,
        () -> Parallel.withConcurrency(1).map(null),
        "processor");
    badArgument(
        "null item", NullPointerException.class, () -> ParallelArray.of(1, null), "items[1]");
  }
}
