package dev.velox.reactor.internal;

import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;

/** Tells errors that only say that somebody cancelled from those that say something new. */
public final class Cancellations {

  private static final int LEVELS = 16;

  private Cancellations() {}

  /**
   * Whether an error is what code throws that was cancelled or interrupted, or comes from one.
   *
   * @param failure the error
   * @return {@code true} if it, or one of its causes, is a cancellation or an interrupt
   */
  public static boolean isOne(Throwable failure) {
    Throwable each = failure;
    for (int level = 0; each != null && level < LEVELS; level++) {
      if (each instanceof CancellationException
          || each instanceof InterruptedException
          || each instanceof ClosedByInterruptException
          || (each instanceof InterruptedIOException
              && !(each instanceof SocketTimeoutException))) {
        return true;
      }
      each = each.getCause();
    }
    return false;
  }
}
