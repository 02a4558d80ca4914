package dev.velox.tck;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;

/**
 * The kit's own checks of subscribers: of the thirteen rules that the official kit leaves untested,
 * seven; the others are listed with the reason why there is no test of them.
 */
final class SubscriberChecks<T> extends Checks {

  private static final int MANY = 1000;

  private final Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> subscribers;
  private final IntFunction<? extends T> elements;
  private final @Nullable Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> throwing;

  SubscriberChecks(
      Timing timing,
      Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> subscribers,
      IntFunction<? extends T> elements,
      @Nullable Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> throwing) {
    super(timing);
    this.subscribers = subscribers;
    this.elements = elements;
    this.throwing = throwing;
    theEnd();
    calls();
    returns();
    synchronousSignals();
    impossible();
  }

  private SubscriberStage<T> stage() {
    return new SubscriberStage<>(timing, subscribers, elements);
  }

  private void theEnd() {
    check(
        "required_spec204_doesNotCallItsSubscriptionAfterCompletion",
        null,
        () -> leavesItsSubscriptionAloneAfter(Subscriber::onComplete));
    check(
        "required_spec204_doesNotCallItsSubscriptionAfterFailure",
        null,
        () -> leavesItsSubscriptionAloneAfter(s -> s.onError(new Exception("a test's failure"))));
    check(
        "required_spec206_cancelsWhatItNoLongerNeeds",
        null,
        () -> {
          SubscriberStage<T> stage = stage().open();
          stage.probe.puppet().triggerRequest(1);
          stage.probe.puppet().signalCancel();
          stage.expectCancel();
          stage.expectNoCall("after cancel");
          stage.verify();
        });
  }

  private interface End {
    void signal(Subscriber<?> subscriber);
  }

  private void leavesItsSubscriptionAloneAfter(End end) throws InterruptedException {
    SubscriberStage<T> stage = stage().open();
    stage.probe.expect(stage.sendRequested());
    end.signal(stage.subscriber);
    stage.probe.expectEnd();
    stage.expectNoCall("after the end");
    SubscriberPuppet puppet = stage.probe.puppet();
    expectNormalReturn("a request after the end", () -> puppet.triggerRequest(1));
    expectNormalReturn("a cancellation after the end", puppet::signalCancel);
    stage.verify();
  }

  private void calls() {
    check(
        "stochastic_spec207_itsCallsComeOneAfterTheOther",
        null,
        () -> {
          SubscriberStage<T> stage = new Lingering().open();
          for (int i = 0; i < MANY; i++) {
            stage.probe.expect(stage.sendRequested());
          }
          stage.subscriber.onComplete();
          stage.verify();
        });
    check(
        "required_spec309_neverRequestsLessThanOne",
        null,
        () -> {
          SubscriberStage<T> stage = stage().open();
          for (int i = 0; i < 10; i++) {
            stage.probe.expect(stage.sendRequested());
          }
          stage.probe.puppet().signalCancel();
          stage.verify();
        });
  }

  /** Stays in some of the calls for a moment, so that a second one would be met there. */
  private final class Lingering extends SubscriberStage<T> {
    private final AtomicInteger left = new AtomicInteger(30);

    Lingering() {
      super(timing, subscribers, elements);
    }

    @Override
    void onRequest(long n) {
      if (left.getAndDecrement() > 0) {
        try {
          TimeUnit.MILLISECONDS.sleep(2);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private void returns() {
    check(
        "optional_spec202_takesEachSignalInTime",
        null,
        () -> {
          SubscriberStage<T> stage = stage();
          expectReturn("onSubscribe", stage::open);
          stage.probe.puppet().triggerRequest(1);
          expectReturn("onNext", stage::send);
          expectReturn("onComplete", stage.subscriber::onComplete);
        });
    check(
        "required_spec213_everySignalReturnsNormally",
        null,
        () -> {
          SubscriberStage<T> completed = stage();
          expectNormalReturn("onSubscribe", completed::open);
          completed.probe.puppet().triggerRequest(1);
          expectNormalReturn("onNext", completed::send);
          expectNormalReturn("onComplete", completed.subscriber::onComplete);
          SubscriberStage<T> failed = stage().open();
          Exception failure = new Exception("a test's failure");
          expectNormalReturn("onError", () -> failed.subscriber.onError(failure));
        });
    check(
        "required_spec213_signalsThatWereOnTheirWayWhenItCancelledReturnNormally",
        null,
        () -> {
          SubscriberStage<T> stage = stage().open();
          stage.probe.puppet().triggerRequest(1);
          stage.probe.puppet().signalCancel();
          expectNormalReturn("onNext after cancel", stage::send);
          expectNormalReturn("onComplete after cancel", stage.subscriber::onComplete);
        });
    check(
        "required_spec213_cancelsAndReturnsNormallyIfItsUserCodeThrows",
        throwing == null ? "needs a subscriber whose user code throws; none was declared" : null,
        () -> {
          if (throwing != null) {
            SubscriberStage<T> stage = new SubscriberStage<>(timing, throwing, elements).open();
            stage.probe.puppet().triggerRequest(1);
            expectNormalReturn("onNext", stage::send);
            stage.expectCancel();
          }
        });
  }

  private void synchronousSignals() {
    check(
        "required_spec310_takesAnElementFromInsideItsRequest",
        null,
        () -> {
          SubscriberStage<T> stage =
              new SubscriberStage<>(timing, subscribers, elements) {
                private long left = 3;

                @Override
                void onRequest(long n) {
                  for (long i = 0; i < n && left > 0; i++) {
                    left--;
                    send();
                  }
                }
              };
          stage.open();
          stage.probe.puppet().triggerRequest(3);
          for (int i = 0; i < 3; i++) {
            stage.probe.expect(elements.apply(i));
          }
          stage.probe.puppet().signalCancel();
          stage.verify();
        });
    check(
        "required_spec311_takesCompletionFromInsideItsRequest",
        null,
        () -> endsInsideRequest(Subscriber::onComplete));
    check(
        "required_spec311_takesFailureFromInsideItsRequest",
        null,
        () -> endsInsideRequest(s -> s.onError(new Exception("a test's failure"))));
  }

  private void endsInsideRequest(End end) throws InterruptedException {
    SubscriberStage<T> stage =
        new SubscriberStage<>(timing, subscribers, elements) {
          private boolean ended;

          @Override
          void onRequest(long n) {
            if (!ended) {
              ended = true;
              end.signal(subscriber);
            }
          }
        };
    stage.open();
    stage.probe.puppet().triggerRequest(1);
    stage.probe.expectEnd();
    stage.verify();
  }

  private void impossible() {
    untestable(
        "required_spec211_signalsHappenBeforeTheirProcessing",
        "visibility between threads: what breaks it shows by luck, and on some hardware only");
    untestable(
        "required_spec212_onSubscribeIsCalledAtMostOnce",
        "binds the publisher, whose checks watch it; a second call is §2.5");
    untestable(
        "required_spec301_requestAndCancelAreCalledInsideItsContext",
        "what the context is only the subscriber knows");
    untestable(
        "optional_spec314_cancelMayMakeThePublisherShutDown",
        "allows a publisher something, and asks nothing of a subscriber");
    untestable(
        "required_spec315_cancelReturnsNormally",
        "binds the subscription, and is checked on publishers");
    untestable(
        "required_spec316_requestReturnsNormally",
        "binds the subscription, and is checked on publishers");
  }

  private void untestable(String id, String reason) {
    check(
        id,
        reason,
        () -> {
          throw new IllegalStateException("ruled out: " + reason);
        });
  }
}
