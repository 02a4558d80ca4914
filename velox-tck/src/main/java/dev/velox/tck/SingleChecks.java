package dev.velox.tck;

import static dev.velox.tck.PublisherNeeds.SHARED;
import static dev.velox.tck.PublisherNeeds.completing;
import static dev.velox.tck.PublisherNeeds.fannedOut;
import static dev.velox.tck.PublisherNeeds.signalling;

import dev.velox.tck.SignalRecorder.Kind;
import dev.velox.tck.SignalRecorder.Signal;
import java.lang.ref.WeakReference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;

/**
 * The rules that the official kit checks only on publishers of three, five or ten elements, asked
 * of those that signal one at most. Of its 38 checks it runs 12 on them.
 */
final class SingleChecks<T> extends Checks {

  private static final int RUNS = 100;

  private final PublisherSource<T> source;
  private final Capabilities capabilities;

  SingleChecks(PublisherSource<T> source) {
    super(source.timing());
    this.source = source;
    this.capabilities = source.capabilities();
    signals();
    requests();
    cancellation();
    bigDemand();
  }

  private @Nullable String unless(PublisherNeeds needs) {
    return needs.ruledOutBy(capabilities);
  }

  private Publisher<T> publisher() {
    return source.publisher(capabilities.elements());
  }

  private void signals() {
    check(
        "required_spec101_noElementComesUnrequestedAndNoMoreThanOneIfRequested",
        unless(signalling(1)),
        () -> {
          SignalRecorder<T> recorder = subscribe(publisher());
          recorder.subscription();
          recorder.expectSilence("before anything was requested");
          recorder.request(1);
          recorder.await(Kind.ELEMENT);
          recorder.await(Kind.COMPLETION);
          recorder.expectSilence("after the end");
        });
    check("required_spec102_mayCompleteWithLessThanRequested", null, () -> completesWith(10));
    check(
        "stochastic_spec103_signalsComeOneAfterTheOther",
        null,
        () -> {
          for (int run = 0; run < RUNS; run++) {
            SignalRecorder<T> recorder = new Requesting<>(timing);
            publisher().subscribe(recorder);
            recorder.awaitEnd();
            recorder.verify();
          }
        });
    check(
        "required_spec105_completesOnceItsElementIsTaken",
        unless(completing(1)),
        () -> completesWith(1));
    check(
        "optional_spec111_allSubscribersGetTheSameElement",
        unless(fannedOut(1, SHARED, false)),
        () -> {
          Publisher<T> publisher = publisher();
          SignalRecorder<T> first = subscribe(publisher);
          SignalRecorder<T> second = subscribe(publisher);
          first.request(1);
          second.request(1);
          Object one = first.await(Kind.ELEMENT).value();
          Object other = second.await(Kind.ELEMENT).value();
          if (!Objects.equals(one, other)) {
            throw new AssertionError("one subscriber got " + one + ", the other " + other);
          }
        });
  }

  private void completesWith(long requested) throws InterruptedException {
    SignalRecorder<T> recorder = subscribe(publisher());
    recorder.request(requested);
    int elements = recorder.awaitEnd();
    if (elements != capabilities.elements()) {
      throw new AssertionError("completed after " + elements + " elements");
    }
    recorder.expectSilence("after the end");
  }

  private void requests() {
    check(
        "required_spec302_mayBeRequestedFromOnSubscribeAndOnNext",
        null,
        () -> {
          SignalRecorder<T> recorder = new Requesting<>(timing);
          publisher().subscribe(recorder);
          recorder.awaitEnd();
          recorder.expectSilence("after the end");
        });
    check(
        "required_spec303_requestFromOnNextDoesNotSignalFromWithin",
        unless(signalling(1)),
        this::requestDoesNotRecurse);
    for (long amount : new long[] {0, -7}) {
      check(
          "required_spec309_request"
              + (amount == 0 ? "Zero" : "Negative")
              + "SignalsIllegalArgumentException",
          unless(signalling(1)),
          () -> {
            SignalRecorder<T> recorder = subscribe(publisher());
            recorder.request(amount);
            Signal signal = recorder.await(Kind.ERROR);
            if (!(signal.value() instanceof IllegalArgumentException)) {
              throw new AssertionError("request(" + amount + ") signalled " + signal);
            }
            recorder.request(1);
            recorder.expectSilence("after onError");
          });
    }
  }

