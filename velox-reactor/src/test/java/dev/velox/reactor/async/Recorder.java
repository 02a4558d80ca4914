package dev.velox.reactor.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.util.context.Context;

/** A subscriber that asks for nothing by itself, and remembers what it got. */
final class Recorder<T> implements CoreSubscriber<T> {

  private final Context context;
  private final List<T> values = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile Subscription subscription;
  private volatile Throwable error;
  private volatile int terminals;

  Recorder() {
    this(Context.empty());
  }

  Recorder(Context context) {
    this.context = context;
  }

  Subscription subscription() {
    return subscription;
  }

  List<T> values() {
    return values;
  }

  Throwable error() {
    return error;
  }

  boolean hasEnded() {
    return terminals > 0;
  }

  /** Waits for the terminal signal; answers the error, or null for a completion. */
  Throwable awaitEnd() {
    try {
      assertThat(end.await(10, TimeUnit.SECONDS)).as("a terminal signal").isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(terminals).isEqualTo(1);
    return error;
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  public void onSubscribe(Subscription s) {
    subscription = s;
  }

  @Override
  public void onNext(T value) {
    values.add(value);
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // signals are serial
  public void onError(Throwable failure) {
    error = failure;
    terminals++;
    end.countDown();
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // signals are serial
  public void onComplete() {
    terminals++;
    end.countDown();
  }
}
