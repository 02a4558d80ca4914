package dev.velox.benchmarks.sync;

/** A lock or a semaphore, with tasks that go through it. */
public interface LockPeer extends AutoCloseable {

  /**
   * Starts {@code tasks} tasks; each takes a permit, is inside, and gives it back, {@code cycles}
   * times.
   *
   * @param yields whether a task gives its thread away while it is inside
   */
  void run(Guarded guarded, int tasks, int cycles, boolean yields) throws Exception;

  @Override
  default void close() throws Exception {}
}