  private void requestDoesNotRecurse() throws InterruptedException {
    Nested<T> recorder = new Nested<>(timing);
    publisher().subscribe(recorder);
    recorder.request(1);
    recorder.awaitEnd();
    if (recorder.nested) {
      throw new AssertionError("onNext was called from the request that onNext made");
    }
    recorder.expectSilence("after the end");
  }

  private void cancellation() {
    check(
        "required_spec306_requestAfterCancelIsANoOp",
        unless(signalling(1)),
        () -> {
          SignalRecorder<T> recorder = subscribe(publisher());
          recorder.cancel();
          recorder.request(1);
          recorder.request(Long.MAX_VALUE);
          recorder.expectSilence("after cancel");
        });
    check(
        "required_spec307_cancelAfterCancelIsANoOp",
        unless(signalling(1)),
        () -> {
          SignalRecorder<T> recorder = subscribe(publisher());
          Subscription subscription = recorder.subscription();
          subscription.cancel();
          expectNormalReturn("the second cancel", subscription::cancel);
          expectNormalReturn("the third cancel", subscription::cancel);
          recorder.expectSilence("after cancel");
        });
    check(
        "required_spec312_cancelFromOnNextIsTheLastSignalButForACompletionOnItsWay",
        unless(signalling(1)),
        () -> {
          SignalRecorder<T> recorder = new Cancelling<>(timing);
          publisher().subscribe(recorder);
          recorder.request(10);
          recorder.await(Kind.ELEMENT);
          recorder.expectAtMostACompletion("after cancel");
        });
    check(
        "required_spec313_aCancelledSubscriberIsDropped",
        unless(signalling(1)),
        () -> {
          Publisher<T> publisher = publisher();
          expectDropped(
              publisher,
              "a cancelled subscriber",
              () -> {
                SignalRecorder<T> recorder = subscribe(publisher);
                recorder.cancel();
                return new WeakReference<>(recorder);
              });
        });
  }

  private void bigDemand() {
    check("required_spec317_everythingMayBeRequested", null, () -> completesWith(Long.MAX_VALUE));
    check(
        "required_spec317_demandMayAddUpToEverythingAndBeyond",
        unless(signalling(1)),
        () -> {
          SignalRecorder<T> recorder = new Greedy<>(timing);
          publisher().subscribe(recorder);
          recorder.request(Long.MAX_VALUE / 2);
          recorder.await(Kind.ELEMENT);
          recorder.await(Kind.COMPLETION);
          recorder.expectSilence("after the end");
        });
  }

  /** Requests at each opportunity that a signal gives. */
  private static final class Requesting<T> extends SignalRecorder<T> {
    Requesting(Timing timing) {
      super(timing);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      super.onSubscribe(subscription);
      subscription.request(1);
      subscription.request(1);
    }

    @Override
    void receive(@Nullable T element) {
      requestFromInside(1);
    }
  }

  /** Adds demand up to everything and beyond, while its element is still being received. */
  private static final class Greedy<T> extends SignalRecorder<T> {
    Greedy(Timing timing) {
      super(timing);
    }

    @Override
    void receive(@Nullable T element) {
      requestFromInside(Long.MAX_VALUE / 2);
      requestFromInside(2);
      requestFromInside(Long.MAX_VALUE - 1);
      requestFromInside(Long.MAX_VALUE - 1);
    }
  }

  private static final class Cancelling<T> extends SignalRecorder<T> {
    Cancelling(Timing timing) {
      super(timing);
    }

    @Override
    void receive(@Nullable T element) {
      cancelFromInside();
    }
  }

  /** Notices an element that comes while it requests another. */
  private static final class Nested<T> extends SignalRecorder<T> {
    private boolean inside;
    private volatile boolean nested;

    Nested(Timing timing) {
      super(timing);
    }

    @Override
    void receive(@Nullable T element) {
      if (inside) {
        nested = true;
        return;
      }
      inside = true;
      requestFromInside(1);
      inside = false;
    }
  }
}
