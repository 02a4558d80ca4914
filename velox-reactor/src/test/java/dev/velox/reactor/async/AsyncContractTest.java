package dev.velox.reactor.async;

import dev.velox.reactor.testing.ConstructContract;

/**
 * The part of the table that suits bodies. The waiting operations of the table are served on the
 * thread that releases them; a body waits on its own, so its cancellation, order and races are in
 * this package's other tests.
 */
class AsyncContractTest extends ConstructContract {

  @Override
  protected void construct() {
    publisher("async", () -> Async.async(() -> 1));
    publisher("async with an executor", () -> Async.async(() -> 1, Runnable::run));
    publisher("asyncFlux", () -> Async.asyncFlux(emitter -> emitter.emit(1)));

    badArgument("null body", NullPointerException.class, () -> Async.async(null), "body");
    badArgument(
        "null executor", NullPointerException.class, () -> Async.async(() -> 1, null), "executor");
    badArgument(
        "null generator", NullPointerException.class, () -> Async.asyncFlux(null), "generator");
  }
}
