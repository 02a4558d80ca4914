package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.tck.RuleResult.Outcome;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class PublisherConformanceTest {

  private static PublisherConformance<Long> published() {
    return PublisherConformance.of("Flux.publishOn", n -> longs(n).publishOn(Schedulers.parallel()))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> Flux.<Long>error(new IllegalStateException("failed")));
  }

  private static Flux<Long> longs(long n) {
    return Flux.generate(
        () -> 0L,
        (next, sink) -> {
          if (next < n) {
            sink.next(next);
          } else {
            sink.complete();
          }
          return next + 1;
        });
  }

  @TestFactory
  Stream<DynamicNode> a_flux_on_another_thread_follows_every_rule() {
    return published().tests();
  }

  @TestFactory
  Stream<DynamicNode> a_mono_follows_every_rule() {
    return PublisherConformance.single("Mono.just", () -> Mono.just(1))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> Mono.<Integer>error(new IllegalStateException("failed")))
        .empty(Mono::empty)
        .tests();
  }

  @AfterAll
  static void the_rules_were_really_run() {
    assertThat(passedOf("Flux.publishOn")).hasSizeGreaterThanOrEqualTo(31);
    assertThat(passedOf("Mono.just")).hasSizeGreaterThanOrEqualTo(12);
  }

  private static List<RuleResult> passedOf(String subject) {
    return ConformanceReport.results().stream()
        .filter(result -> result.subject().equals(subject))
        .filter(result -> result.outcome() == Outcome.PASSED)
        .toList();
  }

  @Test
  void every_check_of_the_official_kit_applies_to_a_publisher_that_can_do_everything() {
    assertThat(published().rules())
        .filteredOn(rule -> rule.origin() == Rule.Origin.TCK)
        .hasSize(31);
  }

  @Test
  void what_is_not_declared_is_an_error() {
    assertThatThrownBy(() -> PublisherConformance.of("vague", n -> Flux.just(n)).tests())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("vague leaves open: fanOut, failing or cannotFail");
  }
}
