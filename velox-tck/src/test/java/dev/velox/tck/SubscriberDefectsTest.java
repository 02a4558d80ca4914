package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.RuleResult.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;

/** Subscribers that do one thing wrong: each is caught by the rule it breaks. */
class SubscriberDefectsTest {

  private static final Timing HASTY =
      new Timing(Duration.ofMillis(150), Duration.ofMillis(20), Duration.ofSeconds(10));

  // Long enough for a thread that is at it to get its turn on a busy machine.
  private static final Timing PATIENT =
      new Timing(Duration.ofSeconds(5), Duration.ofSeconds(2), Duration.ofSeconds(30));

  private static SubscriberConformance<Integer> subscriber(Defect defect) {
    return SubscriberConformance.<Integer>of("subscriber", p -> new Sub(p, defect, false), n -> n)
        .whenUserCodeThrows(p -> new Sub(p, defect, true))
        .promoteOptionalRules()
        .unreported();
  }

  @TestFactory
  Stream<DynamicNode> without_a_defect_every_rule_is_followed() {
    return subscriber(Defect.NONE).tests();
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void a_defect_is_caught_by_the_rule_it_breaks(Defect defect) {
    List<RuleResult> results =
        subscriber(defect)
            .timing(defect.comesLate ? PATIENT : HASTY)
            .check(rule -> rule.id().equals(defect.caughtBy));

    assertThat(results).extracting(RuleResult::outcome).containsExactly(Outcome.FAILED);
  }

  enum Defect {
    NONE(""),
    NEVER_REQUESTS("required_spec201_mustSignalDemandViaSubscriptionRequest"),
    BLOCKS_IN_ON_NEXT("optional_spec202_takesEachSignalInTime"),
    REQUESTS_IN_ON_COMPLETE(
        "required_spec203_mustNotCallMethodsOnSubscriptionOrPublisherInOnComplete"),
    CANCELS_IN_ON_ERROR("required_spec203_mustNotCallMethodsOnSubscriptionOrPublisherInOnError"),
    REQUESTS_SOON_AFTER_COMPLETION(
        "required_spec204_doesNotCallItsSubscriptionAfterCompletion", true),
    CANCELS_SOON_AFTER_FAILURE("required_spec204_doesNotCallItsSubscriptionAfterFailure", true),
    LEAVES_A_SECOND_SUBSCRIPTION_OPEN(
        "required_spec205_mustCallSubscriptionCancelIfItAlreadyHasAnSubscriptionAndReceivesAnother"
            + "OnSubscribeSignal"),
    NEVER_CANCELS("required_spec206_cancelsWhatItNoLongerNeeds"),
    REQUESTS_FROM_TWO_THREADS("stochastic_spec207_itsCallsComeOneAfterTheOther", true),
    THROWS_ON_A_LATE_ELEMENT(
        "required_spec213_signalsThatWereOnTheirWayWhenItCancelledReturnNormally"),
    LOSES_COMPLETION_BEFORE_A_REQUEST(
        "required_spec209_mustBePreparedToReceiveAnOnCompleteSignalWithoutPrecedingRequestCall"),
    LOSES_COMPLETION(
        "required_spec209_mustBePreparedToReceiveAnOnCompleteSignalWithPrecedingRequestCall"),
    LOSES_FAILURE_BEFORE_A_REQUEST(
        "required_spec210_mustBePreparedToReceiveAnOnErrorSignalWithoutPrecedingRequestCall"),
    LOSES_FAILURE(
        "required_spec210_mustBePreparedToReceiveAnOnErrorSignalWithPrecedingRequestCall"),
    ACCEPTS_A_NULL_SUBSCRIPTION(
        "required_spec213_onSubscribe_mustThrowNullPointerExceptionWhenParametersAreNull"),
    ACCEPTS_A_NULL_ELEMENT(
        "required_spec213_onNext_mustThrowNullPointerExceptionWhenParametersAreNull"),
    ACCEPTS_A_NULL_FAILURE(
        "required_spec213_onError_mustThrowNullPointerExceptionWhenParametersAreNull"),
    THROWS_FROM_ON_NEXT("required_spec213_everySignalReturnsNormally"),
    LETS_ITS_USER_THROW("required_spec213_cancelsAndReturnsNormallyIfItsUserCodeThrows"),
    GOES_ON_WHEN_ITS_USER_THREW("required_spec213_cancelsAndReturnsNormallyIfItsUserCodeThrows"),
    REQUESTS_ONLY_ONCE("required_spec308_requestMustRegisterGivenNumberElementsToBeProduced"),
    REQUESTS_ZERO("required_spec309_neverRequestsLessThanOne"),
    LOSES_ELEMENTS_THAT_COME_INSIDE_ITS_REQUEST(
        "required_spec310_takesAnElementFromInsideItsRequest"),
    LOSES_COMPLETION_INSIDE_ITS_REQUEST("required_spec311_takesCompletionFromInsideItsRequest"),
    LOSES_FAILURE_INSIDE_ITS_REQUEST("required_spec311_takesFailureFromInsideItsRequest");

    final String caughtBy;
    final boolean comesLate;

    Defect(String caughtBy) {
      this(caughtBy, false);
    }

    Defect(String caughtBy, boolean comesLate) {
      this.caughtBy = caughtBy;
      this.comesLate = comesLate;
    }
  }

  /** A subscriber that requests what its puppet is told, and passes on what it gets. */
  private static final class Sub implements Subscriber<Integer>, SubscriberPuppet {
    private final WhiteboxSubscriberProbe<Integer> probe;
    private final Defect defect;
    private final boolean userThrows;
    private volatile Subscription subscription;
    private volatile boolean cancelled;
    private volatile boolean requesting;
    private volatile boolean requested;

    Sub(WhiteboxSubscriberProbe<Integer> probe, Defect defect, boolean userThrows) {
      this.probe = probe;
      this.defect = defect;
      this.userThrows = userThrows;
    }

    private boolean has(Defect other) {
      return defect == other;
    }

    @Override
    public void triggerRequest(long elements) {
      if (has(Defect.NEVER_REQUESTS) || (has(Defect.REQUESTS_ONLY_ONCE) && requested)) {
        return;
      }
      requested = true;
      requesting = true;
      if (has(Defect.REQUESTS_FROM_TWO_THREADS)) {
        requestBesideAnother(elements);
      } else {
        subscription.request(has(Defect.REQUESTS_ONLY_ONCE) ? 1 : elements);
      }
      if (has(Defect.REQUESTS_ZERO)) {
        subscription.request(0);
      }
      requesting = false;
    }

    /** The other one requests all the time that this one does, so that the two do meet. */
    private void requestBesideAnother(long elements) {
      CountDownLatch begun = new CountDownLatch(1);
      AtomicBoolean done = new AtomicBoolean();
      Thread other =
          Checks.start(
              () -> {
                do {
                  begun.countDown();
                  subscription.request(elements);
                } while (!done.get());
              });
      Checks.awaitQuietly(begun);
      subscription.request(elements);
      done.set(true);
      try {
        other.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void signalCancel() {
      cancelled = true;
      if (!has(Defect.NEVER_CANCELS)) {
        subscription.cancel();
      }
    }

    @Override
    public void onSubscribe(Subscription given) {
      if (given == null && has(Defect.ACCEPTS_A_NULL_SUBSCRIPTION)) {
        return;
      }
      Objects.requireNonNull(given, "subscription must not be null");
      if (subscription == null) {
        subscription = given;
        probe.registerOnSubscribe(this);
      } else if (!has(Defect.LEAVES_A_SECOND_SUBSCRIPTION_OPEN)) {
        given.cancel();
      }
    }

    @Override
    public void onNext(Integer element) {
      if (element == null && has(Defect.ACCEPTS_A_NULL_ELEMENT)) {
        return;
      }
      Objects.requireNonNull(element, "element must not be null");
      if (has(Defect.THROWS_FROM_ON_NEXT) || (cancelled && has(Defect.THROWS_ON_A_LATE_ELEMENT))) {
        throw new IllegalStateException("onNext");
      }
      if (has(Defect.BLOCKS_IN_ON_NEXT)) {
        Checks.awaitQuietly(new CountDownLatch(1));
      }
      if (cancelled || (requesting && has(Defect.LOSES_ELEMENTS_THAT_COME_INSIDE_ITS_REQUEST))) {
        return;
      }
      try {
        use(element);
      } catch (IllegalArgumentException failure) {
        if (has(Defect.LETS_ITS_USER_THROW)) {
          throw failure;
        }
        if (!has(Defect.GOES_ON_WHEN_ITS_USER_THREW)) {
          signalCancel();
        }
      }
    }

    private void use(Integer element) {
      if (userThrows) {
        throw new IllegalArgumentException("the user's code");
      }
      probe.registerOnNext(element);
    }

    @Override
    public void onError(Throwable failure) {
      if (failure == null && has(Defect.ACCEPTS_A_NULL_FAILURE)) {
        return;
      }
      Objects.requireNonNull(failure, "failure must not be null");
      if (has(Defect.CANCELS_IN_ON_ERROR)) {
        subscription.cancel();
      }
      if (has(Defect.CANCELS_SOON_AFTER_FAILURE)) {
        soon(subscription::cancel);
      }
      if (lost(Defect.LOSES_FAILURE, Defect.LOSES_FAILURE_BEFORE_A_REQUEST)
          || (requesting && has(Defect.LOSES_FAILURE_INSIDE_ITS_REQUEST))) {
        return;
      }
      probe.registerOnError(failure);
    }

    @Override
    public void onComplete() {
      if (has(Defect.REQUESTS_IN_ON_COMPLETE)) {
        subscription.request(1);
      }
      if (has(Defect.REQUESTS_SOON_AFTER_COMPLETION)) {
        soon(() -> subscription.request(1));
      }
      if (lost(Defect.LOSES_COMPLETION, Defect.LOSES_COMPLETION_BEFORE_A_REQUEST)
          || (requesting && has(Defect.LOSES_COMPLETION_INSIDE_ITS_REQUEST))) {
        return;
      }
      probe.registerOnComplete();
    }

    private boolean lost(Defect always, Defect unlessRequested) {
      return has(always) || (has(unlessRequested) && !requested);
    }

    /** Acts when the check has seen the end and waits for what must not come. */
    private static void soon(Runnable action) {
      Thread check = Thread.currentThread();
      Checks.start(
          () -> {
            while (check.getState() != Thread.State.TIMED_WAITING) {
              Thread.onSpinWait();
            }
            action.run();
          });
    }
  }
}
