package dev.velox.tck;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A publisher of numbers that does one thing wrong, and everything else right: the control of the
 * kit, and with each defect a proof that the kit sees it.
 */
final class Numbers implements Publisher<Long> {

  /** What can be wrong, and the check that must say so. */
  enum Defect {
    NONE(""),
    IGNORES_DEMAND(
        "required_spec101_subscriptionRequestMustResultInTheCorrectNumberOfProducedElements"),
    SIGNALS_ONE_TOO_MANY(
        "required_spec101_subscriptionRequestMustResultInTheCorrectNumberOfProducedElements"),
    SIGNALS_UNREQUESTED(
        "required_spec101_subscriptionRequestMustResultInTheCorrectNumberOfProducedElements"),
    COMPLETES_ONLY_WHEN_ALL_THAT_IS_REQUESTED_CAME(
        "required_spec102_maySignalLessThanRequestedAndTerminateSubscription"),
    SIGNALS_CONCURRENTLY("stochastic_spec103_mustSignalOnMethodsSequentially"),
    COMPLETES_INSTEAD_OF_FAILING("optional_spec104_mustSignalOnErrorWhenFails"),
    NEVER_COMPLETES("required_spec105_mustSignalOnCompleteWhenFiniteStreamTerminates"),
    NEVER_COMPLETES_IF_EMPTY("optional_spec105_emptyStreamMustTerminateBySignallingOnComplete"),
    ANSWERS_REQUESTS_AFTER_COMPLETION("required_spec106_requestAndCancelAfterCompletionAreNoOps"),
    ANSWERS_REQUESTS_AFTER_FAILURE("required_spec106_requestAndCancelAfterFailureAreNoOps"),
    KEEPS_A_COMPLETED_SUBSCRIBER("required_spec106_aSubscriberThatWasCompletedIsDropped"),
    COMPLETES_TWICE("required_spec107_mustNotEmitFurtherSignalsOnceOnCompleteHasBeenSignalled"),
    FAILS_TWICE("required_spec107_nothingIsSignalledAfterOnError"),
    COMPLETES_ON_CANCEL("required_spec108_aCancelledSubscriberGetsNoTerminalSignal"),
    FAILS_ON_CANCEL("required_spec108_aCancelledSubscriberGetsNoTerminalSignal"),
    ACCEPTS_A_NULL_SUBSCRIBER("required_spec109_subscribeThrowNPEOnNullSubscriber"),
    HANDS_OUT_NO_SUBSCRIPTION("required_spec109_mustIssueOnSubscribeForNonNullSubscriber"),
    HANDS_OUT_TWO_SUBSCRIPTIONS("required_spec109_mustIssueOnSubscribeForNonNullSubscriber"),
    THROWS_FROM_SUBSCRIBE("required_spec109_subscribeReturnsNormally"),
    THROWS_ITS_FAILURE_FROM_SUBSCRIBE("required_spec109_subscribingToAFailedOneReturnsNormally"),
    FAILS_BEFORE_ON_SUBSCRIBE(
        "required_spec109_mayRejectCallsToSubscribeIfPublisherIsUnableOrUnwillingToServeThem"
            + "RejectionMustTriggerOnErrorAfterOnSubscribe"),
    THROWS_AT_THE_SECOND_SUBSCRIBER(
        "required_spec109_aSecondSubscriberIsRefusedByOnErrorAfterOnSubscribe"),
    SERVES_A_SECOND_SUBSCRIBER(
        "required_spec109_aSecondSubscriberIsRefusedByOnErrorAfterOnSubscribe"),
    CANCELS_A_SUBSCRIBER_THAT_COMES_BACK(
        "required_spec110_subscribingTheSameSubscriberTwiceSparesItsFirstSubscriptionOrIsRefused"
            + "ByOnError"),
    THROWS_AT_A_SUBSCRIBER_THAT_COMES_BACK(
        "required_spec110_subscribingTheSameSubscriberTwiceSparesItsFirstSubscriptionOrIsRefused"
            + "ByOnError"),
    GIVES_EACH_SUBSCRIBER_OTHER_ELEMENTS(
        "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfIts"
            + "SubscribersWhenRequestingOneByOne"),
    SIGNALS_NULL("required_spec213_elementsAreNeverNull"),
    REFUSES_REQUESTS_FROM_ON_NEXT(
        "required_spec302_mustAllowSynchronousRequestCallsFromOnNextAndOnSubscribe"),
    RECURSES("required_spec303_mustNotAllowUnboundedRecursion"),
    SIGNALS_UNDER_THE_LOCK_OF_REQUEST(
        "optional_spec304_requestReturnsWhileAnElementIsBeingReceived"),
    SIGNALS_UNDER_THE_LOCK_OF_CANCEL("required_spec305_cancelReturnsWhileAnElementIsBeingReceived"),
    SERVES_REQUESTS_AFTER_CANCEL("required_spec306_afterSubscriptionIsCancelledRequestMustBeNops"),
    FAILS_ON_A_SECOND_CANCEL(
        "required_spec307_afterSubscriptionIsCancelledAdditionalCancelationsMustBeNops"),
    IGNORES_A_REQUEST_OF_ZERO("required_spec309_requestZeroMustSignalIllegalArgumentException"),
    IGNORES_A_NEGATIVE_REQUEST(
        "required_spec309_requestNegativeNumberMustSignalIllegalArgumentException"),
    FAILS_WITHOUT_NAMING_THE_REQUEST(
        "optional_spec309_requestNegativeNumberMaySignalIllegalArgumentExceptionWithSpecific"
            + "Message"),
    SIGNALS_ALL_AFTER_CANCEL(
        "required_spec312_cancelMustMakeThePublisherToEventuallyStopSignaling"),
    FLOWS_ON_AFTER_CANCEL("required_spec312_elementsStopAfterCancelHoweverManyWereRequested"),
    KEEPS_A_CANCELLED_SUBSCRIBER(
        "required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber"),
    THROWS_FROM_CANCEL("required_spec315_cancelReturnsNormally"),
    THROWS_FROM_A_REQUEST_OF_ZERO("required_spec316_requestOfZeroReturnsNormally"),
    TAKES_DEMAND_AS_AN_INT("required_spec317_mustSupportAPendingElementCountUpToLongMaxValue"),
    ADDS_DEMAND_AS_INTS(
        "required_spec317_mustSupportACumulativePendingElementCountUpToLongMaxValue"),
    RECURSES_INTO_MORE("required_spec303_mustNotAllowUnboundedRecursion"),
    FAILS_ON_OVERFLOW("required_spec317_mustNotSignalOnErrorWhenPendingAboveLongMaxValue");

