package dev.velox.tck.conformance;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.Behavior;
import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** What the package {@code actor} offers. */
final class ActorSubjects {

  private static final Duration LONG = Duration.ofMinutes(1);

  private ActorSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Actor.send(Object)", sending("Actor.send", actor -> actor.send(1L))),
        new Subject("Actor.tell(Object)", sending("Actor.tell", actor -> actor.tell(1L))),
        new Subject(
            "Actor.sendAll(Publisher)",
            PublisherConformance.single(
                    "Actor.sendAll", () -> counting(1024).sendAll(Longs.upTo(3)))
                .fanOut(FanOut.MULTICAST)
                .failingOnDemand(() -> stopped().sendAll(Longs.upTo(3)))
                .cannotBeEmpty("completes with how many were accepted")
                .waiting(
                    () -> {
                      Sinks.One<Long> gate = Sinks.one();
                      return new Waiting<>(
                          busy(gate).sendAll(Mono.just(1L)), () -> gate.tryEmitValue(1L));
                    })),
        new Subject(
            "Actor.ask(Function)", asking("Actor.ask", actor -> actor.<Long>ask(reply -> reply))),
        new Subject(
            "Actor.ask(Function, Duration)",
            asking("Actor.ask(timeout)", actor -> actor.<Long>ask(reply -> reply, LONG))),
        new Subject(
            "Actor.terminated()",
            PublisherConformance.single("Actor.terminated", () -> stopped().terminated())
                .fanOut(FanOut.MULTICAST)
                .cannotFail("tells how it ended, whatever that was")
                .cannotBeEmpty("completes with how it ended")
                .waiting(
                    () -> {
                      Actor<Long> actor = counting(16);
                      return new Waiting<>(actor.terminated(), actor::stop);
                    })),
        new Subject(
            "Behavior.handle(Object, Object)",
            PublisherConformance.single(
                    "Behavior.sync", () -> Behavior.sync(Long::sum).handle(1L, 2L))
                .fanOut(FanOut.MULTICAST)
                .cannotFail("what the function throws is thrown")
                .cannotBeEmpty("a plain function has a result")),
        new Subject(
            "StatefulActor.states()",
            PublisherConformance.of("StatefulActor.states", ActorSubjects::states)
                .fanOut(FanOut.MULTICAST)
                .cannotFail("the actor's failures are not those of its states")));
  }

  private static StatefulActor<Long, Long> counting(int mailbox) {
    return Actor.builder(0L, Behavior.sync(Long::sum))
        .mailbox(mailbox)
        .scheduler(Schedulers.immediate())
        .build();
  }

  private static Actor<Long> stopped() {
    Actor<Long> actor = counting(16);
    actor.stop();
    return actor;
  }

  /** One that handles a message until a gate opens, and has no room for another. */
  private static Actor<Long> busy(Sinks.One<Long> gate) {
    Actor<Long> actor =
        Actor.builder(0L, (Long state, Long message) -> gate.asMono())
            .mailbox(1)
            .scheduler(Schedulers.immediate())
            .build();
    actor.trySend(1L);
    actor.trySend(2L);
    return actor;
  }

  private static PublisherConformance<Void> sending(
      String name, Function<Actor<Long>, Mono<Void>> send) {
    return PublisherConformance.completion(name, () -> send.apply(counting(1024)))
        .fanOut(FanOut.COMPETING)
        .failing(() -> send.apply(stopped()))
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              return new Waiting<>(send.apply(busy(gate)), () -> gate.tryEmitValue(1L));
            });
  }

  private static PublisherConformance<Long> asking(
      String name, Function<Actor<Reply<Long>>, Mono<Long>> ask) {
    return PublisherConformance.single(name, () -> ask.apply(answering(Mono.empty())))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(
            () -> ask.apply(answering(Mono.error(new IllegalStateException("failed")))))
        .cannotBeEmpty("completes with the answer")
        .waiting(
            () -> {
              Sinks.One<Long> gate = Sinks.one();
              return new Waiting<>(
                  ask.apply(answering(gate.asMono())), () -> gate.tryEmitValue(1L));
            });
  }

  /** One that answers when something has completed. */
  private static Actor<Reply<Long>> answering(Mono<Long> first) {
    return Actor.builder(
            0L,
            (Long state, Reply<Long> reply) ->
                first.then(Mono.<Long>fromRunnable(() -> reply.success(1L))).thenReturn(state))
        .scheduler(Schedulers.immediate())
        .build();
  }

  /** Each subscriber has an actor of its own, which gets a message when its state was seen. */
  private static Flux<Long> states(long count) {
    return Flux.defer(
        () -> {
          StatefulActor<Long, Long> actor = counting(16);
          return actor.states().doOnNext(seen -> actor.trySend(1L)).take(count);
        });
  }
}
