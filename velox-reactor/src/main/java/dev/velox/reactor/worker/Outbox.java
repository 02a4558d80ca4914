package dev.velox.reactor.worker;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.reactor.internal.Args;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * What comes out of a worker: results, for which its thread waits while there is no room, and
 * errors, for which it does not.
 *
 * <p>Why an abort always ends the waiting: the thread enters {@code waiting} and then looks at
 * {@code aborted}; the abort sets {@code aborted} and then looks at {@code waiting}. Both are
 * volatile, so one of them sees the other. If the result was accepted at the same moment, it stays
 * accepted, though its sender is told that it was cancelled.
 *
 * @param <O> the type of the results
 */
final class Outbox<O> {

  private static final int REPLAYED_ERRORS = 16;
  private static final int ERRORS_FOR_SLOW_READERS = 256;

  private final String name;
  private final Channel<O> results;
  private final Broadcast<WorkerError> errors =
      Broadcast.<WorkerError>builder().replay(REPLAYED_ERRORS).build();
  private volatile @Nullable Thread owner;
  private volatile @Nullable Awaiting<Void> waiting;
  private volatile boolean aborted;

  Outbox(String name, int capacity) {
    this.name = name;
    this.results = Channel.<O>builder().capacity(capacity).name(name + " results").build();
  }

  /** From now on this thread may wait here. */
  void openFor(Thread thread) {
    owner = thread;
  }

  boolean tryPost(O result) {
    return results.trySend(Args.notNull(result, "result")) == SendResult.SENT;
  }

  void post(O result) {
    Args.notNull(result, "result");
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "postMessage waits, so only the thread of "
              + name
              + " may call it; others use tryPostMessage");
    }
    SendResult sent = results.trySend(result);
    if (sent == SendResult.CLOSED) {
      throw new WorkerClosedException(name, null);
    }
    if (sent != SendResult.SENT) {
      awaitRoom(result);
    }
  }

  private void awaitRoom(O result) {
    if (aborted) {
      throw ended();
    }
    Awaiting<Void> room = Awaiting.of(results.send(result));
    waiting = room;
    if (aborted) {
      room.cancel();
    }
    try {
      room.awaitInterruptibly();
    } catch (InterruptedException interrupt) {
      room.cancel();
      Thread.currentThread().interrupt();
    } finally {
      waiting = null;
    }
    if (room.isCancelled()) {
      throw ended();
    }
    if (room.failure() != null) {
      throw new WorkerClosedException(name, room.failure());
    }
  }

  private CancellationException ended() {
    return new CancellationException(
        name + " was terminated or interrupted while there was no room for its result");
  }

  /** Waits for nobody any more. */
  void abort() {
    aborted = true;
    Awaiting<Void> room = waiting;
    if (room != null) {
      room.cancel();
    }
  }

  void failed(Throwable failure, Context context) {
    if (errors.tryPublish(WorkerError.of(name, failure)).reached() == 0) {
      Operators.onErrorDropped(failure, context);
    }
  }

  void close(@Nullable Throwable cause) {
    if (cause == null) {
      results.close();
    } else {
      results.close(cause);
    }
    errors.close();
  }

  Channel<O> results() {
    return results;
  }

  Flux<WorkerError> errors() {
    return errors.asFlux(SlowSubscriber.DROP_OLDEST, ERRORS_FOR_SLOW_READERS);
  }
}
