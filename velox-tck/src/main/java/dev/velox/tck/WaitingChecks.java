package dev.velox.tck;

import dev.velox.tck.SignalRecorder.Kind;
import dev.velox.tck.SignalRecorder.Signal;
import java.lang.ref.WeakReference;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;

/**
 * The rules on cancellation and demand for a subscriber that waits: what most publishers that a
 * test can make never let it do.
 */
final class WaitingChecks<T> extends Checks {

  private static final int RACES = 200;
  private static final String NONE_DECLARED = "needs a subscriber that waits; none was declared";

  private final @Nullable Supplier<Waiting<T>> source;

  WaitingChecks(Timing timing, @Nullable Supplier<Waiting<T>> source) {
    super(timing);
    this.source = source;
    String ruledOut = source == null ? NONE_DECLARED : null;
    check("required_aWaiterWaitsUntilItIsReleased", ruledOut, this::waitsAndGoesOn);
    check(
        "required_spec108_aWaiterThatCancelledGetsNothingOnceReleased",
        ruledOut,
        this::cancelledWaiterGetsNothing);
    check(
        "stochastic_spec108_cancelRacingWithReleaseIsAllOrNothing",
        ruledOut,
        this::cancelRacesRelease);
    check(
        "required_spec309_requestZeroSignalsIllegalArgumentExceptionToAWaiter",
        ruledOut,
        this::requestZero);
    check("required_spec305_cancelOfAWaiterReturns", ruledOut, this::cancelReturns);
    check("required_spec313_aWaiterThatCancelledIsDropped", ruledOut, this::waiterIsDropped);
  }

  private Waiting<T> waiting() {
    if (source == null) {
      throw new IllegalStateException(NONE_DECLARED);
    }
    return source.get();
  }

  private void waitsAndGoesOn() throws InterruptedException {
    Waiting<T> waiting = waiting();
    SignalRecorder<T> recorder = subscribe(waiting.publisher());
    recorder.request(1);
    recorder.expectSilence("before the release");
    waiting.release().run();
    recorder.await("a signal after the release");
    recorder.cancel();
    recorder.verify();
  }

  private void cancelledWaiterGetsNothing() throws InterruptedException {
    Waiting<T> waiting = waiting();
    SignalRecorder<T> recorder = subscribe(waiting.publisher());
    recorder.request(1);
    recorder.cancel();
    recorder.cancel();
    waiting.release().run();
    recorder.expectSilence("although it had cancelled before the release");
  }

  private void cancelRacesRelease() throws InterruptedException {
    for (int race = 0; race < RACES; race++) {
      Waiting<T> waiting = waiting();
      SignalRecorder<T> recorder = subscribe(waiting.publisher());
      recorder.request(1);
      Subscription subscription = recorder.subscription();
      CountDownLatch ready = new CountDownLatch(2);
      Thread releaser = start(() -> together(ready, waiting.release()));
      Thread canceller = start(() -> together(ready, subscription::cancel));
      releaser.join();
      canceller.join();
      recorder.verify();
    }
  }

  private static void together(CountDownLatch ready, Runnable action) {
    ready.countDown();
    awaitQuietly(ready);
    action.run();
  }

  private void requestZero() throws InterruptedException {
    SignalRecorder<T> recorder = subscribe(waiting().publisher());
    recorder.request(0);
    Signal signal = recorder.await(Kind.ERROR);
    if (!(signal.value() instanceof IllegalArgumentException)) {
      throw new AssertionError("request(0) signalled " + signal);
    }
  }

  private void cancelReturns() throws InterruptedException {
    SignalRecorder<T> recorder = subscribe(waiting().publisher());
    recorder.request(1);
    Subscription subscription = recorder.subscription();
    expectReturn("cancel of a waiter", subscription::cancel);
  }

  private void waiterIsDropped() throws InterruptedException {
    Waiting<T> waiting = waiting();
    expectDropped(
        waiting,
        "a waiter that cancelled",
        () -> {
          SignalRecorder<T> recorder = subscribe(waiting.publisher());
          recorder.request(1);
          recorder.cancel();
          return new WeakReference<>(recorder);
        });
  }
}