    final String caughtBy;

    Defect(String caughtBy) {
      this.caughtBy = caughtBy;
    }
  }

  private final long count;
  private final Defect defect;
  private final boolean unicast;
  private final Supplier<Throwable> failure;
  private final AtomicInteger subscribers = new AtomicInteger();
  private final List<Subscriber<?>> kept = new CopyOnWriteArrayList<>();
  private final List<Numbering> open = new CopyOnWriteArrayList<>();

  private Numbers(long count, Defect defect, boolean unicast, Supplier<Throwable> failure) {
    this.count = count;
    this.defect = defect;
    this.unicast = unicast;
    this.failure = failure;
  }

  static Numbers upTo(long count, Defect defect) {
    return new Numbers(count, defect, false, () -> null);
  }

  static Numbers unicast(long count, Defect defect) {
    return new Numbers(count, defect, true, () -> null);
  }

  static Numbers failed(Defect defect) {
    return new Numbers(1, defect, false, () -> new IllegalStateException("failed"));
  }

  private boolean has(Defect other) {
    return defect == other;
  }

  @Override
  public void subscribe(Subscriber<? super Long> subscriber) {
    if (subscriber == null && has(Defect.ACCEPTS_A_NULL_SUBSCRIBER)) {
      return;
    }
    Objects.requireNonNull(subscriber, "subscriber must not be null");
    int earlier = subscribers.getAndIncrement();
    if (has(Defect.THROWS_FROM_SUBSCRIBE)) {
      throw new IllegalStateException("subscribe");
    }
    if (has(Defect.KEEPS_A_COMPLETED_SUBSCRIBER) || has(Defect.KEEPS_A_CANCELLED_SUBSCRIBER)) {
      kept.add(subscriber);
    }
    Throwable failed = failure.get();
    if (unicast && earlier > 0 && has(Defect.THROWS_AT_THE_SECOND_SUBSCRIBER)) {
      throw new IllegalStateException("only one subscriber");
    }
    if (unicast && earlier > 0 && !has(Defect.SERVES_A_SECOND_SUBSCRIBER)) {
      failed = new IllegalStateException("only one subscriber");
    }
    if (has(Defect.THROWS_ITS_FAILURE_FROM_SUBSCRIBE) && failed != null) {
      throw new IllegalStateException(failed);
    }
    for (Numbering numbering : open) {
      if (numbering.subscriber == subscriber && has(Defect.CANCELS_A_SUBSCRIBER_THAT_COMES_BACK)) {
        numbering.cancel();
      }
      if (numbering.subscriber == subscriber
          && has(Defect.THROWS_AT_A_SUBSCRIBER_THAT_COMES_BACK)) {
        throw new IllegalStateException("you again");
      }
    }
    long first = has(Defect.GIVES_EACH_SUBSCRIBER_OTHER_ELEMENTS) ? 100L * earlier : 0;
    Numbering numbering = new Numbering(subscriber, first, failed);
    if (has(Defect.CANCELS_A_SUBSCRIBER_THAT_COMES_BACK)
        || has(Defect.THROWS_AT_A_SUBSCRIBER_THAT_COMES_BACK)) {
      open.add(numbering);
    }
    if (failed != null && has(Defect.FAILS_BEFORE_ON_SUBSCRIBE)) {
      subscriber.onError(failed);
    }
    if (!has(Defect.HANDS_OUT_NO_SUBSCRIPTION)) {
      subscriber.onSubscribe(numbering);
    }
    if (has(Defect.HANDS_OUT_TWO_SUBSCRIPTIONS)) {
      subscriber.onSubscribe(numbering);
    }
    numbering.start();
  }

