package dev.velox.tck;

import static dev.velox.tck.PublisherNeeds.completing;
import static dev.velox.tck.PublisherNeeds.failing;
import static dev.velox.tck.PublisherNeeds.signalling;

import dev.velox.tck.SignalRecorder.Kind;
import dev.velox.tck.SignalRecorder.Signal;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;

/**
 * The kit's own checks of publishers: the seven rules that the official kit leaves untested (1.6,
 * 1.7 for failures, 1.8, 1.9 for what subscribe throws, 1.10, 3.4, 3.5), and those that it has no
 * check for at all (2.12 and 2.13 on the publisher's side, 3.15, 3.16).
 */
final class PublisherChecks<T> extends Checks {

  private final PublisherSource<T> source;
  private final Capabilities capabilities;

  PublisherChecks(PublisherSource<T> source) {
    super(source.timing());
    this.source = source;
    this.capabilities = source.capabilities();
    terminalSignals();
    subscribing();
    signalsInProgress();
    normalReturns();
  }

  private @Nullable String unless(PublisherNeeds needs) {
    return needs.ruledOutBy(capabilities);
  }

  /** How many elements to ask for, where as many as two would do better than one. */
  private long some() {
    return Math.min(2, capabilities.elements());
  }

  private void terminalSignals() {
    check(
        "required_spec106_requestAndCancelAfterCompletionAreNoOps",
        unless(completing(0)),
        () -> nothingFollowsTheEndOf(source.publisher(some())));
    check(
        "required_spec106_requestAndCancelAfterFailureAreNoOps",
        unless(failing()),
        () -> nothingFollowsTheEndOf(source.failed()));
    check(
        "required_spec106_aSubscriberThatWasCompletedIsDropped",
        unless(completing(0)),
        () -> endedSubscriberIsDroppedBy(source.publisher(some())));
    check(
        "required_spec104_aFailureIsSignalledByOnErrorAndNothingElse",
        unless(failing()),
        () -> {
          SignalRecorder<T> recorder = subscribe(source.failed());
          recorder.request(1);
          recorder.await(Kind.ERROR);
          recorder.expectSilence("after onError");
        });
    check(
        "required_spec107_nothingIsSignalledAfterOnError",
        unless(failing()),
        () -> {
          SignalRecorder<T> recorder = subscribe(source.failed());
          recorder.request(10);
          recorder.awaitEnd();
          recorder.request(10);
          recorder.expectSilence("after onError");
        });
    check(
        "required_spec108_aCancelledSubscriberGetsNoTerminalSignal",
        unless(signalling(1)),
        this::cancelledSubscriberGetsNoEnd);
  }

  private void nothingFollowsTheEndOf(Publisher<T> publisher) throws InterruptedException {
    SignalRecorder<T> recorder = subscribe(publisher);
    recorder.request(10);
    recorder.awaitEnd();
    Subscription subscription = recorder.subscription();
    expectNormalReturn("request after the end", () -> subscription.request(1));
    expectNormalReturn("cancel after the end", subscription::cancel);
    expectNormalReturn("request after both", () -> subscription.request(Long.MAX_VALUE));
    recorder.expectSilence("after the end");
  }

  private void endedSubscriberIsDroppedBy(Publisher<T> publisher) throws InterruptedException {
    expectDropped(
        publisher,
        "a subscriber that was completed",
        () -> {
          SignalRecorder<T> recorder = subscribe(publisher);
          recorder.request(10);
          recorder.awaitEnd();
          return new WeakReference<>(recorder);
        });
  }

  private void cancelledSubscriberGetsNoEnd() throws InterruptedException {
    boolean many = capabilities.elements() > 1;
    SignalRecorder<T> recorder = subscribe(source.publisher(many ? 3 : 1));
    if (many) {
      recorder.request(1);
      recorder.await(Kind.ELEMENT);
    }
    recorder.cancel();
    // Nothing but the elements that were requested may have been on its way, and they have come.
    recorder.expectSilence("after cancel, with nothing requested");
  }

  private void subscribing() {
    check(
        "required_spec109_subscribeReturnsNormally",
        null,
        () -> {
          SignalRecorder<T> recorder = new SignalRecorder<>(timing);
          Publisher<T> publisher = source.publisher(some());
          expectNormalReturn("subscribe", () -> publisher.subscribe(recorder));
          recorder.cancel();
        });
    check(
        "required_spec109_subscribingToAFailedOneReturnsNormally",
        unless(failing()),
        () -> {
          SignalRecorder<T> recorder = new SignalRecorder<>(timing);
          Publisher<T> publisher = source.failed();
          expectNormalReturn("subscribe", () -> publisher.subscribe(recorder));
          recorder.request(1);
          recorder.await(Kind.ERROR);
          recorder.verify();
        });
    check(
        "required_spec109_aSecondSubscriberIsRefusedByOnErrorAfterOnSubscribe",
        unless(PublisherNeeds.fannedOut(0, EnumSet.of(FanOut.UNICAST), false)),
        () -> {
          Publisher<T> publisher = source.publisher(some());
          SignalRecorder<T> first = subscribe(publisher);
          first.subscription();
          SignalRecorder<T> second = new SignalRecorder<>(timing);
          expectNormalReturn("the second subscribe", () -> publisher.subscribe(second));
          second.subscription();
          second.await(Kind.ERROR);
          second.verify();
          first.cancel();
        });
    check(
        "required_spec110_subscribingTheSameSubscriberTwiceSparesItsFirstSubscriptionOrIsRefused"
            + "ByOnError",
        unless(signalling(1)),
        this::sameSubscriberTwice);
    check(
        "required_spec213_elementsAreNeverNull",
        unless(signalling(1)),
        () -> {
          SignalRecorder<T> recorder = subscribe(source.publisher(some()));
          for (long i = 0; i < some(); i++) {
            recorder.request(1);
            recorder.await(Kind.ELEMENT);
            recorder.verify();
          }
          recorder.cancel();
        });
  }

