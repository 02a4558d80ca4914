package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * What the engines of workers with an outbox have in common: each is its worker from inside.
 *
 * @param <M> the form of the messages in the inbox
 * @param <O> the type of the results
 */
abstract class Inside<M, O> implements Engine<M>, WorkerScope<O> {

  final Outbox<O> outbox;

  private final String name;
  private final Aborting aborting = new Aborting();
  private volatile @Nullable WorkerCore<M> core;
  private volatile Context context = Context.empty();

  Inside(String name, Outbox<O> outbox) {
    this.name = name;
    this.outbox = outbox;
  }

  /** Loads and runs what is to run before the first message. */
  abstract void begin() throws Exception;

  /** Handles a message; its context is there. */
  abstract void onMessage(M message) throws Exception;

  @Override
  public final void start(WorkerCore<M> started) throws Exception {
    core = started;
    outbox.openFor(Thread.currentThread());
    begin();
  }

  @Override
  public final void handle(M message, Context sender) throws Exception {
    context = sender;
    try {
      onMessage(message);
    } finally {
      context = Context.empty();
    }
  }

  @Override
  public final void abort() {
    outbox.abort();
    aborting.abort();
  }

  @Override
  public final void failed(Throwable failure, Context sender) {
    outbox.failed(failure, sender);
  }

  @Override
  public final void ended(@Nullable Throwable cause) {
    outbox.close(cause);
  }

  /** Something went wrong, and the worker goes on. */
  final void report(Throwable failure) {
    WorkerCore<M> own = core;
    if (own != null) {
      own.report(failure, context);
    }
  }

  final boolean isServing() {
    WorkerCore<M> own = core;
    return own != null && own.isServing();
  }

  // ---- the view from inside -----------------------------------------------------------------

  @Override
  public void postMessage(O result) {
    outbox.post(result);
  }

  @Override
  public boolean tryPostMessage(O result) {
    return outbox.tryPost(result);
  }

  @Override
  public final void close() {
    close(0);
  }

  @Override
  public final void close(int exitCode) {
    WorkerCore<M> own = core;
    if (own != null) {
      own.end(exitCode, null);
    }
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final boolean isAborted() {
    return aborting.isAborted();
  }

  @Override
  public final Disposable onAbort(Runnable callback) {
    return aborting.onAbort(callback);
  }

  @Override
  public final ContextView context() {
    return context;
  }
}
