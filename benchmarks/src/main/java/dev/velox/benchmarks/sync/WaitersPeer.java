package dev.velox.benchmarks.sync;

/** A lock that is held all the time, so that who joins waits. */
public interface WaitersPeer extends AutoCloseable {

  /** Waits for the lock. */
  Object join();

  /** Waits no more. */
  void leave(Object waiter);

  /** Whether it left. */
  boolean isLeft(Object waiter);

  @Override
  default void close() throws Exception {}
}
