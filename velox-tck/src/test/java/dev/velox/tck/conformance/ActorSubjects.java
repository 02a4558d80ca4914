package dev.velox.tck.conformance;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorGroup;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.ReplyStream;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.reactor.actor.Termination;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.SubscriberConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What the package {@code actor} offers. */
final class ActorSubjects {

  private static final Duration LONG = Duration.ofHours(1);

  private ActorSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Actor.send(Object)", sending("Actor.send", Actor::send)),
        new Subject("Actor.tell(Object)", sending("Actor.tell", Actor::tell)),
        new Subject("Actor.sendAll(Publisher)", sendingAll()),
        new Subject("Actor.asSubscriber()", subscriber()),
        new Subject("StatefulActor.states()", states()),
        new Subject("Actor.ask(Function)", asking("Actor.ask", actor -> actor.ask(r -> r))),
        new Subject(
            "Actor.ask(Function, Duration)",
            asking("Actor.ask within", actor -> actor.ask(r -> r, LONG))),
        new Subject("Actor.askMany(Function)", askingMany()),
        new Subject("Actor.stop()", ending("Actor.stop", Actor::stop)),
        new Subject(
            "Actor.stop(Duration)", ending("Actor.stop with grace", actor -> actor.stop(LONG))),
        new Subject("Actor.stopNow()", ending("Actor.stopNow", Actor::stopNow)),
        new Subject("Actor.kill()", killing()),
        new Subject(
            "Actor.terminated()",
            ending(
                "Actor.terminated",
                actor -> {
                  actor.dispose();
                  return actor.terminated();
                })),
        new Subject("ActorSystem.shutdown()", closing("shutdown", ActorSystem::shutdown)),
        new Subject(
            "ActorSystem.shutdown(Duration)",
            closing("shutdown with grace", system -> system.shutdown(LONG))),
        new Subject("ActorGroup.stop()", stoppingGroup("stop", ActorGroup::stop)),
        new Subject(
            "ActorGroup.stop(Duration)",
            stoppingGroup("stop with grace", group -> group.stop(LONG))),
        new Subject("ActorGroup.stopNow()", stoppingGroup("stopNow", ActorGroup::stopNow)),
        new Subject(
            "ActorGroup.terminated()",
            stoppingGroup(
                "terminated",
                group -> {
                  group.dispose();
                  return group.terminated();
                })));
  }

  private static StatefulActor<Long, Long> sum() {
    return Actor.of(0L, Behavior.sync(Long::sum));
  }

  private static <A extends Actor<?>> A gone(A actor) {
    actor.kill().block();
    return actor;
  }

  private static PublisherConformance<Void> sending(
      String name, BiFunction<Actor<Long>, Long, Mono<Void>> send) {
    return PublisherConformance.completion(name, () -> send.apply(sum(), 1L))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> send.apply(gone(sum()), 1L))
        .waiting(
            () -> {
              Full full = new Full();
              return new Waiting<>(send.apply(full.actor, 2L), full::open);
            });
  }

  private static PublisherConformance<Long> sendingAll() {
    return PublisherConformance.single("Actor.sendAll", () -> sum().sendAll(Longs.upTo(3)))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(() -> gone(sum()).sendAll(Longs.upTo(3)))
        .cannotBeEmpty("completes with how many were sent")
        .waiting(
            () -> {
              Full full = new Full();
              return new Waiting<>(full.actor.sendAll(Mono.just(2L)), full::open);
            });
  }

  private static SubscriberConformance<Integer> subscriber() {
    return SubscriberConformance.of("Actor.asSubscriber", Told::new, n -> n);
  }

  /** An actor's subscriber, which asks by itself; what arrives is what the actor handles. */
  private static final class Told extends ProbedSubscriber {

    Told(WhiteboxSubscriberProbe<Integer> probe) {
      super(telling(probe).asSubscriber(), probe);
    }

    private static Actor<Integer> telling(WhiteboxSubscriberProbe<Integer> probe) {
      return Actor.of(
          0,
          Behavior.sync(
              (state, element) -> {
                probe.registerOnNext(element);
                return element;
              }));
    }

    @Override
    public void triggerRequest(long elements) {
      // It has asked, or does when the last message is accepted.
    }

    @Override
    public void onError(Throwable failure) {
      super.onError(failure);
      probe.registerOnError(failure);
    }

    @Override
    public void onComplete() {
      super.onComplete();
      probe.registerOnComplete();
    }
  }

  /** Takes its next step when the last one was seen, so that nobody can be too slow for it. */
  private static PublisherConformance<Long> states() {
    return PublisherConformance.of("StatefulActor.states", ActorSubjects::counting)
        .fanOut(FanOut.COMPETING)
        .cannotFail("tells the states up to the end, whatever its cause")
        .cannotBeEmpty("begins with the state that it has")
        .waiting(
            () -> {
              StatefulActor<Long, Long> silent = sum();
              return new Waiting<>(silent.states().skip(1), () -> silent.trySend(1L));
            });
  }

  private static Flux<Long> counting(long count) {
    StatefulActor<Long, Long> sum = sum();
    return sum.states()
        .doOnNext(
            state -> {
              if (state + 1 < count) {
                sum.trySend(1L);
              } else {
                sum.dispose();
              }
            });
  }

  /** An actor that is busy, and whose mailbox is full. */
  private static final class Full {
    private final Sinks.One<Long> gate = Sinks.one();
    private final StatefulActor<Long, Long> actor =
        Actor.builder(0L, (Long state, Long n) -> gate.asMono()).mailbox(1).build();

    Full() {
      actor.send(0L).then(actor.send(1L)).block(); // the second has room once the first is taken
    }

    void open() {
      gate.tryEmitValue(1L);
    }
  }

  private static StatefulActor<Long, Reply<Long>> answering(
      Function<Reply<Long>, Mono<Long>> answer) {
    return Actor.of(0L, (Long state, Reply<Long> reply) -> answer.apply(reply));
  }

  private static PublisherConformance<Long> asking(
      String name, Function<Actor<Reply<Long>>, Mono<Long>> ask) {
    return PublisherConformance.single(
            name,
            () ->
                ask.apply(
                    answering(
                        reply -> {
                          reply.reply(1L);
                          return Mono.empty();
                        })))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(
            () -> ask.apply(answering(reply -> Mono.error(new IllegalStateException("failed")))))
        .empty(
            () ->
                ask.apply(
                    answering(
                        reply -> {
                          reply.empty();
                          return Mono.empty();
                        })))
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              return new Waiting<>(
                  ask.apply(answering(reply -> gate.asMono().doOnNext(reply::reply))),
                  () -> gate.tryEmitValue(1L));
            });
  }

  private static PublisherConformance<Long> askingMany() {
    return PublisherConformance.of("Actor.askMany", n -> streaming(n, Mono.empty()))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> gone(streamer(1, Mono.empty())).askMany(stream -> stream))
        .waiting(
            () -> {
              Sinks.Empty<Void> gate = Sinks.empty();
              return new Waiting<>(streaming(1, gate.asMono()), gate::tryEmitEmpty);
            });
  }

  private static Flux<Long> streaming(long count, Mono<Void> begin) {
    return streamer(count, begin).askMany(stream -> stream);
  }

  private static StatefulActor<Long, ReplyStream<Long>> streamer(long count, Mono<Void> begin) {
    return Actor.of(
        0L,
        (Long state, ReplyStream<Long> stream) ->
            begin
                .thenMany(Longs.upTo(count))
                .concatMap(stream::next)
                .then(
                    Mono.fromSupplier(
                        () -> {
                          stream.complete();
                          return state;
                        })));
  }

  private static PublisherConformance<Termination> ending(
      String name, Function<Actor<Long>, Mono<Termination>> end) {
    return PublisherConformance.single(name, () -> end.apply(sum()))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("tells the end, whatever its cause")
        .cannotBeEmpty("completes with how it ended")
        .waiting(
            () -> {
              Full full = new Full();
              return new Waiting<>(end.apply(full.actor), full::open);
            });
  }

  private static PublisherConformance<Termination> killing() {
    return PublisherConformance.single("Actor.kill", () -> sum().kill())
        .fanOut(FanOut.MULTICAST)
        .cannotFail("tells the end, whatever its cause")
        .cannotBeEmpty("completes with how it ended");
  }

  private static PublisherConformance<Void> closing(
      String name, Function<ActorSystem, Mono<Void>> close) {
    return PublisherConformance.completion(
            "ActorSystem." + name, () -> close.apply(ActorSystem.create("s")))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("tells the end, whatever its cause")
        .waiting(
            () -> {
              ActorSystem system = ActorSystem.create("s");
              Sinks.One<Long> gate = Sinks.one();
              system.spawn(Actor.builder(0L, (Long state, Long n) -> gate.asMono())).trySend(1L);
              return new Waiting<>(close.apply(system), () -> gate.tryEmitValue(1L));
            });
  }

  private static PublisherConformance<Void> stoppingGroup(
      String name, Function<ActorGroup<String, Long>, Mono<Void>> stop) {
    return PublisherConformance.completion(
            "ActorGroup." + name,
            () ->
                stop.apply(
                    ActorGroup.byKey((String key) -> Actor.builder(0L, Behavior.sync(Long::sum)))))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("tells the end, whatever its cause")
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              ActorGroup<String, Long> group =
                  ActorGroup.byKey(
                      (String key) ->
                          Actor.builder(0L, (Long state, Long n) -> gate.asMono()).mailbox(1));
              // The second has room once the first is at hand.
              group.actor("k").send(1L).then(group.actor("k").send(1L)).block();
              return new Waiting<>(stop.apply(group), () -> gate.tryEmitValue(1L));
            });
  }
}
