package dev.velox.tck.conformance;

import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;

/** A subscriber of ours, which is a subscription too, with a probe at its other end. */
abstract class ProbedSubscriber implements Subscriber<Integer>, SubscriberPuppet {

  final Subscriber<Integer> in;
  final WhiteboxSubscriberProbe<Integer> probe;

  ProbedSubscriber(Subscriber<Integer> in, WhiteboxSubscriberProbe<Integer> probe) {
    this.in = in;
    this.probe = probe;
  }

  @Override
  public void signalCancel() {
    ((Subscription) in).cancel();
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    in.onSubscribe(subscription);
    probe.registerOnSubscribe(this);
  }

  @Override
  public void onNext(Integer element) {
    in.onNext(element);
  }

  @Override
  public void onError(Throwable failure) {
    in.onError(failure);
  }

  @Override
  public void onComplete() {
    in.onComplete();
  }
}
