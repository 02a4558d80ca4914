package dev.velox.reactor.worker;

import org.jspecify.annotations.Nullable;

/** Runs a body written in Java. */
final class JavaEngine<I, O> extends Inside<I, O> {

  private final WorkerBody<I, O> body;
  private final @Nullable Object data;

  JavaEngine(WorkerBody<I, O> body, Outbox<O> outbox, String name, @Nullable Object data) {
    super(name, outbox);
    this.body = body;
    this.data = data;
  }

  @Override
  void begin() throws Exception {
    body.onStart(this);
  }

  @Override
  void onMessage(I message) throws Exception {
    body.onMessage(message, this);
  }

  @Override
  public void release() throws Exception {
    body.onClose();
  }

  @Override
  public @Nullable Object workerData() {
    return data;
  }
}
