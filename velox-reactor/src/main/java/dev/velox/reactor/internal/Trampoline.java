package dev.velox.reactor.internal;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * Runs signals one after the other on the thread that caused them, in constant stack.
 *
 * <p>A signal runs user code, which may call the same construct (or another) and so cause more
 * signals. Run inside each other they would need a stack as deep as the chain is long, and a caller
 * would see its own state in the middle of a change. Here the outermost call on a thread runs its
 * signal and then, in the order they came, all those that were caused meanwhile on that thread; an
 * inner call only lines its signal up and returns.
 *
 * <p>State: one line-up per thread, touched by that thread alone, so there is no race to argue. It
 * identifies nobody and outlives no call: when the outermost call returns, the line is empty.
 *
 * <p>Consequence, which the documentation of the constructs repeats: who blocks the thread inside a
 * signal holds up the signals lined up behind it.
 */
public final class Trampoline {

  private static final ThreadLocal<Trampoline> CURRENT = ThreadLocal.withInitial(Trampoline::new);

  // A line-up that once was long is not kept for the life of its thread.
  private static final int KEPT_LENGTH = 1024;

  private @Nullable ArrayDeque<Runnable> pending;
  private boolean running;
  private int longest;

  private Trampoline() {}

  /**
   * Runs a signal: now if this thread is in no other signal, else as soon as those before it have
   * ended.
   *
   * @param signal what to run; a throwable that escapes it reaches the outermost caller after all
   *     lined-up signals have run
   */
  public static void run(Runnable signal) {
    Trampoline trampoline = CURRENT.get();
    if (trampoline.running) {
      trampoline.lineUp(signal);
    } else {
      trampoline.runAll(signal);
    }
  }

  private void lineUp(Runnable signal) {
    ArrayDeque<Runnable> line = pending;
    if (line == null) {
      line = new ArrayDeque<>();
      pending = line;
    }
    line.add(signal);
    longest = Math.max(longest, line.size());
  }

  private void runAll(Runnable first) {
    Throwable escaped = null;
    running = true;
    try {
      Runnable signal = first;
      while (signal != null) {
        try {
          signal.run();
        } catch (Throwable failure) {
          // Others wait behind; theirs is not the failure. The first one is rethrown when they have
          // been served.
          escaped = escaped == null ? failure : Exceptions.addSuppressed(escaped, failure);
        }
        ArrayDeque<Runnable> line = pending;
        signal = line == null ? null : line.poll();
      }
    } finally {
      running = false;
      if (longest > KEPT_LENGTH) {
        pending = null;
        longest = 0;
      }
    }
    if (escaped != null) {
      throw Exceptions.propagate(escaped);
    }
  }
}
