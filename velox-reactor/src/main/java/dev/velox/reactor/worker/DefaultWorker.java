package dev.velox.reactor.worker;

import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * The worker as its users see it. Its life is {@link WorkerCore}'s; this class checks arguments and
 * makes the publishers.
 *
 * @param <I> the type of the messages
 * @param <O> the type of the results
 * @param <M> the form of the messages in the inbox
 */
final class DefaultWorker<I, O, M> implements Worker<I, O> {

  private static final AtomicLong COUNT = new AtomicLong();

  private final WorkerCore<M> core;
  private final Outbox<O> outbox;
  private final Function<? super I, ? extends M> form;

  DefaultWorker(WorkerCore<M> core, Outbox<O> outbox, Function<? super I, ? extends M> form) {
    this.core = core;
    this.outbox = outbox;
    this.form = form;
  }

  static <I, O> Worker<I, O> java(WorkerBody<I, O> body, WorkerOptions options) {
    String name = nameOf(options);
    Outbox<O> outbox = new Outbox<>(name, options.outbox());
    Engine<I> engine = new JavaEngine<>(body, outbox, name, options.data());
    return start(name, options, engine, outbox, Function.identity());
  }

  static Worker<Object, Object> script(ScriptSource source, WorkerOptions options) {
    String name = nameOf(options);
    Outbox<Object> outbox = new Outbox<>(name, options.outbox());
    Engine<Copy> engine = new ScriptRun(source, outbox, name, options);
    return start(name, options, engine, outbox, message -> Copy.of(message, "message"));
  }

  static String nameOf(WorkerOptions options) {
    String name = options.name();
    return name != null ? name : "velox-worker-" + COUNT.incrementAndGet();
  }

  static <I, O, M> Worker<I, O> start(
      String name,
      WorkerOptions options,
      Engine<M> engine,
      Outbox<O> outbox,
      Function<? super I, ? extends M> form) {
    WorkerCore<M> core =
        new WorkerCore<>(name, options.of(Kind.WORKER), options.inbox(), engine, true);
    core.start();
    return new DefaultWorker<>(core, outbox, form);
  }

  @Override
  public Mono<Void> postMessage(I message) {
    return PostMono.of(core, Args.notNull(message, "message"), form);
  }

  @Override
  public boolean tryPostMessage(I message) {
    Args.notNull(message, "message");
    return core.inbox().trySend(new Envelope<>(message, form.apply(message), Context.empty()))
        == SendResult.SENT;
  }

  @Override
  public Mono<O> getResult() {
    return outbox.results().receive();
  }

  @Override
  public Flux<O> results() {
    return outbox.results().asFlux();
  }

  @Override
  public Flux<WorkerError> errors() {
    return outbox.errors();
  }

  @Override
  public Mono<Integer> shutdown() {
    return Mono.defer(
        () -> {
          core.shutdown();
          return core.exit();
        });
  }

  @Override
  public Mono<Integer> terminate() {
    return Mono.defer(
        () -> {
          core.terminate();
          return core.exit();
        });
  }

  @Override
  public Mono<Integer> exitCode() {
    return core.exit();
  }

  @Override
  public void dispose() {
    core.terminate();
  }

  @Override
  public boolean isDisposed() {
    return !core.isOpen();
  }

  @Override
  public String name() {
    return core.name();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.CAPACITY) {
      return core.inbox().capacity();
    }
    if (key == Attr.BUFFERED) {
      return core.inbox().size();
    }
    if (key == Attr.TERMINATED) {
      return core.isOver();
    }
    if (key == Attr.CANCELLED) {
      return core.isTerminated();
    }
    if (key == Attr.NAME) {
      return core.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  @Override
  public String toString() {
    return "worker '" + core.name() + "'";
  }
}
