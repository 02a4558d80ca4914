package dev.velox.reactor.stm;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;

/**
 * Runs a synchronous body. The thread that runs the body also closes its attempt, also when the
 * subscriber has cancelled meanwhile: it can't begin the commit then.
 */
final class SyncRun<T> extends StmRun<T> {

  private final Function<? super Transaction, ? extends @Nullable T> body;
  private final boolean readOnly;
  private boolean tracking;
  private boolean pinned;

  SyncRun(
      CoreSubscriber<? super T> actual,
      StmOptions options,
      Function<? super Transaction, ? extends @Nullable T> body,
      boolean readOnly,
      boolean tracking) {
    super(actual, options);
    this.body = body;
    this.readOnly = readOnly;
    this.tracking = tracking;
  }

  @Override
  void drive() {
    while (attempt()) {
      // attempt() has said that the next one is due here
    }
  }

  private boolean attempt() {
    attempts++;
    Turn turn = turn();
    SyncTransaction tx =
        new SyncTransaction(
            this,
            attempts,
            readOnly,
            tracking,
            pinned && turn == null ? Ledger.SHARED.pin(options.maxVersions) : null,
            turn,
            lastFootprint());
    T value;
    try {
      value = body.apply(tx);
      Signal outcome = tx.outcome();
      if (outcome != null) {
        return leftBy(outcome, tx);
      }
      if (!beginCommit()) {
        close(tx, false);
        return false;
      }
      switch (tx.decide()) {
        case CONFLICT -> {
          close(tx, false);
          return resumeAfterCommit() && lost(tx);
        }
        case BLOCKED -> {
          close(tx, false);
          Turn obstacle = tx.obstacle;
          return resumeAfterCommit() && (obstacle == null || afterObstacle(obstacle));
        }
        case COMMITTED -> {}
      }
    } catch (Throwable failure) {
      return leftBy(failure, tx);
    }
    close(tx, true);
    tx.wake();
    succeed(value);
    return false;
  }

  private boolean leftBy(Throwable failure, SyncTransaction tx) {
    Signal outcome = tx.outcome();
    boolean current = outcome != null || !tx.isTracking() || tx.isCurrent();
    close(tx, false);
    if (!isRunning() && !resumeAfterCommit()) {
      Exceptions.throwIfJvmFatal(failure);
      return false;
    }
    if (outcome == Signal.CONFLICT) {
      return lost(tx);
    }
    if (outcome == Signal.RETRY) {
      if (!tx.isTracking()) {
        tracking = true;
        pinned = true;
        return true;
      }
      return afterRetry(tx);
    }
    Exceptions.throwIfJvmFatal(failure);
    if (!current) {
      // It may have failed because of what is no longer so.
      return lost(tx);
    }
    fail(asResult(failure));
    return false;
  }

  private boolean lost(SyncTransaction tx) {
    pinned = readOnly || (!tx.writes() && tx.reads() >= LONG);
    return afterConflict(tx);
  }

  private void close(SyncTransaction tx, boolean committed) {
    tx.release();
    tx.end(committed, currentContext());
  }

  @Override
  void abandon() {
    // The thread that runs the body finds out when it is to commit.
  }
}