  /** One subscription: whoever raises {@code wip} from zero signals, for all others. */
  private final class Numbering implements Subscription {
    private final Subscriber<? super Long> subscriber;
    private final long first;
    private final AtomicLong demand = new AtomicLong();
    private final AtomicInteger wip = new AtomicInteger();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Throwable failed;
    private volatile boolean done;
    private long next;

    Numbering(Subscriber<? super Long> subscriber, long first, Throwable failed) {
      this.subscriber = subscriber;
      this.first = first;
      this.failed = failed;
      if (has(Defect.SIGNALS_UNREQUESTED)) {
        demand.set(1);
      }
    }

    void start() {
      drain();
    }

    @Override
    public void request(long n) {
      if (has(Defect.SIGNALS_UNDER_THE_LOCK_OF_REQUEST)) {
        lock.lock();
        try {
          requested(n);
        } finally {
          lock.unlock();
        }
      } else {
        requested(n);
      }
    }

    private void requested(long n) {
      if (done && failed == null && has(Defect.ANSWERS_REQUESTS_AFTER_COMPLETION)) {
        subscriber.onNext(next);
      }
      if (done && failed != null && has(Defect.ANSWERS_REQUESTS_AFTER_FAILURE)) {
        subscriber.onError(failed);
      }
      if (has(Defect.REFUSES_REQUESTS_FROM_ON_NEXT) && wip.get() > 0) {
        throw new IllegalStateException("request from onNext");
      }
      if (cancelled.get() && has(Defect.SERVES_REQUESTS_AFTER_CANCEL)) {
        subscriber.onNext(next++);
      }
      if (n == 0 && has(Defect.THROWS_FROM_A_REQUEST_OF_ZERO)) {
        throw new IllegalArgumentException("§3.9: requested 0");
      }
      if (n <= 0) {
        boolean ignored =
            (n == 0 && has(Defect.IGNORES_A_REQUEST_OF_ZERO))
                || (n < 0 && has(Defect.IGNORES_A_NEGATIVE_REQUEST));
        if (!ignored) {
          failed =
              new IllegalArgumentException(
                  has(Defect.FAILS_WITHOUT_NAMING_THE_REQUEST) ? "no" : "§3.9: requested " + n);
        }
      } else if (has(Defect.TAKES_DEMAND_AS_AN_INT)) {
        demand.updateAndGet(d -> d + (int) n);
      } else if (has(Defect.ADDS_DEMAND_AS_INTS)) {
        demand.updateAndGet(d -> (int) (d + n));
      } else {
        long sum = demand.updateAndGet(d -> d + n < 0 ? Long.MAX_VALUE : d + n);
        if (sum == Long.MAX_VALUE && n < Long.MAX_VALUE && has(Defect.FAILS_ON_OVERFLOW)) {
          failed = new IllegalStateException("demand overflows");
        }
      }
      if (has(Defect.RECURSES_INTO_MORE) && next == 1 && wip.get() > 0) {
        subscriber.onNext(next++);
      }
      if (has(Defect.RECURSES) && !done && !cancelled.get() && failed == null) {
        while (next < count && demand.get() > 0) {
          demand.decrementAndGet();
          subscriber.onNext(next++);
        }
      }
      drain();
    }

