package dev.velox.reactor.parallel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The failures of one subscription's items, and what they mean for it.
 *
 * <p>State: one reference to the failure that came last, which knows the one before and how many
 * they are. Any thread adds by compare-and-set, so each adder knows for certain how many failed up
 * to its own, and exactly one finds itself to be the last that is allowed: it takes them all for
 * its report and leaves itself as a marker that has been told. Whoever else tells of failures takes
 * them by a swap. So each is told once.
 */
final class Failures {

  private record Entry(long index, Throwable error, int count, @Nullable Entry before) {}

  private final AtomicReference<@Nullable Entry> last = new AtomicReference<>();
  private final int limit;
  private final boolean indexed;
  private volatile @Nullable Throwable end;

  Failures(ParallelSpec spec) {
    this.limit = spec.errorLimit();
    this.indexed = spec.errorsSayIndex();
  }

  /** Adds a failure; answers what ends the operation, or {@code null} if it is tolerated. */
  @Nullable Throwable add(long index, Throwable error) {
    if (limit == 1 && !indexed) {
      return error;
    }
    Entry before;
    Entry entry;
    Entry left;
    do {
      before = last.get();
      entry = new Entry(index, error, before == null ? 1 : before.count + 1, before);
      left = isMarker(entry) ? new Entry(index, error, limit, null) : entry;
    } while (!last.compareAndSet(before, left));
    if (isMarker(entry)) {
      return report(listed(entry, false));
    }
    // Added behind the back of who told of the others: then nobody will ask again.
    Throwable why = end;
    if (why != null) {
      attachTo(why);
    }
    return null;
  }

  private boolean isMarker(Entry entry) {
    return entry.count == limit;
  }

  /** What the operation ends with, all items having ended: {@code null} for success. */
  @Nullable Throwable verdict() {
    List<Settled.Failure<?>> failures = take();
    return failures.isEmpty() ? null : report(failures);
  }

  /** Makes failures that were not told of visible on the error that ends the operation. */
  void attachTo(Throwable end) {
    this.end = end;
    List<Settled.Failure<?>> failures = take();
    if (end instanceof ItemsFailedException) {
      failures.forEach(failure -> suppress(failure.error(), end));
    } else if (!failures.isEmpty()) {
      suppress(report(failures), end);
    }
  }

  /** Makes failures that were not told of visible though their receiver left. */
  void drop(Context context) {
    List<Settled.Failure<?>> failures = take();
    if (!failures.isEmpty()) {
      Operators.onErrorDropped(report(failures), context);
    }
  }

  /**
   * Takes care of an error that an item signalled when the operation had ended. After an error it
   * is one of the same accident, and said with it. What merely tells that the item was called off
   * is no news to anyone.
   */
  static void late(Throwable error, @Nullable Throwable end, Context context) {
    if (end != null) {
      suppress(error, end);
    } else if (!isCancellation(error)) {
      Operators.onErrorDropped(error, context);
    }
  }

  private static void suppress(Throwable error, Throwable end) {
    if (error != end && error.getCause() != end && end.getCause() != error) {
      Throwable ignored = Exceptions.addSuppressed(end, error);
    }
  }

  private static boolean isCancellation(Throwable error) {
    Throwable plain = Exceptions.unwrap(error);
    return plain instanceof CancellationException || plain instanceof InterruptedException;
  }

  private List<Settled.Failure<?>> take() {
    Entry latest = last.get();
    return latest == null ? List.of() : listed(last.getAndSet(null), true);
  }

  private List<Settled.Failure<?>> listed(@Nullable Entry latest, boolean skipMarker) {
    List<Settled.Failure<?>> failures = new ArrayList<>();
    for (Entry entry = latest; entry != null; entry = entry.before) {
      if (!skipMarker || !isMarker(entry)) {
        failures.add(new Settled.Failure<>(entry.index, entry.error));
      }
    }
    Collections.reverse(failures);
    return failures;
  }

  private static ItemsFailedException report(List<Settled.Failure<?>> failures) {
    return new ItemsFailedException(failures);
  }
}