  private void sameSubscriberTwice() throws InterruptedException {
    SignalRecorder<T> recorder =
        new SignalRecorder<>(timing) {
          private boolean given;

          @Override
          public void onSubscribe(Subscription subscription) {
            if (given) {
              // As rule 2.5 asks of a subscriber that has one already.
              subscription.cancel();
            } else {
              given = true;
              super.onSubscribe(subscription);
            }
          }
        };
    Publisher<T> publisher = source.publisher(some());
    publisher.subscribe(recorder);
    recorder.subscription();
    expectNormalReturn("the second subscribe", () -> publisher.subscribe(recorder));
    recorder.request(1);
    Signal signal = recorder.await("an element, or onError as a refusal");
    if (signal.kind() == Kind.COMPLETION) {
      throw new AssertionError("the first subscription was completed without its element");
    }
    recorder.cancel();
  }

  private void signalsInProgress() {
    check(
        "optional_spec304_requestReturnsWhileAnElementIsBeingReceived",
        unless(signalling(2)),
        () -> duringOnNext("request", subscription -> subscription.request(1)));
    check(
        "required_spec305_cancelReturnsWhileAnElementIsBeingReceived",
        unless(signalling(1)),
        () -> duringOnNext("cancel", Subscription::cancel));
    check(
        "required_spec302_tenElementsMayBeRequestedOneByOneFromInside",
        unless(signalling(10)),
        this::requestsFromInside);
    check(
        "required_spec312_elementsStopAfterCancelHoweverManyWereRequested",
        unless(signalling(Integer.MAX_VALUE)),
        this::cancelStopsTheFlow);
  }

  private void requestsFromInside() throws InterruptedException {
    SignalRecorder<T> recorder =
        new CancellingRecorder<>(timing, 10) {
          @Override
          public void onSubscribe(Subscription subscription) {
            super.onSubscribe(subscription);
            subscription.request(1);
          }

          @Override
          void receive(@Nullable T element) {
            requestFromInside(1);
            super.receive(element);
          }
        };
    source.publisher(10).subscribe(recorder);
    for (int i = 0; i < 10; i++) {
      recorder.await(Kind.ELEMENT);
    }
    recorder.settle();
  }

  private void cancelStopsTheFlow() throws InterruptedException {
    SignalRecorder<T> recorder = new CancellingRecorder<>(timing, 5);
    source.publisher(Integer.MAX_VALUE).subscribe(recorder);
    Subscription subscription = recorder.subscription();
    start(() -> subscription.request(Long.MAX_VALUE));
    recorder.await(Kind.ELEMENT);
    long deadline = System.nanoTime() + timing.signal().toNanos();
    // A thread that is flooding may be paused for a moment, which is not yet silence.
    Duration pause = timing.silence().multipliedBy(3);
    while (recorder.settledWithin(pause) > 0) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("elements still come " + timing.signal() + " after cancel");
      }
    }
    recorder.verify();
  }

  /** A publisher that signals under a lock, or waits for its subscriber, is stuck here. */
  private void duringOnNext(String what, Consumer<Subscription> call) throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    SignalRecorder<T> recorder =
        new SignalRecorder<>(timing) {
          @Override
          void receive(@Nullable T element) {
            inside.countDown();
            awaitQuietly(released);
          }
        };
    source.publisher(some()).subscribe(recorder);
    Subscription subscription = recorder.subscription();
    try {
      // The publisher may signal on the requesting thread, which then waits in onNext.
      start(() -> subscription.request(1));
      if (!inside.await(timing.signal().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("no element came within " + timing.signal());
      }
      expectReturn(
          what + " from another thread, while onNext is busy,", () -> call.accept(subscription));
    } finally {
      released.countDown();
      subscription.cancel();
    }
    recorder.verify();
  }

  private void normalReturns() {
    check(
        "required_spec315_cancelReturnsNormally",
        null,
        () -> {
          SignalRecorder<T> recorder = subscribe(source.publisher(some()));
          Subscription subscription = recorder.subscription();
          for (int i = 1; i <= 3; i++) {
            expectNormalReturn("cancel, call " + i + ",", subscription::cancel);
          }
          recorder.settle();
        });
    for (long amount : new long[] {1, Long.MAX_VALUE, 0, -1, Long.MIN_VALUE}) {
      check(
          "required_spec316_request" + name(amount) + "ReturnsNormally",
          null,
          () -> {
            // An endless publisher may signal on the requesting thread, until it is cancelled
            // there.
            SignalRecorder<T> recorder = new CancellingRecorder<>(timing, 10);
            source.publisher(some()).subscribe(recorder);
            Subscription subscription = recorder.subscription();
            expectNormalReturn("request(" + amount + ")", () -> subscription.request(amount));
            recorder.settle();
            subscription.cancel();
          });
    }
  }

  private static class CancellingRecorder<T> extends SignalRecorder<T> {
    private final AtomicInteger left;

    CancellingRecorder(Timing timing, int elements) {
      super(timing);
      left = new AtomicInteger(elements);
    }

    @Override
    void receive(@Nullable T element) {
      if (left.decrementAndGet() == 0) {
        cancelFromInside();
      }
    }
  }

  private static String name(long amount) {
    if (amount == Long.MAX_VALUE) {
      return "OfEverything";
    }
    if (amount == Long.MIN_VALUE) {
      return "OfTheLeastNumber";
    }
    return amount == 0 ? "OfZero" : amount > 0 ? "OfOne" : "OfANegativeNumber";
  }
}