    private void drain() {
      if (wip.getAndIncrement() != 0) {
        return;
      }
      int missed = 1;
      do {
        signalWhatIsDue();
        missed = wip.addAndGet(-missed);
      } while (missed != 0);
    }

    private boolean stopped() {
      return done || (cancelled.get() && !has(Defect.FLOWS_ON_AFTER_CANCEL));
    }

    private void signalWhatIsDue() {
      while (!stopped()) {
        if (failed != null) {
          fail();
        } else if (next == count) {
          if (has(Defect.COMPLETES_ONLY_WHEN_ALL_THAT_IS_REQUESTED_CAME) && demand.get() > 1) {
            return;
          }
          complete();
        } else if (demand.get() > 0 || (has(Defect.IGNORES_DEMAND) && next > 0)) {
          if (demand.get() != Long.MAX_VALUE) {
            demand.decrementAndGet();
          }
          signal();
          if (next == 1 && has(Defect.SIGNALS_ONE_TOO_MANY)) {
            signal();
          }
        } else {
          return;
        }
      }
    }

    private void signal() {
      Long element = has(Defect.SIGNALS_NULL) ? null : Long.valueOf(first + next);
      next++;
      if (has(Defect.SIGNALS_CONCURRENTLY) && next > 1) {
        Thread other = new Thread(() -> subscriber.onNext(element));
        other.start();
        if (next == count) {
          join(other);
        }
      } else if (has(Defect.SIGNALS_UNDER_THE_LOCK_OF_REQUEST)
          || has(Defect.SIGNALS_UNDER_THE_LOCK_OF_CANCEL)) {
        lock.lock();
        try {
          subscriber.onNext(element);
        } finally {
          lock.unlock();
        }
      } else {
        subscriber.onNext(element);
        if (cancelled.get() && has(Defect.FLOWS_ON_AFTER_CANCEL) && next == count) {
          flowOn();
        }
      }
    }

    private void flowOn() {
      Thread flow =
          new Thread(
              () -> {
                for (int i = 0; i < 1_000_000 && !Thread.currentThread().isInterrupted(); i++) {
                  subscriber.onNext(next);
                }
              });
      flow.setDaemon(true);
      flow.start();
    }

    private void fail() {
      done = true;
      if (has(Defect.COMPLETES_INSTEAD_OF_FAILING)) {
        subscriber.onComplete();
      } else {
        subscriber.onError(failed);
        if (has(Defect.FAILS_TWICE)) {
          subscriber.onError(failed);
        }
      }
    }

    private void complete() {
      done = true;
      if (has(Defect.NEVER_COMPLETES) || (count == 0 && has(Defect.NEVER_COMPLETES_IF_EMPTY))) {
        return;
      }
      subscriber.onComplete();
      if (has(Defect.COMPLETES_TWICE)) {
        subscriber.onComplete();
      }
      if (has(Defect.KEEPS_A_CANCELLED_SUBSCRIBER)) {
        kept.remove(subscriber);
      }
    }

    @Override
    public void cancel() {
      boolean first = cancelled.compareAndSet(false, true);
      if (has(Defect.KEEPS_A_COMPLETED_SUBSCRIBER)) {
        kept.remove(subscriber);
      }
      if (has(Defect.THROWS_FROM_CANCEL)) {
        throw new IllegalStateException("cancel");
      }
      if (!first && !done && has(Defect.FAILS_ON_A_SECOND_CANCEL)) {
        subscriber.onError(new IllegalStateException("cancelled twice"));
      }
      if (first && !done && has(Defect.COMPLETES_ON_CANCEL)) {
        subscriber.onComplete();
      }
      if (first && !done && has(Defect.FAILS_ON_CANCEL)) {
        subscriber.onError(new IllegalStateException("cancelled"));
      }
      if (first && has(Defect.SIGNALS_ALL_AFTER_CANCEL)) {
        while (next < count) {
          subscriber.onNext(next++);
        }
      }
      if (has(Defect.SIGNALS_UNDER_THE_LOCK_OF_CANCEL)) {
        lock.lock();
        try {
          cancelled.set(true);
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
