package dev.velox.reactor.worker;

import dev.velox.reactor.internal.Args;
import java.nio.file.Path;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A thread of its own for code that blocks or computes for long, spoken to by messages.
 *
 * <pre>{@code
 * Worker<Path, Image> thumbnails =
 *     Worker.of((path, self) -> self.postMessage(shrink(Files.readAllBytes(path))));
 *
 * thumbnails.postMessage(path)               // Mono<Void>: completes when the inbox took it
 *     .then(thumbnails.getResult());         // Mono<Image>: the next result
 * thumbnails.terminate();                    // Mono<Integer>: the exit code, when the thread is gone
 * }</pre>
 *
 * <p>A script does the same as a Web Worker does in a browser; see {@link #script(String,
 * WorkerOptions)}.
 *
 * <p><b>Start.</b> The thread, a daemon, starts with the worker and lives until it is ended. A
 * worker that can't start (its script is missing or wrong, or {@link WorkerBody#onStart} throws)
 * exits with code 1: {@link #getResult()} and {@link #results()} fail with {@link
 * WorkerStartException}, and {@link #postMessage} with {@link WorkerClosedException}, whose cause
 * it is.
 *
 * <p><b>Order.</b> Messages are handled one at a time in the order in which they were accepted, and
 * results come in the order in which they were posted. All results precede the exit: none is posted
 * after {@link #exitCode()} has told it, and those not received yet can still be received.
 *
 * <p><b>Back-pressure.</b> Who posts waits while the inbox is full; the worker's thread waits while
 * the outbox is full.
 *
 * <p><b>Errors.</b> A handler that throws is an event of {@link #errors()}, and the worker goes on.
 * Only an error that breaks the JVM (out of memory, linkage) ends the worker: it exits with code 1,
 * and results end with that error.
 *
 * <p><b>Values</b> are handed over as they are by a Java worker: both sides see the same object, so
 * it should be immutable, or its sender should forget it. A script gets and gives copies.
 *
 * <p><b>Threads.</b> A result that is waited for is signalled on the worker's thread, which goes on
 * with its work when the subscriber returns; use {@code publishOn} for longer work. The exit is
 * signalled on Velox's hand-over scheduler.
 *
 * <p><b>Context.</b> The {@code Context} of who subscribes to {@link #postMessage} is {@link
 * WorkerScope#context()} while its message is handled, and thread-locals that context-propagation
 * knows are set from it.
 *
 * <p>A worker is no sandbox: its code can do whatever the JVM can.
 *
 * @param <I> the type of the messages
 * @param <O> the type of the results
 */
public interface Worker<I, O> extends Disposable, Scannable {

  /**
   * A worker that runs Java code.
   *
   * @param <I> the type of the messages
   * @param <O> the type of the results
   * @param body handles each message
   * @return a new worker, started
   * @throws NullPointerException if {@code body} is {@code null}
   */
  static <I, O> Worker<I, O> of(WorkerBody<I, O> body) {
    return of(body, WorkerOptions.defaults());
  }

  /**
   * A worker that runs Java code, with options.
   *
   * @param <I> the type of the messages
   * @param <O> the type of the results
   * @param body handles each message
   * @param options name, capacities, times
   * @return a new worker, started
   * @throws NullPointerException if an argument is {@code null}
   */
  static <I, O> Worker<I, O> of(WorkerBody<I, O> body, WorkerOptions options) {
    return DefaultWorker.java(Args.notNull(body, "body"), Args.notNull(options, "options"));
  }

  /**
   * A worker that runs a script, found on the class path or else as a file. See {@link
   * #script(String, WorkerOptions)}.
   *
   * @param location the name of a resource, or else the path of a file
   * @return a new worker, started
   * @throws NullPointerException if {@code location} is {@code null}
   */
  static Worker<Object, Object> script(String location) {
    return script(location, WorkerOptions.defaults());
  }

  /**
   * A worker that runs a script, found on the class path or else as a file.
   *
   * <pre>{@code
   * // worker.js
   * onmessage = function (event) {
   *   if (event.data.type === 'compute') {
   *     postMessage(event.data.data.reduce(function (sum, n) { return sum + n; }, 0));
   *   }
   * };
   *
   * Worker<Object, Object> worker = Worker.script("worker.js");
   * worker.postMessage(Map.of("type", "compute", "data", List.of(1, 2, 3)))
   *     .then(worker.getResult());               // 6
   * }</pre>
   *
   * <p>It needs a script engine ({@code javax.script}) on the class path for the ending of the
   * script's name, such as {@code org.mozilla:rhino-engine}. Each worker has an engine of its own.
   *
   * <p><b>What a script in JavaScript finds</b> is what it finds in a Web Worker: {@code onmessage}
   * and {@code addEventListener('message', ...)}, whose events have the message as {@code data};
   * {@code postMessage}; {@code onerror(message, file, line, column, error)}, which keeps an error
   * from {@link #errors()} by returning {@code true}; {@code close()}, with an exit code if you
   * like, after which neither messages nor timers run; {@code setTimeout}, {@code setInterval} and
   * their {@code clear} functions, kept by {@link WorkerOptions#timer}; {@code console}; {@code
   * self} and {@code name}. Beyond that, {@code workerData} ({@link WorkerOptions#data}), and
   * {@code abortSignal.isAborted()}, which a long computation may look at. It has no event loop but
   * this one, and lives until it is ended, handlers or not.
   *
   * <p><b>In another language</b>, the script finds its {@link WorkerScope} as {@code worker}, and
   * has a function {@code onmessage} that is called with each message.
   *
   * <p><b>Values are copied</b> when they are posted. Into the script: {@code null}, booleans,
   * numbers that a {@code double} tells exactly, texts, enums (as their names), instants (to the
   * millisecond), {@code byte[]}, arrays, collections, maps and records. Out of it: an {@code
   * Integer}, {@code Long} or {@code Double}, whichever is the first to tell the number exactly,
   * {@code Boolean}, {@code String}, {@code List}, {@code Map}, {@code Instant} for a date and
   * {@code byte[]} for a {@code Uint8Array}; {@code undefined} within a value becomes {@code null},
   * an error a map of its name and message. Functions, and objects that belong to the engine or to
   * Java, are refused: {@link DataCloneException} here, an error named DataCloneError there.
   *
   * <p><b>Errors.</b> A script that is missing, wrong, throws as it is loaded, or has no engine
   * does not start. What its handlers throw, at once or by a promise that they return, is told by
   * {@link #errors()} with file and line, as a {@link WorkerScriptException}, and the worker goes
   * on.
   *
   * @param location the name of a resource, or else the path of a file
   * @param options name, data, capacities, times
   * @return a new worker, started
   * @throws NullPointerException if an argument is {@code null}
   * @throws DataCloneException if the options' data can't be copied
   */
  static Worker<Object, Object> script(String location, WorkerOptions options) {
    return DefaultWorker.script(
        ScriptSource.named(Args.notNull(location, "location")), Args.notNull(options, "options"));
  }

  /**
   * A worker that runs a script. See {@link #script(String, WorkerOptions)}.
   *
   * @param file the script
   * @return a new worker, started
   * @throws NullPointerException if {@code file} is {@code null}
   */
  static Worker<Object, Object> script(Path file) {
    return script(file, WorkerOptions.defaults());
  }

  /**
   * A worker that runs a script. See {@link #script(String, WorkerOptions)}.
   *
   * @param file the script
   * @param options name, data, capacities, times
   * @return a new worker, started
   * @throws NullPointerException if an argument is {@code null}
   * @throws DataCloneException if the options' data can't be copied
   */
  static Worker<Object, Object> script(Path file, WorkerOptions options) {
    return DefaultWorker.script(
        ScriptSource.file(Args.notNull(file, "file")), Args.notNull(options, "options"));
  }

  /**
   * A worker that runs a script given as text. See {@link #script(String, WorkerOptions)}.
   *
   * @param language the script's language, by its name or the ending of its files: {@code "js"}
   * @param text the script
   * @return a new worker, started
   * @throws NullPointerException if an argument is {@code null}
   */
  static Worker<Object, Object> source(String language, String text) {
    return source(language, text, WorkerOptions.defaults());
  }

  /**
   * A worker that runs a script given as text. See {@link #script(String, WorkerOptions)}.
   *
   * @param language the script's language, by its name or the ending of its files: {@code "js"}
   * @param text the script
   * @param options name, data, capacities, times
   * @return a new worker, started
   * @throws NullPointerException if an argument is {@code null}
   * @throws DataCloneException if the options' data can't be copied
   */
  static Worker<Object, Object> source(String language, String text, WorkerOptions options) {
    return DefaultWorker.script(
        ScriptSource.text(Args.notNull(language, "language"), Args.notNull(text, "text")),
        Args.notNull(options, "options"));
  }

  /**
   * Posts a message, waiting while the inbox is full.
   *
   * <p>Completes when the message was accepted, not when it was handled. Fails with {@link
   * WorkerClosedException} if the worker takes no more, and, for a script, with {@link
   * DataCloneException} if the message can't be copied. Cancelled while it waits, it posts nothing.
   * An accepted message that will not be handled, since the worker ends before, is discarded.
   *
   * @param message what {@link WorkerBody#onMessage} gets
   * @return the operation
   * @throws NullPointerException if {@code message} is {@code null}
   */
  Mono<Void> postMessage(I message);

  /**
   * Posts a message if that needs no waiting, without a {@code Context}.
   *
   * @param message what is posted
   * @return whether it was accepted; if not, it stays with the caller
   * @throws NullPointerException if {@code message} is {@code null}
   * @throws DataCloneException if this is a script and the message can't be copied
   */
  boolean tryPostMessage(I message);

  /**
   * The next result, for which it waits: each subscription takes one, first come, first served.
   *
   * <p>Empty once the worker has exited and all results were received. Fails with {@link
   * WorkerStartException} if the worker could not start, with {@link WorkerAbandonedException} if
   * its thread was abandoned, and with the error that broke it, if one did. Cancelled while it
   * waits, it takes nothing.
   *
   * @return the operation
   */
  Mono<O> getResult();

  /**
   * Results for as long as the subscriber asks; it competes with other subscribers and with {@link
   * #getResult()}, and takes a result only against demand.
   *
   * @return the results; completes and fails as {@link #getResult()} does
   */
  Flux<O> results();

  /**
   * What goes wrong inside, for every subscriber, preceded by the last 16 errors. A subscriber that
   * is slow by more than 256 misses the oldest. An error at which nobody is subscribed goes to
   * Reactor's {@code onErrorDropped} hook as well, which logs it.
   *
   * @return the errors; completes when the worker has exited
   */
  Flux<WorkerError> errors();

  /**
   * Ends the worker when all messages that were accepted until then were handled. It waits for as
   * long as that takes, so somebody has to receive the results.
   *
   * @return completes with the exit code, 0 unless the worker ended otherwise before, when the
   *     thread is gone; fails as {@link #exitCode()} does. Cancelling has no effect on the worker
   */
  Mono<Integer> shutdown();

  /**
   * Ends the worker as fast as it can be ended. Messages that wait are discarded at once. The
   * handler that runs is told by its {@link AbortSignal}; after the time of {@linkplain
   * WorkerOptions#grace grace} its thread is interrupted; after that time again its script engine
   * is cancelled, if it can be (Rhino can); and if the thread still lives after {@link
   * WorkerOptions#hardGrace}, it is abandoned.
   *
   * <p>It may be called any number of times, and from inside the worker.
   *
   * @return completes with the exit code, 1 unless the worker ended otherwise before, when the
   *     thread is gone; fails with {@link WorkerAbandonedException} if it could not be ended.
   *     Cancelling has no effect on the worker
   */
  Mono<Integer> terminate();

  /**
   * Tells how the worker has ended.
   *
   * @return completes when the thread is gone: with 0 after a shutdown, with 1 if it was
   *     terminated, could not start or broke, or with the code with which it closed itself. Fails
   *     with {@link WorkerAbandonedException} if its thread had to be abandoned. Cancelling has no
   *     effect on the worker
   */
  Mono<Integer> exitCode();

  /** Begins to {@link #terminate()} the worker, and does not wait for its end. */
  @Override
  void dispose();

  /**
   * Whether the worker takes no more messages, or only those accepted before.
   *
   * @return {@code true} once it is ending or has ended
   */
  @Override
  boolean isDisposed();

  /**
   * The worker's name.
   *
   * @return the name, which is that of its thread too
   */
  @Override
  String name();
}
