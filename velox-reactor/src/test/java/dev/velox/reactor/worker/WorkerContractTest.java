package dev.velox.reactor.worker;

import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;

/**
 * The table over what waits for a worker, with workers whose thread is not started: what it would
 * do is done by the test, so that it happens at once.
 */
class WorkerContractTest extends ConstructContract {

  private static final WorkerOptions OPTIONS = WorkerOptions.named("w").inbox(1);

  /** A worker without a thread. */
  private static final class Still {
    final Outbox<Integer> outbox = new Outbox<>("w", 16);
    final WorkerCore<Integer> core =
        new WorkerCore<>(
            "w", OPTIONS, 1, new JavaEngine<>((n, self) -> {}, outbox, "w", null), true);
    final Worker<Integer, Integer> worker = new DefaultWorker<>(core, outbox, Function.identity());
  }

  @Override
  protected void construct() {
    result("getResult", Worker::getResult);
    result("results", Worker::results);
    waiting(
        "postMessage",
        () -> {
          Still still = new Still();
          still.worker.tryPostMessage(0);
          return Waiting.of(
              true,
              () -> still.worker.postMessage(1),
              still.core.inbox()::tryReceive,
              still.core.inbox()::waitingSenders,
              () -> still.worker.tryPostMessage(2));
        });

    Worker<Integer, Integer> worker = new Still().worker;
    publisher("errors", worker::errors);
    publisher("shutdown", worker::shutdown);
    publisher("terminate", worker::terminate);
    publisher("exitCode", worker::exitCode);
    WorkerPool<Integer, Integer> pool = WorkerPool.of((n, signal) -> n);
    publisher("run", () -> pool.run(1));
    publisher("pool shutdown", pool::shutdown);
    publisher("pool shutdownNow", pool::shutdownNow);

    WorkerBody<Integer, Integer> none = null;
    badArgument("null body", NullPointerException.class, () -> Worker.of(none), "body");
    badArgument(
        "null message", NullPointerException.class, () -> worker.postMessage(null), "message");
    badArgument("null task", NullPointerException.class, () -> pool.run(null), "task");
    badArgument("null script", NullPointerException.class, () -> Worker.source("js", null), "text");
    badArgument("no inbox", IllegalArgumentException.class, () -> OPTIONS.inbox(0), "inbox", "0");
    badArgument(
        "negative grace",
        IllegalArgumentException.class,
        () -> OPTIONS.grace(Duration.ofSeconds(-1)),
        "grace",
        "PT-1S");
    badArgument(
        "no hard grace",
        IllegalArgumentException.class,
        () -> OPTIONS.hardGrace(Duration.ZERO),
        "hardGrace",
        "PT0S");
    badArgument(
        "no threads",
        IllegalArgumentException.class,
        () -> WorkerPool.builder((n, signal) -> n).max(0),
        "max",
        "0");
    badArgument(
        "negative queue",
        IllegalArgumentException.class,
        () -> WorkerPool.builder((n, signal) -> n).queue(-1),
        "queue",
        "-1");
    badArgument(
        "min above max",
        IllegalArgumentException.class,
        () -> WorkerPool.builder((n, signal) -> n).min(3).max(2).build(),
        "min",
        "3",
        "2");
  }

  private void result(String name, Function<Worker<Integer, Integer>, Publisher<?>> operation) {
    waiting(
        name,
        () -> {
          Still still = new Still();
          return Waiting.of(
              false,
              () -> operation.apply(still.worker),
              () -> still.outbox.tryPost(1),
              still.outbox.results()::waitingReceivers,
              () -> still.outbox.results().tryReceive().isReceived());
        });
  }
}
