package dev.velox.reactor.parallel;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Tells which items of a parallel operation failed, and with what. It ends an operation that
 * collects errors, stops after some number of them, or was asked to say the index.
 *
 * <p>The cause is the failure that came first in time; the others are suppressed errors of this
 * one, in the order they came. {@link #failures()} has them by index.
 */
public final class ItemsFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long[] indexes;
  private final Throwable[] errors;

  /**
   * Puts failures together.
   *
   * @param failures what failed, in the order of time; at least one
   */
  ItemsFailedException(List<? extends Settled.Failure<?>> failures) {
    super(message(failures), failures.get(0).error());
    this.indexes = failures.stream().mapToLong(Settled.Failure::index).toArray();
    this.errors = failures.stream().map(Settled.Failure::error).toArray(Throwable[]::new);
    for (int i = 1; i < errors.length; i++) {
      addSuppressed(errors[i]);
    }
  }

  private static String message(Collection<? extends Settled.Failure<?>> failures) {
    Settled.Failure<?> first = failures.iterator().next();
    String told = "item " + first.index() + " failed: " + first.error();
    int others = failures.size() - 1;
    return others == 0 ? told : told + " (and " + others + " more)";
  }

  /**
   * Which items failed, and with what.
   *
   * @return the failures, ordered by index
   */
  public List<Settled.Failure<?>> failures() {
    List<Settled.Failure<?>> failures = new ArrayList<>(errors.length);
    for (int i = 0; i < errors.length; i++) {
      failures.add(new Settled.Failure<>(indexes[i], errors[i]));
    }
    failures.sort(Comparator.comparingLong(Settled::index));
    return List.copyOf(failures);
  }

  /**
   * Which item failed first in time.
   *
   * @return its index in the input, from 0
   */
  public long index() {
    return indexes[0];
  }
}
