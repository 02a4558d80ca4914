package dev.velox.reactor.parallel;

import java.util.Arrays;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** The results of one chunk while it is being worked on; one thread's own. */
final class ResultBuffer {

  private final Context context;
  private Object[] results;
  private int count;

  ResultBuffer(int expected, Context context) {
    this.results = new Object[expected];
    this.context = context;
  }

  void add(Object result) {
    if (count == results.length) {
      results = Arrays.copyOf(results, Math.max(8, count + (count >> 1)));
    }
    results[count++] = result;
  }

  /** Runs what fills it; answers the results, or discards them if it throws. */
  Object[] filledBy(Runnable loop) {
    try {
      loop.run();
    } catch (Throwable failure) {
      for (int i = 0; i < count; i++) {
        Operators.onDiscard(results[i], context);
      }
      throw failure;
    }
    return count == results.length ? results : Arrays.copyOf(results, count);
  }
}
