package dev.velox.tck;

import static java.util.stream.Collectors.joining;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What each publisher check of the official kit needs. The kit itself tells this only by skipping,
 * so the table is kept by hand, and a check that is missing in it is an error.
 *
 * @param elements how many elements the publisher must be able to signal
 * @param completion whether it must complete
 * @param failure whether a failed one must exist
 * @param failsUnasked whether it must have failed before anything is requested
 * @param emptiness whether an empty one must exist
 * @param fanOuts the kinds of fan-out for which it makes sense
 */
record PublisherNeeds(
    long elements,
    boolean completion,
    boolean failure,
    boolean failsUnasked,
    boolean emptiness,
    Set<FanOut> fanOuts) {

  private static final Set<FanOut> ANY = EnumSet.allOf(FanOut.class);
  private static final Set<FanOut> SEVERAL = EnumSet.complementOf(EnumSet.of(FanOut.UNICAST));
  private static final Set<FanOut> INDEPENDENT = EnumSet.of(FanOut.COMPETING, FanOut.MULTICAST);
  static final Set<FanOut> SHARED = EnumSet.of(FanOut.LOCK_STEP, FanOut.MULTICAST);

  private static final Map<String, PublisherNeeds> BY_CHECK =
      Map.ofEntries(
          needs("required_createPublisher1MustProduceAStreamOfExactly1Element", completing(1)),
          needs("required_createPublisher3MustProduceAStreamOfExactly3Elements", completing(3)),
          needs("required_validate_maxElementsFromPublisher", signalling(0)),
          needs("required_validate_boundedDepthOfOnNextAndRequestRecursion", signalling(0)),
          needs(
              "required_spec101_subscriptionRequestMustResultInTheCorrectNumberOfProducedElements",
              signalling(5)),
          needs(
              "required_spec102_maySignalLessThanRequestedAndTerminateSubscription", completing(3)),
          needs("stochastic_spec103_mustSignalOnMethodsSequentially", completing(10)),
          needs("optional_spec104_mustSignalOnErrorWhenFails", failingUnasked()),
          needs("required_spec105_mustSignalOnCompleteWhenFiniteStreamTerminates", completing(3)),
          needs("optional_spec105_emptyStreamMustTerminateBySignallingOnComplete", empty()),
          needs(
              "required_spec107_mustNotEmitFurtherSignalsOnceOnCompleteHasBeenSignalled",
              completing(1)),
          needs("required_spec109_subscribeThrowNPEOnNullSubscriber", signalling(0)),
          needs("required_spec109_mustIssueOnSubscribeForNonNullSubscriber", signalling(0)),
          needs(
              "required_spec109_mayRejectCallsToSubscribeIfPublisherIsUnableOrUnwillingToServeThem"
                  + "RejectionMustTriggerOnErrorAfterOnSubscribe",
              failingUnasked()),
          needs("optional_spec111_maySupportMultiSubscribe", fannedOut(1, SEVERAL, false)),
          needs(
              "optional_spec111_registeredSubscribersMustReceiveOnNextOrOnCompleteSignals",
              fannedOut(1, INDEPENDENT, false)),
          needs(
              "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfIts"
                  + "SubscribersWhenRequestingOneByOne",
              fannedOut(5, EnumSet.of(FanOut.MULTICAST), true)),
          needs(
              "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfIts"
                  + "SubscribersWhenRequestingManyUpfront",
              fannedOut(3, SHARED, false)),
          needs(
              "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfIts"
                  + "SubscribersWhenRequestingManyUpfrontAndCompleteAsExpected",
              fannedOut(3, SHARED, true)),
          needs(
              "required_spec302_mustAllowSynchronousRequestCallsFromOnNextAndOnSubscribe",
              signalling(6)),
          needs("required_spec303_mustNotAllowUnboundedRecursion", signalling(2)),
          needs("required_spec306_afterSubscriptionIsCancelledRequestMustBeNops", signalling(3)),
          needs(
              "required_spec307_afterSubscriptionIsCancelledAdditionalCancelationsMustBeNops",
              signalling(1)),
          needs("required_spec309_requestZeroMustSignalIllegalArgumentException", signalling(10)),
          needs(
              "required_spec309_requestNegativeNumberMustSignalIllegalArgumentException",
              signalling(10)),
          needs(
              "optional_spec309_requestNegativeNumberMaySignalIllegalArgumentExceptionWith"
                  + "SpecificMessage",
              signalling(10)),
          needs(
              "required_spec312_cancelMustMakeThePublisherToEventuallyStopSignaling",
              signalling(20)),
          needs(
              "required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToThe"
                  + "Subscriber",
              signalling(3)),
          needs("required_spec317_mustSupportAPendingElementCountUpToLongMaxValue", completing(3)),
          needs(
              "required_spec317_mustSupportACumulativePendingElementCountUpToLongMaxValue",
              completing(3)),
          needs(
              "required_spec317_mustNotSignalOnErrorWhenPendingAboveLongMaxValue",
              signalling(Integer.MAX_VALUE)));

  private static Map.Entry<String, PublisherNeeds> needs(String check, PublisherNeeds needs) {
    return Map.entry(check, needs);
  }

  static PublisherNeeds signalling(long elements) {
    return new PublisherNeeds(elements, false, false, false, false, ANY);
  }

  static PublisherNeeds completing(long elements) {
    return new PublisherNeeds(elements, true, false, false, false, ANY);
  }

  static PublisherNeeds failing() {
    return new PublisherNeeds(0, false, true, false, false, ANY);
  }

  private static PublisherNeeds failingUnasked() {
    return new PublisherNeeds(0, false, true, true, false, ANY);
  }

  private static PublisherNeeds empty() {
    return new PublisherNeeds(0, true, false, false, true, ANY);
  }

  static PublisherNeeds fannedOut(long elements, Set<FanOut> fanOuts, boolean completion) {
    return new PublisherNeeds(elements, completion, false, false, false, fanOuts);
  }

  /**
   * The official check of §3.2 requests from each onNext, and ends only when the publisher does.
   */
  static boolean needsAnEnd(String check) {
    return check.startsWith("required_spec302_");
  }

  static PublisherNeeds of(String check) {
    PublisherNeeds needs = BY_CHECK.get(check);
    if (needs == null) {
      throw new IllegalStateException(
          "the TCK on the class path has a check that this kit does not know: " + check);
    }
    return needs;
  }

  static boolean knows(String check) {
    return BY_CHECK.containsKey(check);
  }

  static int count() {
    return BY_CHECK.size();
  }

  /** Why a publisher of these capabilities rules the check out, or {@code null} if it applies. */
  @Nullable String ruledOutBy(Capabilities publisher) {
    if (elements > publisher.elements()) {
      return "needs "
          + (elements == 1 ? "an element" : elements + " elements")
          + ", and the publisher signals "
          + publisher.describedElements();
    }
    if (completion && publisher.endless()) {
      return "needs completion, and the publisher never completes";
    }
    if (failsUnasked && publisher.canFail() && !publisher.failsUnasked()) {
      return "needs a failure before anything is requested, and the publisher begins on demand";
    }
    if (failure && !publisher.canFail()) {
      return "needs a failure: " + publisher.cannotFail();
    }
    if (emptiness && !publisher.canBeEmpty()) {
      return "needs emptiness: " + publisher.cannotBeEmpty();
    }
    if (!fanOuts.contains(publisher.fanOut())) {
      return "needs "
          + fanOuts.stream().map(FanOut::name).collect(joining(" or "))
          + ", and it is "
          + publisher.fanOut();
    }
    return null;
  }
}
