package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Runs a body written in Java; it is the worker from inside, too. */
final class JavaEngine<I, O> implements Engine<I>, WorkerScope<O> {

  private final WorkerBody<I, O> body;
  private final Outbox<O> outbox;
  private final String name;
  private final @Nullable Object data;
  private final Aborting aborting = new Aborting();
  private volatile @Nullable WorkerCore<I> core;
  private volatile Context context = Context.empty();

  JavaEngine(WorkerBody<I, O> body, Outbox<O> outbox, String name, @Nullable Object data) {
    this.body = body;
    this.outbox = outbox;
    this.name = name;
    this.data = data;
  }

  // ---- the worker's thread ------------------------------------------------------------------

  @Override
  public void start(WorkerCore<I> started) throws Exception {
    core = started;
    outbox.openFor(Thread.currentThread());
    body.onStart(this);
  }

  @Override
  public void handle(I message, Context sender) throws Exception {
    context = sender;
    try {
      body.onMessage(message, this);
    } finally {
      context = Context.empty();
    }
  }

  @Override
  public void abort() {
    outbox.abort();
    aborting.abort();
  }

  @Override
  public void release() throws Exception {
    body.onClose();
  }

  @Override
  public void failed(Throwable failure, Context sender) {
    outbox.failed(failure, sender);
  }

  @Override
  public void ended(@Nullable Throwable cause) {
    outbox.close(cause);
  }

  // ---- the body's view ----------------------------------------------------------------------

  @Override
  public void postMessage(O result) {
    outbox.post(result);
  }

  @Override
  public boolean tryPostMessage(O result) {
    return outbox.tryPost(result);
  }

  @Override
  public void close() {
    close(0);
  }

  @Override
  public void close(int exitCode) {
    WorkerCore<I> started = core;
    if (started != null) {
      started.end(exitCode, null);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public @Nullable Object workerData() {
    return data;
  }

  @Override
  public boolean isAborted() {
    return aborting.isAborted();
  }

  @Override
  public Disposable onAbort(Runnable callback) {
    return aborting.onAbort(callback);
  }

  @Override
  public ContextView context() {
    return context;
  }
}
