package dev.velox.tck;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import org.reactivestreams.tck.TestEnvironment;

/**
 * A subscriber under test between a subscription that keeps what is called on it, and a probe that
 * keeps what the subscriber says it got.
 */
class SubscriberStage<T> implements Subscription {

  private final Timing timing;
  private final IntFunction<? extends T> elements;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicLong demand = new AtomicLong();
  private final AtomicInteger calls = new AtomicInteger();
  private final Semaphore requested = new Semaphore(0);
  private final Semaphore cancelled = new Semaphore(0);
  private final AtomicReference<@Nullable Thread> calling = new AtomicReference<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  final Probe<T> probe;
  final Subscriber<T> subscriber;

  SubscriberStage(
      Timing timing,
      Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> subscribers,
      IntFunction<? extends T> elements) {
    this.timing = timing;
    this.elements = elements;
    this.probe = new Probe<>(timing);
    this.subscriber = subscribers.apply(probe);
  }

  SubscriberStage<T> open() {
    subscriber.onSubscribe(this);
    return this;
  }

  @Override
  public void request(long n) {
    enter("request(" + n + ")");
    if (n <= 0) {
      violations.add("requested " + n + " (§3.9)");
    }
    demand.addAndGet(n);
    requested.release();
    onRequest(n);
    leave();
  }

  @Override
  public void cancel() {
    enter("cancel");
    cancelled.release();
    leave();
  }

  /** What a check does with a request, inside {@code request}. */
  void onRequest(long n) {}

  private void enter(String call) {
    calls.incrementAndGet();
    Thread current = Thread.currentThread();
    if (!calling.compareAndSet(null, current) && calling.get() != current) {
      violations.add(call + " was called while another thread was in a call (§2.7)");
    }
  }

  private void leave() {
    calling.compareAndSet(Thread.currentThread(), null);
  }

  T element() {
    return elements.apply(sent.getAndIncrement());
  }

  /** Asks the subscriber for demand, and sends one element once it is there. */
  T sendRequested() throws InterruptedException {
    probe.puppet().triggerRequest(1);
    awaitDemand();
    return send();
  }

  T send() {
    T element = element();
    demand.decrementAndGet();
    subscriber.onNext(element);
    return element;
  }

  private void awaitDemand() throws InterruptedException {
    long deadline = System.nanoTime() + timing.signal().toNanos();
    while (demand.get() <= 0) {
      if (!requested.tryAcquire(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("request was not called within " + timing.signal());
      }
    }
  }

  void expectCancel() throws InterruptedException {
    if (!cancelled.tryAcquire(timing.signal().toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("cancel was not called within " + timing.signal());
    }
  }

  /** Fails if the subscriber calls its subscription although it has no business there. */
  void expectNoCall(String when) throws InterruptedException {
    int before = calls.get();
    TimeUnit.MILLISECONDS.sleep(timing.silence().toMillis());
    if (calls.get() != before) {
      throw new AssertionError("called its subscription " + when);
    }
  }

  void verify() {
    String violation = violations.peek();
    if (violation != null) {
      throw new AssertionError(violation);
    }
  }

  /** Keeps what the subscriber says it got. */
  static final class Probe<T> extends WhiteboxSubscriberProbe<T> {
    private final Timing timing;
    private final Queue<Object> got = new ConcurrentLinkedQueue<>();
    private final Semaphore arrived = new Semaphore(0);
    private final Semaphore ended = new Semaphore(0);
    private volatile @Nullable SubscriberPuppet registered;

    Probe(Timing timing) {
      this(timing, OfficialTck.environment(timing));
    }

    private Probe(Timing timing, TestEnvironment environment) {
      super(environment, new TestEnvironment.Promise<>(environment));
      this.timing = timing;
    }

    @Override
    public void registerOnSubscribe(SubscriberPuppet given) {
      if (registered == null) {
        registered = given;
      }
    }

    @Override
    public void registerOnNext(T element) {
      got.add(element);
      arrived.release();
    }

    @Override
    public void registerOnError(Throwable failure) {
      ended.release();
    }

    @Override
    public void registerOnComplete() {
      ended.release();
    }

    SubscriberPuppet puppet() {
      SubscriberPuppet given = registered;
      if (given == null) {
        throw new AssertionError("the subscriber did not call registerOnSubscribe");
      }
      return given;
    }

    void expect(Object element) throws InterruptedException {
      if (!arrived.tryAcquire(timing.signal().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("did not register " + element + " within " + timing.signal());
      }
      Object next = got.poll();
      if (!element.equals(next)) {
        throw new AssertionError("registered " + next + " instead of " + element);
      }
    }

    void expectEnd() throws InterruptedException {
      if (!ended.tryAcquire(timing.signal().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("did not register the end within " + timing.signal());
      }
    }
  }
}
