package dev.velox.tck;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A subscriber that keeps what it gets, in order, and notices what no publisher may do: signal
 * before {@code onSubscribe}, two signals at once, {@code null}, anything after the end.
 *
 * <p>Signalling threads never wait here: they offer to a queue and release a permit. Only the
 * testing thread waits, and never without a limit.
 *
 * @param <T> the type of the elements
 */
class SignalRecorder<T> implements Subscriber<T> {

  /** The kinds of signal that may follow {@code onSubscribe}. */
  enum Kind {
    ELEMENT,
    ERROR,
    COMPLETION
  }

  /** A signal, with its element or error. */
  record Signal(Kind kind, @Nullable Object value) {
    @Override
    public String toString() {
      return switch (kind) {
        case ELEMENT -> "onNext(" + value + ")";
        case ERROR -> "onError(" + value + ")";
        case COMPLETION -> "onComplete()";
      };
    }
  }

  /** No check wants nearly as many; who sends more ignores cancel, and must not fill the heap. */
  private static final int FLOOD = 100_000;

  private final Timing timing;
  private final AtomicInteger received = new AtomicInteger();
  private final CountDownLatch subscribed = new CountDownLatch(1);
  private final Queue<Signal> signals = new ConcurrentLinkedQueue<>();
  private final Semaphore arrived = new Semaphore(0);
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Thread> signalling = new AtomicReference<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable Subscription subscription;

  SignalRecorder(Timing timing) {
    this.timing = timing;
  }

  @Override
  public void onSubscribe(Subscription given) {
    if (subscription == null) {
      subscription = given;
      subscribed.countDown();
    } else {
      violations.add("onSubscribe was called a second time (§2.12)");
    }
  }

  @Override
  public final void onNext(@Nullable T element) {
    if (element == null) {
      violations.add("onNext was given null (§2.13)");
    }
    signal(new Signal(Kind.ELEMENT, element), () -> receive(element));
  }

  @Override
  public final void onError(@Nullable Throwable failure) {
    if (failure == null) {
      violations.add("onError was given null (§2.13)");
    }
    signal(new Signal(Kind.ERROR, failure), () -> {});
  }

  @Override
  public final void onComplete() {
    signal(new Signal(Kind.COMPLETION, null), () -> {});
  }

  /** What a check does with an element, inside {@code onNext}. */
  void receive(@Nullable T element) {}

  private void signal(Signal signal, Runnable reaction) {
    Thread current = Thread.currentThread();
    boolean outermost = signalling.compareAndSet(null, current);
    if (!outermost && signalling.get() != current) {
      violations.add(signal + " came while another signal was being received (§1.3)");
    }
    if (subscription == null) {
      violations.add(signal + " came before onSubscribe (§1.9)");
    }
    boolean terminal = signal.kind() != Kind.ELEMENT;
    if (ended.get() || (terminal && !ended.compareAndSet(false, true))) {
      violations.add(signal + " came after the end (§1.7)");
    }
    if (received.incrementAndGet() > FLOOD) {
      violations.add("more than " + FLOOD + " signals came, although so many were not wanted");
      throw new IllegalStateException("the test's subscriber is flooded; it had cancelled");
    }
    signals.offer(signal);
    arrived.release();
    try {
      reaction.run();
    } finally {
      if (outermost) {
        signalling.set(null);
      }
    }
  }

  Subscription subscription() throws InterruptedException {
    boolean inTime = subscribed.await(timing.signal().toMillis(), TimeUnit.MILLISECONDS);
    Subscription given = subscription;
    if (!inTime || given == null) {
      throw new AssertionError("onSubscribe was not called within " + timing.signal());
    }
    return given;
  }

  void request(long elements) throws InterruptedException {
    subscription().request(elements);
  }

  void cancel() throws InterruptedException {
    subscription().cancel();
  }

  /** What {@link #receive} may call: the subscription as it is, without waiting for one. */
  void requestFromInside(long elements) {
    Subscription given = subscription;
    if (given != null) {
      given.request(elements);
    }
  }

  void cancelFromInside() {
    Subscription given = subscription;
    if (given != null) {
      given.cancel();
    }
  }

  Signal await(String what) throws InterruptedException {
    Signal signal = poll(timing.signal());
    if (signal == null) {
      verify();
      throw new AssertionError("expected " + what + ", but nothing came in " + timing.signal());
    }
    return signal;
  }

  Signal await(Kind kind) throws InterruptedException {
    Signal signal = await(kind.name());
    if (signal.kind() != kind) {
      verify();
      throw new AssertionError("expected " + kind + ", but got " + signal);
    }
    return signal;
  }

  /** Waits for the end, whatever comes before it; answers how many elements that was. */
  int awaitEnd() throws InterruptedException {
    int elements = 0;
    while (await("the end").kind() == Kind.ELEMENT) {
      elements++;
    }
    return elements;
  }

  void expectSilence(String when) throws InterruptedException {
    Signal signal = poll(timing.silence());
    if (signal != null) {
      throw new AssertionError("got " + signal + " " + when);
    }
    verify();
  }

  /** A completion may be on its way, for however long its thread is held up, and nothing else. */
  void expectAtMostACompletion(String when) throws InterruptedException {
    for (Signal signal = poll(timing.silence()); signal != null; signal = poll(timing.silence())) {
      if (signal.kind() != Kind.COMPLETION) {
        throw new AssertionError("got " + signal + " " + when);
      }
    }
    verify();
  }

  /** Lets what is on its way arrive, and forgets it; who never stops fails. */
  void settle() throws InterruptedException {
    long deadline = System.nanoTime() + timing.signal().toNanos();
    while (settledWithin(timing.silence()) > 0) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("signals still come after " + timing.signal());
      }
    }
    verify();
  }

  /** Waits for so long, and answers and forgets how many signals have come by then. */
  int settledWithin(Duration pause) throws InterruptedException {
    int count = poll(pause) == null ? 0 : 1;
    while (count > 0 && arrived.tryAcquire()) {
      signals.poll();
      count++;
    }
    return count;
  }

  private @Nullable Signal poll(Duration limit) throws InterruptedException {
    return arrived.tryAcquire(limit.toMillis(), TimeUnit.MILLISECONDS) ? signals.poll() : null;
  }

  void verify() {
    String violation = violations.peek();
    if (violation != null) {
      throw new AssertionError(violation);
    }
  }
}
