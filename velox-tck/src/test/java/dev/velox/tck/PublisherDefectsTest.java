package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.Numbers.Defect;
import dev.velox.tck.RuleResult.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The kit turned on itself: each defect is planted, and must be caught by the rule it breaks. */
class PublisherDefectsTest {

  private static final Timing HASTY =
      new Timing(Duration.ofMillis(150), Duration.ofMillis(20), Duration.ofSeconds(10));

  // For a thread that may be held up before it does what it should not.
  private static final Timing PATIENT =
      new Timing(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(30));

  private static PublisherConformance<Long> numbers(Defect defect) {
    boolean ofSecondSubscribers =
        defect.caughtBy.equals(Defect.SERVES_A_SECOND_SUBSCRIBER.caughtBy);
    PublisherConformance<Long> numbers =
        ofSecondSubscribers
            ? PublisherConformance.of("numbers", n -> Numbers.unicast(n, defect))
            : PublisherConformance.of("numbers", n -> Numbers.upTo(n, defect));
    return numbers
        .fanOut(ofSecondSubscribers ? FanOut.UNICAST : FanOut.MULTICAST)
        .failing(() -> Numbers.failed(defect))
        .promoteOptionalRules()
        .unreported()
        .timing(defect == Defect.FLOWS_ON_AFTER_CANCEL ? PATIENT : HASTY);
  }

  @TestFactory
  Stream<DynamicNode> without_a_defect_every_rule_is_followed() {
    return numbers(Defect.NONE).timing(Timing.DEFAULT).tests();
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void a_defect_is_caught_by_the_rule_it_breaks(Defect defect) {
    List<RuleResult> results = numbers(defect).check(rule -> rule.id().equals(defect.caughtBy));

    assertThat(results).extracting(RuleResult::outcome).containsExactly(Outcome.FAILED);
  }
}
