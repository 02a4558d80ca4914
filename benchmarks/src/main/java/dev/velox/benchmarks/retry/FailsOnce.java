package dev.velox.benchmarks.retry;

import java.util.concurrent.Callable;

/**
 * A call that answers at once, or fails once before it answers. The error costs no stack trace:
 * retrying is measured.
 */
final class FailsOnce implements Callable<Integer> {

  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure() {
      super("first attempt", null, false, false);
    }
  }

  private final boolean fails;
  private final Failure failure = new Failure();
  private boolean failed;
  private int answer;

  FailsOnce(boolean fails) {
    this.fails = fails;
  }

  @Override
  public Integer call() {
    if (fails && !failed) {
      failed = true;
      throw failure;
    }
    failed = false;
    return ++answer & 127;
  }
}
