package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.Numbers.Defect;
import dev.velox.tck.RuleResult.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** Defects of publishers of one element, for which the official kit would skip 26 of 38 checks. */
class SingleDefectsTest {

  private static final Timing HASTY =
      new Timing(Duration.ofMillis(150), Duration.ofMillis(20), Duration.ofSeconds(10));

  private static PublisherConformance<Long> number(Defect defect) {
    return PublisherConformance.single("a number", () -> Numbers.upTo(1, defect))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> Numbers.failed(defect))
        .empty(() -> Numbers.upTo(0, defect))
        .waiting(() -> new Gate(GateDefect.NONE).waiting())
        .promoteOptionalRules()
        .unreported();
  }

  @TestFactory
  Stream<DynamicNode> without_a_defect_every_rule_is_followed() {
    return number(Defect.NONE).tests();
  }

  @ParameterizedTest
  @CsvSource({
    "SIGNALS_UNREQUESTED, required_spec101_noElementComesUnrequestedAndNoMoreThanOneIfRequested",
    "COMPLETES_ONLY_WHEN_ALL_THAT_IS_REQUESTED_CAME,"
        + " required_spec102_mayCompleteWithLessThanRequested",
    "COMPLETES_TWICE, stochastic_spec103_signalsComeOneAfterTheOther",
    "NEVER_COMPLETES, required_spec105_completesOnceItsElementIsTaken",
    "GIVES_EACH_SUBSCRIBER_OTHER_ELEMENTS, optional_spec111_allSubscribersGetTheSameElement",
    "REFUSES_REQUESTS_FROM_ON_NEXT, required_spec302_mayBeRequestedFromOnSubscribeAndOnNext",
    "RECURSES_INTO_MORE, required_spec303_requestFromOnNextDoesNotSignalFromWithin",
    "SERVES_REQUESTS_AFTER_CANCEL, required_spec306_requestAfterCancelIsANoOp",
    "FAILS_ON_A_SECOND_CANCEL, required_spec307_cancelAfterCancelIsANoOp",
    "IGNORES_A_REQUEST_OF_ZERO, required_spec309_requestZeroSignalsIllegalArgumentException",
    "IGNORES_A_NEGATIVE_REQUEST, required_spec309_requestNegativeSignalsIllegalArgumentException",
    "SIGNALS_ALL_AFTER_CANCEL, required_spec306_requestAfterCancelIsANoOp",
    "KEEPS_A_CANCELLED_SUBSCRIBER, required_spec313_aCancelledSubscriberIsDropped",
    "TAKES_DEMAND_AS_AN_INT, required_spec317_everythingMayBeRequested",
    "FAILS_ON_OVERFLOW, required_spec317_demandMayAddUpToEverythingAndBeyond",
    "FLOWS_ON_AFTER_CANCEL,"
        + " required_spec312_cancelFromOnNextIsTheLastSignalButForACompletionOnItsWay"
  })
  void a_defect_is_caught_by_the_rule_it_breaks(Defect defect, String rule) {
    List<RuleResult> results =
        number(defect).timing(HASTY).check(checked -> checked.id().equals(rule));

    assertThat(results).extracting(RuleResult::outcome).containsExactly(Outcome.FAILED);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void a_defect_of_waiting_is_caught_by_the_rule_it_breaks(GateDefect defect) {
    PublisherConformance<Long> waiting =
        number(Defect.NONE).timing(HASTY).waiting(() -> new Gate(defect).waiting());

    List<RuleResult> results = waiting.check(rule -> rule.id().equals(defect.caughtBy));

    assertThat(results).extracting(RuleResult::outcome).containsExactly(Outcome.FAILED);
  }

  enum GateDefect {
    NONE(""),
    NEVER_OPENS("required_aWaiterWaitsUntilItIsReleased"),
    IS_OPEN_FROM_THE_START("required_aWaiterWaitsUntilItIsReleased"),
    LETS_A_CANCELLED_WAITER_THROUGH("required_spec108_aWaiterThatCancelledGetsNothingOnceReleased"),
    ANSWERS_BOTH_CANCEL_AND_RELEASE("stochastic_spec108_cancelRacingWithReleaseIsAllOrNothing"),
    IGNORES_A_REQUEST_OF_ZERO(
        "required_spec309_requestZeroSignalsIllegalArgumentExceptionToAWaiter"),
    BLOCKS_ON_CANCEL("required_spec305_cancelOfAWaiterReturns"),
    KEEPS_A_CANCELLED_WAITER("required_spec313_aWaiterThatCancelledIsDropped");

    final String caughtBy;

    GateDefect(String caughtBy) {
      this.caughtBy = caughtBy;
    }
  }

  /** A gate for one waiter, whose whole state is the waiter it has. */
  private static final class Gate implements Publisher<Long> {
    private final GateDefect defect;
    private final AtomicReference<Subscriber<? super Long>> waiter = new AtomicReference<>();

    Gate(GateDefect defect) {
      this.defect = defect;
    }

    Waiting<Long> waiting() {
      return new Waiting<>(this, this::open);
    }

    private void open() {
      Subscriber<? super Long> released = waiter.getAndSet(null);
      if (released != null && defect != GateDefect.NEVER_OPENS) {
        released.onNext(1L);
        released.onComplete();
      }
    }

    @Override
    public void subscribe(Subscriber<? super Long> subscriber) {
      waiter.set(subscriber);
      subscriber.onSubscribe(new Place(subscriber));
      if (defect == GateDefect.IS_OPEN_FROM_THE_START) {
        open();
      }
    }

    private final class Place implements Subscription {
      private final Subscriber<? super Long> subscriber;

      Place(Subscriber<? super Long> subscriber) {
        this.subscriber = subscriber;
      }

      @Override
      public void request(long n) {
        if (n <= 0
            && defect != GateDefect.IGNORES_A_REQUEST_OF_ZERO
            && waiter.compareAndSet(subscriber, null)) {
          subscriber.onError(new IllegalArgumentException("§3.9: requested " + n));
        }
      }

      @Override
      public void cancel() {
        switch (defect) {
          case LETS_A_CANCELLED_WAITER_THROUGH, KEEPS_A_CANCELLED_WAITER -> {}
          case ANSWERS_BOTH_CANCEL_AND_RELEASE -> subscriber.onComplete();
          case BLOCKS_ON_CANCEL -> Checks.awaitQuietly(new CountDownLatch(1));
          default -> waiter.compareAndSet(subscriber, null);
        }
      }
    }
  }
}
