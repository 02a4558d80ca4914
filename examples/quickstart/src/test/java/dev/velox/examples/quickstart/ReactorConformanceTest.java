package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.RuleResult;
import dev.velox.tck.RuleResult.Outcome;
import dev.velox.tck.Waiting;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** How anyone tests a publisher with velox-tck, shown on some of reactor-core's own. */
class ReactorConformanceTest {

  @TestFactory
  Stream<DynamicNode> a_flux() {
    return PublisherConformance.of("Flux.generate", ReactorConformanceTest::longs)
        .fanOut(FanOut.MULTICAST)
        .failing(() -> Flux.error(new IllegalStateException("failed")))
        .tests();
  }

  @TestFactory
  Stream<DynamicNode> an_operator() {
    return PublisherConformance.of(
            "flatMapSequential",
            n -> longs(n).flatMapSequential(i -> Mono.just(i).subscribeOn(Schedulers.parallel())))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> longs(3).flatMapSequential(i -> Mono.error(new IllegalStateException("no"))))
        .tests();
  }

  @TestFactory
  Stream<DynamicNode> an_endless_flux() {
    return PublisherConformance.endless("Flux.repeat", () -> Mono.just(1L).repeat())
        .fanOut(FanOut.MULTICAST)
        .cannotFail("a constant, again and again")
        .tests();
  }

  @TestFactory
  Stream<DynamicNode> a_sink_of_one_element_and_its_waiting_subscribers() {
    return PublisherConformance.single("Sinks.one", () -> one(1L).asMono())
        .fanOut(FanOut.MULTICAST)
        .failing(
            () -> {
              Sinks.One<Long> sink = Sinks.one();
              sink.tryEmitError(new IllegalStateException("failed"));
              return sink.asMono();
            })
        .empty(
            () -> {
              Sinks.One<Long> sink = Sinks.one();
              sink.tryEmitEmpty();
              return sink.asMono();
            })
        .waiting(
            () -> {
              Sinks.One<Long> sink = Sinks.one();
              return new Waiting<>(sink.asMono(), () -> sink.tryEmitValue(1L));
            })
        .tests();
  }

  /** What it looks like when a rule fails: Reactor's unicast sink keeps who cancelled. */
  @Test
  void the_unicast_sink_keeps_a_cancelled_subscriber() {
    List<RuleResult> results =
        PublisherConformance.of("Sinks.unicast", ReactorConformanceTest::unicast)
            .fanOut(FanOut.UNICAST)
            .failing(() -> Flux.error(new IllegalStateException("failed")))
            .atMost(1000)
            .check(rule -> rule.section().equals("§3.13"))
            .stream()
            .filter(result -> result.outcome() != Outcome.NOT_APPLICABLE)
            .toList();

    assertThat(results).hasSize(1);
    RuleResult result = results.get(0);
    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.rule().displayName())
        .startsWith("§3.13 cancel must make the publisher eventually drop all references");
    assertThat(result.reason()).contains("did not drop reference to test subscriber");
  }

  private static Flux<Long> longs(long count) {
    return Flux.generate(
        () -> 0L,
        (next, sink) -> {
          if (next < count) {
            sink.next(next);
          } else {
            sink.complete();
          }
          return next + 1;
        });
  }

  private static Sinks.One<Long> one(long element) {
    Sinks.One<Long> sink = Sinks.one();
    sink.tryEmitValue(element);
    return sink;
  }

  /** Fed from a scheduler once it has its subscriber. */
  private static Flux<Long> unicast(long count) {
    Sinks.Many<Long> sink = Sinks.many().unicast().onBackpressureBuffer();
    AtomicBoolean fed = new AtomicBoolean();
    return sink.asFlux()
        .doOnRequest(
            first -> {
              if (fed.compareAndSet(false, true)) {
                longs(count)
                    .subscribeOn(Schedulers.boundedElastic())
                    .subscribe(sink::tryEmitNext, failure -> {}, sink::tryEmitComplete);
              }
            });
  }
}
