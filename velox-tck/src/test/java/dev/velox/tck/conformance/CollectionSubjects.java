package dev.velox.tck.conformance;

import static dev.velox.tck.conformance.ChannelSubjects.closed;
import static dev.velox.tck.conformance.ChannelSubjects.element;
import static dev.velox.tck.conformance.ChannelSubjects.elements;
import static dev.velox.tck.conformance.ChannelSubjects.failed;
import static dev.velox.tck.conformance.ChannelSubjects.fed;
import static dev.velox.tck.conformance.ChannelSubjects.sending;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.collection.Change;
import dev.velox.reactor.collection.ConcurrentMap;
import dev.velox.reactor.collection.ConcurrentQueue;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code collection} offers, and the channel's operations that came with it. */
final class CollectionSubjects {

  private static final Duration LONG = Duration.ofMinutes(1);

  private CollectionSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject(
            "Channel.receiveBetween(int, int)",
            element("Channel.receiveBetween", channel -> channel.receiveBetween(1, 3))),
        new Subject(
            "ConcurrentQueue", elements("ConcurrentQueue", channel -> Flux.from(queue(channel)))),
        new Subject(
            "ConcurrentQueue.asFlux()",
            elements("ConcurrentQueue.asFlux", channel -> queue(channel).asFlux())),
        new Subject(
            "ConcurrentQueue.dequeue()",
            element("ConcurrentQueue.dequeue", channel -> queue(channel).dequeue())),
        new Subject(
            "ConcurrentQueue.dequeue(Duration)",
            element("ConcurrentQueue.dequeue(timeout)", channel -> queue(channel).dequeue(LONG))),
        new Subject(
            "ConcurrentQueue.takeBetween(int, int)",
            element("ConcurrentQueue.takeBetween", channel -> queue(channel).takeBetween(1, 3))),
        new Subject(
            "ConcurrentQueue.takeUpTo(int)",
            PublisherConformance.single(
                    "ConcurrentQueue.takeUpTo", () -> queue(fed(100)).takeUpTo(3))
                .fanOut(FanOut.COMPETING)
                .failingOnDemand(() -> queue(failed()).takeUpTo(3))
                .empty(() -> queue(closed()).takeUpTo(3))),
        new Subject(
            "ConcurrentQueue.enqueue(Object)",
            sending("ConcurrentQueue.enqueue", channel -> queue(channel).enqueue(1L))),
        new Subject(
            "ConcurrentQueue.enqueue(Object, Duration)",
            sending(
                "ConcurrentQueue.enqueue(timeout)", channel -> queue(channel).enqueue(1L, LONG))),
        new Subject(
            "ConcurrentQueue.enqueueAll(Publisher)",
            PublisherConformance.single(
                    "ConcurrentQueue.enqueueAll",
                    () -> ConcurrentQueue.<Long>unbounded().enqueueAll(Longs.upTo(3)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> queue(closed()).enqueueAll(Longs.upTo(3)))
                .cannotBeEmpty("completes with how many were accepted")),
        new Subject(
            "ConcurrentQueue.onDrained()",
            PublisherConformance.completion(
                    "ConcurrentQueue.onDrained", () -> queue(closed()).onDrained())
                .fanOut(FanOut.MULTICAST)
                .cannotFail("tells the end, whatever its cause")
                .waiting(
                    () -> {
                      ConcurrentQueue<Long> open = ConcurrentQueue.bounded(1);
                      return new Waiting<>(open.onDrained(), open::shutdown);
                    })),
        new Subject(
            "ConcurrentMap.get(Object)",
            PublisherConformance.single("ConcurrentMap.get", () -> holding(1).get(0L))
                .fanOut(FanOut.MULTICAST)
                .cannotFail("a read has nothing that could fail")
                .empty(() -> holding(0).get(0L))),
        new Subject(
            "ConcurrentMap.set(Object, Object)",
            PublisherConformance.completion("ConcurrentMap.set", () -> holding(0).set(0L, 1L))
                .fanOut(FanOut.MULTICAST)
                .cannotFail("a write has nothing that could fail")
                .waiting(() -> inTurn(map -> map.set(0L, 1L)))),
        new Subject(
            "ConcurrentMap.delete(Object)",
            PublisherConformance.single("ConcurrentMap.delete", () -> holding(1).delete(0L))
                .fanOut(FanOut.COMPETING)
                .cannotFail("a write has nothing that could fail")
                .cannotBeEmpty("completes with whether there was a value")
                .waiting(() -> inTurn(map -> map.delete(0L)))),
        new Subject(
            "ConcurrentMap.compute(Object, BiFunction)",
            PublisherConformance.single(
                    "ConcurrentMap.compute",
                    () -> holding(1).compute(0L, (key, value) -> Mono.just(7L)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(
                    () -> holding(1).compute(0L, (key, value) -> Mono.error(failure())))
                .empty(() -> holding(1).compute(0L, (key, value) -> Mono.empty()))
                .waiting(() -> inTurn(map -> map.compute(0L, (k, v) -> Mono.just(2L))))),
        new Subject(
            "ConcurrentMap.update(Object, UnaryOperator)",
            PublisherConformance.single(
                    "ConcurrentMap.update", () -> holding(1).update(0L, value -> 7L))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(
                    () ->
                        holding(1)
                            .update(
                                0L,
                                value -> {
                                  throw failure();
                                }))
                .empty(() -> holding(0).update(0L, value -> value))
                .waiting(() -> inTurn(map -> map.update(0L, value -> value)))),
        new Subject(
            "ConcurrentMap.getOrLoad(Object, Function)",
            PublisherConformance.single(
                    "ConcurrentMap.getOrLoad", () -> holding(0).getOrLoad(0L, Mono::just))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> holding(0).getOrLoad(0L, key -> Mono.error(failure())))
                .empty(() -> holding(0).getOrLoad(0L, key -> Mono.empty()))
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          holding(0).getOrLoad(0L, key -> gate.asMono()),
                          () -> gate.tryEmitValue(1L));
                    })),
        new Subject(
            "ConcurrentMap.entries()",
            PublisherConformance.<Map.Entry<Long, Long>>of(
                    "ConcurrentMap.entries", n -> holding(n).entries())
                .atMost(10_000)
                .fanOut(FanOut.MULTICAST)
                .cannotFail("a read has nothing that could fail")),
        new Subject(
            "ConcurrentMap.changes()", changes("ConcurrentMap.changes", ConcurrentMap::changes)),
        new Subject(
            "ConcurrentMap.changes(SlowSubscriber, int)",
            changes(
                "ConcurrentMap.changes(policy)",
                map -> map.changes(SlowSubscriber.DROP_OLDEST, 1_000_000))));
  }

  private static IllegalStateException failure() {
    return new IllegalStateException("failed");
  }

  private static ConcurrentQueue<Long> queue(Channel<Long> channel) {
    return ConcurrentQueue.on(channel);
  }

  private static ConcurrentMap<Long, Long> holding(long count) {
    ConcurrentMap<Long, Long> map = ConcurrentMap.create();
    for (long key = 0; key < count; key++) {
      map.set(key, key).subscribe();
    }
    return map;
  }

  /** An operation of a key of which another one has the turn. */
  private static <T> Waiting<T> inTurn(Function<ConcurrentMap<Long, Long>, Mono<T>> operation) {
    ConcurrentMap<Long, Long> map = holding(1);
    Sinks.One<Long> gate = Sinks.one();
    map.compute(0L, (key, value) -> gate.asMono()).subscribe();
    return new Waiting<>(operation.apply(map), () -> gate.tryEmitValue(1L));
  }

  /** A map of its own for each subscriber, of which keys are written as they are asked for. */
  private static PublisherConformance<Change<Long, Long>> changes(
      String name, Function<ConcurrentMap<Long, Long>, Flux<Change<Long, Long>>> view) {
    return PublisherConformance.<Change<Long, Long>>of(name, n -> written(n, view))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("it fails a reader that does not keep up, and only that");
  }

  private static Publisher<Change<Long, Long>> written(
      long count, Function<ConcurrentMap<Long, Long>, Flux<Change<Long, Long>>> view) {
    return subscriber -> {
      ConcurrentMap<Long, Long> map = ConcurrentMap.create();
      AtomicLong due = new AtomicLong();
      AtomicBoolean looking = new AtomicBoolean();
      Runnable write =
          () -> {
            // What is asked for in its onSubscribe is written when it looks.
            for (long i = looking.get() ? due.getAndSet(0) : 0; i > 0; i--) {
              map.set((long) map.size(), 0L).subscribe();
            }
          };
      view.apply(map)
          .doOnRequest(
              asked -> {
                due.addAndGet(asked);
                write.run();
              })
          .limitRate(32, 0)
          .take(count)
          .subscribe(subscriber);
      looking.set(true);
      write.run();
    };
  }
}
