package dev.velox.tck;

import dev.velox.tck.Conformance.Check;
import dev.velox.tck.Conformance.Entry;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** What the kit's own checks have in common: the list they make, and how they wait. */
abstract class Checks {

  /** Leaves a subscriber behind, and answers the only reference to it that is left. */
  interface Leaver {
    WeakReference<?> leave() throws InterruptedException;
  }

  final Timing timing;
  private final List<Entry> entries = new ArrayList<>();

  Checks(Timing timing) {
    this.timing = timing;
  }

  List<Entry> entries() {
    return entries;
  }

  final void check(String id, @Nullable String ruledOut, Check check) {
    Rule rule = Rule.of(id, Rule.Origin.VELOX);
    entries.add(ruledOut == null ? Entry.applies(rule, check) : Entry.ruledOut(rule, ruledOut));
  }

  final <T> SignalRecorder<T> subscribe(Publisher<T> publisher) {
    SignalRecorder<T> recorder = new SignalRecorder<>(timing);
    publisher.subscribe(recorder);
    return recorder;
  }

  /** Fails if what a publisher was left with can't be collected although the publisher lives on. */
  final void expectDropped(Object publisher, String who, Leaver leaver)
      throws InterruptedException {
    WeakReference<?> left = leaver.leave();
    long deadline = System.nanoTime() + 3 * timing.signal().toNanos();
    try {
      while (left.get() != null) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError(who + " is still reachable from the publisher " + publisher);
        }
        System.gc();
        TimeUnit.MILLISECONDS.sleep(5);
      }
    } finally {
      Reference.reachabilityFence(publisher);
    }
  }

  /** Runs an action on a thread of its own and fails if it has not returned in time. */
  final void expectReturn(String what, Runnable action) throws InterruptedException {
    CountDownLatch returned = new CountDownLatch(1);
    List<Throwable> thrown = new ArrayList<>();
    start(
        () -> {
          try {
            action.run();
          } catch (Throwable failure) {
            thrown.add(failure);
          }
          returned.countDown();
        });
    if (!returned.await(timing.signal().toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError(what + " did not return within " + timing.signal());
    }
    if (!thrown.isEmpty()) {
      throw new AssertionError(what + " threw " + thrown.get(0), thrown.get(0));
    }
  }

  static void expectNormalReturn(String what, Runnable action) {
    try {
      action.run();
    } catch (Exception | LinkageError | AssertionError failure) {
      throw new AssertionError(what + " threw " + failure, failure);
    }
  }

  static Thread start(Runnable action) {
    Thread thread = new Thread(action, "velox-tck");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Waits in a callback of a check, where it can't be told that it was interrupted. */
  static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
