package dev.velox.reactor.micrometer;

import java.lang.ref.WeakReference;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;

/**
 * What constructs of one kind and name have of something, together. It keeps none of them alive,
 * and forgets those that are gone whenever it is read, or has twice as many as were left then.
 */
final class LevelSum {

  private record Watched<C>(WeakReference<C> construct, ToLongFunction<? super C> reader) {
    long read() {
      C alive = construct.get();
      return alive == null ? 0 : reader.applyAsLong(alive);
    }

    boolean isGone() {
      return construct.refersTo(null);
    }
  }

  private static final int FEW = 64;

  private final Queue<Watched<?>> watched = new ConcurrentLinkedQueue<>();
  private final AtomicInteger room = new AtomicInteger(FEW);

  <C> void add(C construct, ToLongFunction<? super C> reader) {
    watched.add(new Watched<>(new WeakReference<>(construct), reader));
    if (room.decrementAndGet() == 0) {
      double ignored = value();
    }
  }

  double value() {
    long sum = 0;
    int alive = 0;
    for (Iterator<Watched<?>> all = watched.iterator(); all.hasNext(); ) {
      Watched<?> each = all.next();
      if (each.isGone()) {
        all.remove();
      } else {
        alive++;
        sum += each.read();
      }
    }
    room.set(alive + FEW);
    return sum;
  }
}
