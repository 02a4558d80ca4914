package dev.velox.reactor.async;

import dev.velox.reactor.internal.Args;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * Async/await: plain Java code that waits for publishers, as a publisher.
 *
 * <pre>{@code
 * Mono<Data> fetchData(String url) {
 *   return async(() -> {
 *     try {
 *       Response response = await(http.get(url));
 *       return await(response.json());
 *     } catch (NetworkException e) {
 *       throw new RetryableException("Network error", e);
 *     }
 *   });
 * }
 * }</pre>
 *
 * <p>{@code async} makes a publisher of a body; inside the body, {@code await} and its relatives
 * wait for others. For all of them holds:
 *
 * <ul>
 *   <li><b>Threads.</b> A body runs on a thread of its own: a virtual one where the JVM has them
 *       (21 and later), else one of an unbounded pool of daemon threads. So bodies may nest to any
 *       depth, and any number may wait at once, without starving each other. Only that thread
 *       waits; no thread of Reactor's is ever held. What the body signals arrives on its thread.
 *   <li><b>Cancellation.</b> Cancelling the publisher that {@code async} returned (which is also
 *       what {@code timeout} does) cancels what the body awaits and interrupts the body. {@code
 *       await} then throws {@link java.util.concurrent.CancellationException} and takes the
 *       interrupt down, so {@code finally} blocks run with a clean thread; any further {@code
 *       await} throws the same at once, unless it is {@linkplain #shielded shielded}. An interrupt
 *       never reaches what runs next on a pooled thread. Nobody waits for a cancelled body, but a
 *       body that awaits it.
 *   <li><b>Children end before their parent.</b> An await returns, or throws, only when every body
 *       that was begun and cancelled in it has ended, its {@code finally} blocks included, whatever
 *       operators lie between. A child that ignores its cancellation holds its parent up.
 *   <li><b>Context.</b> The {@code Context} of whoever subscribed to the body is the context of
 *       everything that the body awaits, and {@link #context()} answers it. With Micrometer's
 *       context-propagation on the class path, the thread-locals that are registered there (MDC,
 *       observations) are set from it while the body runs.
 *   <li><b>Cost.</b> Awaiting a source that is already complete costs its subscription and no
 *       waiting. Otherwise the price is a thread's wake-up: on a virtual thread about a microsecond
 *       on a busy pool. Starting a body costs a virtual thread, or a hand-over to a pooled one.
 * </ul>
 */
public final class Async {

  private static final Object NO_VALUE = new Object();

  private Async() {}

  /**
   * Makes a {@code Mono} of a body of plain Java, which may {@code await}.
   *
   * <p>Each subscription runs the body anew, from its first request on. It completes with what the
   * body returns, and empty if that is {@code null}.
   *
   * <p>What the body throws is the error, as itself, checked exceptions included. If no thread can
   * be had, the error is a {@link java.util.concurrent.RejectedExecutionException}. JVM-fatal
   * errors are signalled, and thrown on the body's thread as well.
   *
   * <p>Cancelling cancels what the body awaits and interrupts it; see {@linkplain Async above}.
   * What it returns after that goes to the discard hook. What it throws after that is dropped
   * silently if it only tells of the cancellation, and else goes to {@code
   * Operators.onErrorDropped}.
   *
   * <p>The body runs, and the signals arrive, on a virtual thread of its own, or on one of a pool
   * of daemon threads before Java 21.
   *
   * @param <T> the type of the result
   * @param body the code to run
   * @return the body as a {@code Mono}
   */
  public static <T> Mono<T> async(Callable<? extends @Nullable T> body) {
    return AsyncMono.create(Args.notNull(body, "body"), BodyExecutor.defaultExecutor());
  }

  /**
   * The same as {@link #async(Callable)}, with the threads of an executor.
   *
   * <p>An executor with a bound on its threads can starve nested bodies: the outer ones hold the
   * threads that the inner ones need. One that runs its tasks on the caller's thread makes {@code
   * await} fail wherever the caller must not block.
   *
   * @param <T> the type of the result
   * @param body the code to run
   * @param executor runs each body as one task; what it throws when it is given one is the error
   * @return the body as a {@code Mono}
   */
  public static <T> Mono<T> async(Callable<? extends @Nullable T> body, Executor executor) {
    return AsyncMono.create(Args.notNull(body, "body"), Args.notNull(executor, "executor"));
  }

  /**
   * Makes a {@code Flux} of a body that emits its elements one after the other.
   *
   * <pre>{@code
   * Flux<Order> allOrders() {
   *   return asyncFlux(emitter -> {
   *     for (Page page = await(firstPage()); page != null; page = await(page.next())) {
   *       for (Order order : page.orders()) {
   *         emitter.emit(order); // waits until somebody asks for it
   *       }
   *     }
   *   });
   * }
   * }</pre>
   *
   * <p>Each subscription runs the body anew, from its first request on. It completes when the body
   * returns. Errors and threads are those of {@link #async(Callable)}.
   *
   * <p>Demand is respected exactly, and there is no buffer: the body waits in {@code emit} until
   * the element it has is asked for. When the subscriber cancels, {@code emit} throws {@link
   * java.util.concurrent.CancellationException}, so that {@code finally} blocks run.
   *
   * <p>Elements arrive in the order they were emitted, on the body's thread. Code behind the {@code
   * Flux} that runs there is not part of the body, and may not {@code await}.
   *
   * @param <T> the type of the elements
   * @param generator the code to run
   * @return the body as a {@code Flux}
   */
  public static <T> Flux<T> asyncFlux(AsyncGenerator<T> generator) {
    return AsyncFlux.create(Args.notNull(generator, "generator"), BodyExecutor.defaultExecutor());
  }

  /**
   * The same as {@link #asyncFlux(AsyncGenerator)}, with the threads of an executor.
   *
   * @param <T> the type of the elements
   * @param generator the code to run
   * @param executor runs each body as one task
   * @return the body as a {@code Flux}
   */
  public static <T> Flux<T> asyncFlux(AsyncGenerator<T> generator, Executor executor) {
    return AsyncFlux.create(
        Args.notNull(generator, "generator"), Args.notNull(executor, "executor"));
  }

  /**
   * Waits, inside a body, for what a {@code Mono} has to give.
   *
   * <p>The {@code Mono} is subscribed with the body's context. Its error is thrown as itself, a
   * checked one too; the lines that awaited it are added as a suppressed exception named {@code
   * AwaitSite}. Java lets nobody catch a checked exception that no call declares: where that is
   * wanted, use {@link #await(Mono, Class)}.
   *
   * @param <T> the type of the value
   * @param source what to wait for
   * @return its value; {@code null} if it completes empty
   * @throws java.util.concurrent.CancellationException if the body is cancelled, or its thread
   *     interrupted, before the source has ended; the source is cancelled
   * @throws IllegalStateException outside a body, or on a thread that must not block; nothing is
   *     subscribed then
   */
  public static <T> @Nullable T await(Mono<? extends T> source) {
    return Await.await(current("await"), Args.notNull(source, "source"));
  }

  /**
   * The same as {@link #await(Mono)}, declared to throw a checked exception, so that it can be
   * caught:
   *
   * <pre>{@code
   * try {
   *   price = await(quote().timeout(ofMillis(50)), TimeoutException.class);
   * } catch (TimeoutException e) {
   *   price = lastPrice;
   * }
   * }</pre>
   *
   * @param <T> the type of the value
   * @param <X> the type of the exception
   * @param source what to wait for
   * @param declared the exception that the compiler shall expect; others are thrown as well
   * @return its value; {@code null} if it completes empty
   * @throws X if the source fails with it
   */
  public static <T, X extends Throwable> @Nullable T await(
      Mono<? extends T> source, Class<X> declared) throws X {
    Class<X> ignored = Args.notNull(declared, "declared");
    return await(source);
  }

  /**
   * Waits, inside a body, for a {@code CompletionStage}, as for a {@code Mono}.
   *
   * <p>The stage's exception is thrown without the {@code CompletionException} around it. If the
   * body is cancelled, so is the stage, where it is a {@code Future}.
   *
   * @param <T> the type of the value
   * @param stage what to wait for
   * @return its value, which may be {@code null}
   */
  public static <T> @Nullable T await(CompletionStage<? extends T> stage) {
    Body<?> body = current("await");
    return Await.await(body, Mono.<T>fromCompletionStage(Args.notNull(stage, "stage")));
  }

  /**
   * Waits for all of several sources, which are subscribed together. At the first error the others
   * are cancelled, and it is thrown.
   *
   * @param <T> the type of the values
   * @param sources what to wait for; bodies run beside each other
   * @return the values in the order of the sources, with {@code null} for those that were empty
   */
  public static <T> List<@Nullable T> awaitAll(Iterable<? extends Mono<? extends T>> sources) {
    Body<?> body = current("awaitAll");
    List<Mono<? extends T>> all = copyOf(sources);
    if (all.isEmpty()) {
      return List.of();
    }
    List<Mono<?>> neverEmpty = new ArrayList<>(all.size());
    for (Mono<? extends T> source : all) {
      neverEmpty.add(source.map(Object.class::cast).defaultIfEmpty(NO_VALUE));
    }
    List<@Nullable T> values = Await.await(body, Mono.zip(neverEmpty, Async::<T>valuesOf));
    return values == null ? List.of() : values;
  }

  /**
   * The same as {@link #awaitAll(Iterable)}.
   *
   * @param <T> the type of the values
   * @param sources what to wait for
   * @return the values in the order of the sources, with {@code null} for those that were empty
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T> List<@Nullable T> awaitAll(Mono<? extends T>... sources) {
    return awaitAll(Arrays.asList(Args.notNull(sources, "sources")));
  }

  /**
   * Waits until each of several sources has ended, however it did. None of them cancels another.
   *
   * @param <T> the type of the values
   * @param sources what to wait for; they are subscribed together
   * @return for each source, in their order, its value, its error, or its being empty
   */
  public static <T> List<Signal<T>> allSettled(Iterable<? extends Mono<? extends T>> sources) {
    Body<?> body = current("allSettled");
    List<Mono<? extends T>> all = copyOf(sources);
    if (all.isEmpty()) {
      return List.of();
    }
    List<Mono<Signal<T>>> settled = new ArrayList<>(all.size());
    for (Mono<? extends T> source : all) {
      settled.add(source.<T>map(value -> value).materialize());
    }
    List<Signal<T>> signals = Await.await(body, Mono.zip(settled, Async::<T>signalsOf));
    return signals == null ? List.of() : signals;
  }

  /**
   * The same as {@link #allSettled(Iterable)}.
   *
   * @param <T> the type of the values
   * @param sources what to wait for
   * @return for each source, in their order, its value, its error, or its being empty
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T> List<Signal<T>> allSettled(Mono<? extends T>... sources) {
    return allSettled(Arrays.asList(Args.notNull(sources, "sources")));
  }

  /**
   * Waits for the first of several sources that ends, be it with a value, empty, or with an error.
   * The others are cancelled. For the first that succeeds, await {@code Mono.firstWithValue}.
   *
   * <p>A source that has its value at the same instant loses it: a race is for sources of which one
   * answer is enough, and none owns a resource.
   *
   * @param <T> the type of the values
   * @param sources what to wait for, at least one
   * @return the value of the first to end; {@code null} if it was empty
   * @throws IllegalArgumentException if there is no source, of which nothing could ever come
   */
  public static <T> @Nullable T race(Iterable<? extends Mono<? extends T>> sources) {
    Body<?> body = current("race");
    List<Mono<? extends T>> all = copyOf(sources);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("sources must not be empty, but was " + all);
    }
    return Await.await(body, Mono.<T>firstWithSignal(all));
  }

  /**
   * The same as {@link #race(Iterable)}.
   *
   * @param <T> the type of the values
   * @param sources what to wait for, at least one
   * @return the value of the first to end; {@code null} if it was empty
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T> @Nullable T race(Mono<? extends T>... sources) {
    return race(Arrays.asList(Args.notNull(sources, "sources")));
  }

  /**
   * Runs a part of a body that cancellation does not reach: for clean-up that has to wait.
   *
   * <pre>{@code
   * Connection connection = await(pool.acquire());
   * try {
   *   return await(connection.query(sql));
   * } finally {
   *   shielded(() -> await(connection.release()));
   * }
   * }</pre>
   *
   * <p>Inside, {@code await} works although the body was cancelled, nothing awaited is cancelled,
   * and no interrupt arrives. A cancellation that comes meanwhile takes effect at the end of the
   * outermost shield: the thread is interrupted then, and the next await throws. What runs inside
   * can't be ended from outside, so give it a time limit of its own.
   *
   * @param <T> the type of the result
   * @param part the code to run, on this thread
   * @return its result
   * @throws IllegalStateException outside a body
   */
  public static <T extends @Nullable Object> T shielded(Callable<? extends T> part) {
    Body<?> body = currentBody("shielded");
    Args.notNull(part, "part");
    body.enterShield();
    try {
      return part.call();
    } catch (Exception thrown) {
      throw Await.<RuntimeException>asItself(thrown);
    } finally {
      body.leaveShield();
    }
  }

  /**
   * The same as {@link #shielded(Callable)}, for code without a result.
   *
   * @param part the code to run, on this thread
   */
  public static void shielded(Runnable part) {
    Args.notNull(part, "part");
    Object ignored =
        Async.<@Nullable Object>shielded(
            () -> {
              part.run();
              return null;
            });
  }

  /**
   * The context of whoever subscribed to the body that runs here.
   *
   * @return the subscriber's context
   * @throws IllegalStateException outside a body
   */
  public static ContextView context() {
    return currentBody("context").actual.currentContext();
  }

  /** The body that may wait here. */
  private static Body<?> current(String operation) {
    Body<?> body = BodyThread.current();
    if (body != null && body.mayWait() && !body.isInSubscriber()) {
      return body;
    }
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          operation
              + " would block thread "
              + Thread.currentThread().getName()
              + ", which must not block: call it inside the body of Async.async(() -> ...), which has"
              + " a thread of its own, or compose with flatMap");
    }
    return currentBody(operation);
  }

  private static Body<?> currentBody(String operation) {
    Body<?> body = BodyThread.current();
    if (body == null || body.isInSubscriber()) {
      throw new IllegalStateException(
          operation
              + " was called outside an async body, on thread "
              + Thread.currentThread().getName()
              + ": wrap the code in Async.async(() -> ...), or compose with flatMap");
    }
    return body;
  }

  private static <T> List<Mono<? extends T>> copyOf(Iterable<? extends Mono<? extends T>> sources) {
    List<Mono<? extends T>> all = new ArrayList<>();
    for (Mono<? extends T> source : Args.notNull(sources, "sources")) {
      all.add(Args.notNull(source, "sources[" + all.size() + "]"));
    }
    return all;
  }

  @SuppressWarnings("unchecked") // each is the value of a Mono of T
  private static <T> List<@Nullable T> valuesOf(Object[] zipped) {
    List<@Nullable T> values = new ArrayList<>(zipped.length);
    for (Object value : zipped) {
      values.add(value == NO_VALUE ? null : (T) value);
    }
    return Collections.unmodifiableList(values);
  }

  @SuppressWarnings("unchecked") // each is the signal of a Mono of T
  private static <T> List<Signal<T>> signalsOf(Object[] zipped) {
    List<Signal<T>> signals = new ArrayList<>(zipped.length);
    for (Object signal : zipped) {
      signals.add((Signal<T>) signal);
    }
    return Collections.unmodifiableList(signals);
  }
}
