package dev.velox.reactor.testing;

import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;

/**
 * A construct in a state in which one of its operations has to wait: what the contract harness
 * needs to know to run the table over that operation. Each instance is a construct of its own.
 */
public interface Waiting {

  /** Assembles the operation. Every subscription to it is to wait. */
  Publisher<?> operation();

  /** Makes available what one waiter waits for; with nobody waiting, it stays available. */
  void release();

  /** How many wait, as the construct tells it. */
  int waiting();

  /**
   * After a {@link #release()}: whether what was released is still there for somebody else. Asked
   * once.
   */
  boolean isUntouched();

  /**
   * Whether what a waiter was granted stays granted, though it is cancelled before it hears of it.
   * So it is for a send: what was accepted stays accepted.
   */
  default boolean isGrantFinal() {
    return false;
  }

  /** A construct of which each of these is one call. */
  static Waiting of(
      boolean isGrantFinal,
      Supplier<Publisher<?>> operation,
      Runnable release,
      IntSupplier waiting,
      BooleanSupplier untouched) {
    return new Waiting() {
      @Override
      public Publisher<?> operation() {
        return operation.get();
      }

      @Override
      public void release() {
        release.run();
      }

      @Override
      public int waiting() {
        return waiting.getAsInt();
      }

      @Override
      public boolean isGrantFinal() {
        return isGrantFinal;
      }

      @Override
      public boolean isUntouched() {
        return untouched.getAsBoolean();
      }
    };
  }
}
