package dev.velox.reactor.worker;

/**
 * A worker's thread could not be ended: it heeded neither the abort signal nor its interrupt, and
 * its engine has no other means. The thread may run on and use its processor until the JVM ends;
 * nothing that it does reaches anyone any more.
 *
 * <p>The cause shows where the thread was when it was given up.
 */
public final class WorkerAbandonedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  WorkerAbandonedException(String worker, Thread thread) {
    super(worker + " could not be ended; its thread was abandoned", new WhereItIs(thread));
  }

  /** Only the place matters, so it takes the thread's stack for its own. */
  private static final class WhereItIs extends Exception {

    private static final long serialVersionUID = 1L;

    WhereItIs(Thread thread) {
      super("where thread " + thread.getName() + " is");
      setStackTrace(thread.getStackTrace());
    }

    @Override
    public Throwable fillInStackTrace() {
      return this;
    }
  }
}
