package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Transactions over {@link TRef}s.
 *
 * <pre>{@code
 * TRef<Integer> from = TRef.of(100);
 * TRef<Integer> to = TRef.of(0);
 *
 * Mono<Void> transfer = Stm.atomic(tx -> {
 *   tx.set(from, tx.get(from) - 10);
 *   tx.set(to, tx.get(to) + 10);
 * });
 * Mono<Void> same = from.update(x -> x - 10).then(to.update(x -> x + 10)).as(Stm::atomic);
 * }</pre>
 *
 * <p>Each subscription is a transaction of its own. Its body is run when the result is requested,
 * on the requesting thread. If another transaction has changed what it read, it is run again,
 * invisibly; after a wait or several conflicts that happens on the library's hand-over scheduler
 * (or that of {@link StmOptions#scheduler}), and the result arrives there. An error, a cancellation
 * or a time-out writes nothing.
 *
 * <p><b>Guarantees.</b> Committed transactions are strictly serialisable: each takes effect at one
 * instant between its request and its result. No body, whatever becomes of it, sees two refs of
 * different instants. No thread waits, no lock exists: commits are decided by a compare-and-set, so
 * some transaction always makes progress; and one that has lost eight times gets a turn in which
 * nobody changes what it reads, so each finite body commits in the end. A body may be run several
 * times: leave its side effects to {@link Transaction#afterCommit}.
 *
 * <p><b>Nesting.</b> Where the Context holds a transaction, {@code atomic} is a nested block of it:
 * an error undoes the block's writes only, and its options are those of the outer one.
 *
 * <p>An overload needs a hint where a lambda is a bare method call: {@code atomic((Transaction tx)
 * -> tx.get(ref))}, or a block with {@code return}.
 *
 * <p>The algorithm is told in {@code docs/decisions/stm-algorithm.md}.
 */
@SuppressWarnings("overloads") // a body with and without a result; the hint above tells them apart
public final class Stm {

  private Stm() {}

  /**
   * A transaction with a synchronous body and a result.
   *
   * @param <T> the type of the result
   * @param body what to do, on one thread, without blocking; {@code null} for an empty result
   * @return a {@code Mono} of the body's result, once it is committed
   */
  public static <T> Mono<T> atomic(Function<? super Transaction, ? extends T> body) {
    return atomic(StmOptions.defaults(), body);
  }

  /**
   * A transaction with a synchronous body and a result.
   *
   * @param <T> the type of the result
   * @param options how it is run
   * @param body what to do, on one thread, without blocking; {@code null} for an empty result
   * @return a {@code Mono} of the body's result, once it is committed
   */
  public static <T> Mono<T> atomic(
      StmOptions options, Function<? super Transaction, ? extends T> body) {
    return SyncMono.of(
        Args.notNull(options, "options"), Args.notNull(body, "body"), SyncMono.Kind.BLOCK);
  }

  /**
   * A transaction with a synchronous body and no result.
   *
   * @param body what to do, on one thread, without blocking
   * @return a {@code Mono} that completes once it is committed
   */
  public static Mono<Void> atomic(Consumer<? super Transaction> body) {
    return atomic(StmOptions.defaults(), body);
  }

  /**
   * A transaction with a synchronous body and no result.
   *
   * @param options how it is run
   * @param body what to do, on one thread, without blocking
   * @return a {@code Mono} that completes once it is committed
   */
  public static Mono<Void> atomic(StmOptions options, Consumer<? super Transaction> body) {
    return SyncMono.of(
        Args.notNull(options, "options"),
        new Action(Args.notNull(body, "body")),
        SyncMono.Kind.BLOCK);
  }

  /**
   * A transaction with a {@code Mono} body. The transaction is in the Context of each subscriber
   * inside the body: what {@link TRef}'s methods and the collections return takes part in it. The
   * body may span threads and time; all it reads is of one instant, that of its subscription. From
   * the second attempt on a body that has written and can't commit any more is cancelled early.
   *
   * @param <T> the type of the result
   * @param body what to do; subscribed once per attempt
   * @return a {@code Mono} of the body's result, once it is committed
   */
  public static <T> Mono<T> atomic(Mono<T> body) {
    return atomic(StmOptions.defaults(), body);
  }

  /**
   * A transaction with a {@code Mono} body.
   *
   * @param <T> the type of the result
   * @param options how it is run
   * @param body what to do; subscribed once per attempt
   * @return a {@code Mono} of the body's result, once it is committed
   * @see #atomic(Mono)
   */
  public static <T> Mono<T> atomic(StmOptions options, Mono<T> body) {
    Args.notNull(options, "options");
    Args.notNull(body, "body");
    Mono<T> single = body instanceof SyncMono<T> only ? only.alone(options) : null;
    return single == null ? BodyMono.of(options, tx -> body, null) : single;
  }

  /**
   * A transaction with a {@code Mono} body that is made anew for each attempt.
   *
   * @param <T> the type of the result
   * @param body makes what to do of the attempt's transaction
   * @return a {@code Mono} of the body's result, once it is committed
   * @see #atomic(Mono)
   */
  public static <T> Mono<T> atomicMono(
      Function<? super Transaction, ? extends Mono<? extends T>> body) {
    return atomicMono(StmOptions.defaults(), body);
  }

  /**
   * A transaction with a {@code Mono} body that is made anew for each attempt.
   *
   * @param <T> the type of the result
   * @param options how it is run
   * @param body makes what to do of the attempt's transaction
   * @return a {@code Mono} of the body's result, once it is committed
   * @see #atomic(Mono)
   */
  public static <T> Mono<T> atomicMono(
      StmOptions options, Function<? super Transaction, ? extends Mono<? extends T>> body) {
    return BodyMono.of(Args.notNull(options, "options"), Args.notNull(body, "body"), null);
  }

  /**
   * A transaction that only reads: it keeps no journal, never meets a conflict from the second
   * attempt on, and commits for nothing. Writing in it is an {@link IllegalStateException}.
   *
   * @param <T> the type of the result
   * @param body what to read, on one thread
   * @return a {@code Mono} of the body's result
   */
  public static <T> Mono<T> readOnly(Function<? super Transaction, ? extends T> body) {
    return readOnly(StmOptions.defaults(), body);
  }

  /**
   * A transaction that only reads.
   *
   * @param <T> the type of the result
   * @param options how it is run
   * @param body what to read, on one thread
   * @return a {@code Mono} of the body's result
   * @see #readOnly(Function)
   */
  public static <T> Mono<T> readOnly(
      StmOptions options, Function<? super Transaction, ? extends T> body) {
    return SyncMono.of(
        Args.notNull(options, "options"), Args.notNull(body, "body"), SyncMono.Kind.READ_ONLY);
  }

  /**
   * The result of a read-only transaction, now and again whenever a ref that it read has changed.
   * Who is slower than the changes gets the latest state and misses those between. A {@code retry}
   * in the body withholds a result until there is one.
   *
   * @param <T> the type of the results
   * @param body what to read, on one thread; run again for each result
   * @return a {@code Flux} that ends with the body's error, or when the body has read nothing that
   *     could change: then with an {@link IllegalStateException}
   */
  public static <T> Flux<T> live(Function<? super Transaction, ? extends T> body) {
    Args.notNull(body, "body");
    return Flux.defer(
        () -> SyncMono.of(StmOptions.defaults(), new Live<T>(body), SyncMono.Kind.LIVE).repeat());
  }

  /**
   * Inside a {@code Mono} body: undoes what was written and waits until a ref that was read has
   * changed; then the body runs again. Inside the left side of {@link #orElse} the right side runs
   * instead.
   *
   * @param <T> whatever is needed
   * @return a {@code Mono} that never signals; outside of a transaction, an {@link
   *     IllegalStateException}
   */
  public static <T> Mono<T> retry() {
    return Mono.deferContextual(
        context -> {
          AsyncTransaction tx = AsyncTransaction.in(context);
          if (tx == null) {
            return Mono.error(new IllegalStateException("retry outside of a transaction"));
          }
          return SyncMono.of(
              StmOptions.defaults(), (Transaction inside) -> inside.retry(), SyncMono.Kind.STEP);
        });
  }

  /**
   * Inside a {@code Mono} body: goes on if the condition holds, else {@linkplain #retry() retries}.
   *
   * @param condition what has to hold
   * @return a {@code Mono} that completes if it does
   */
  public static Mono<Void> check(boolean condition) {
    return condition ? Mono.empty() : retry();
  }

  /**
   * Runs {@code left}; if that retries, undoes what it wrote and runs {@code right}. If both retry,
   * the whole transaction waits for a change in what either has read. Outside of a transaction it
   * is one.
   *
   * @param <T> the type of the result
   * @param left what is tried first
   * @param right what is tried if the first retries
   * @return a {@code Mono} of the result of the one that didn't retry
   */
  public static <T> Mono<T> orElse(Mono<? extends T> left, Mono<? extends T> right) {
    Args.notNull(left, "left");
    return BodyMono.of(StmOptions.defaults(), tx -> left, Args.notNull(right, "right"));
  }

  /**
   * Marks a side effect that must not happen inside a transaction, as that may run it several
   * times.
   *
   * @param <T> the type of the element
   * @param effect the side effect
   * @return the same, failing with an {@link IllegalStateException} where the Context holds a
   *     transaction
   */
  public static <T> Mono<T> forbidden(Mono<T> effect) {
    Args.notNull(effect, "effect");
    return Mono.deferContextual(
        context -> AsyncTransaction.in(context) == null ? effect : Mono.error(inside()));
  }

  /**
   * Marks a side effect that must not happen inside a transaction, as that may run it several
   * times.
   *
   * @param <T> the type of the elements
   * @param effect the side effect
   * @return the same, failing with an {@link IllegalStateException} where the Context holds a
   *     transaction
   */
  public static <T> Flux<T> forbidden(Flux<T> effect) {
    Args.notNull(effect, "effect");
    return Flux.deferContextual(
        context -> AsyncTransaction.in(context) == null ? effect : Flux.error(inside()));
  }

  private static IllegalStateException inside() {
    return new IllegalStateException(
        "this side effect must not be subscribed inside a transaction: use afterCommit");
  }

  /** One operation of a ref or a collection: part of the transaction in the Context, or one. */
  static <T> Mono<T> step(Function<? super Transaction, ? extends T> body) {
    return SyncMono.of(StmOptions.defaults(), body, SyncMono.Kind.STEP);
  }

  /** One operation without a result. */
  static Mono<Void> stepDo(Consumer<? super Transaction> body) {
    return SyncMono.of(StmOptions.defaults(), new Action(body), SyncMono.Kind.STEP);
  }

  private record Action(Consumer<? super Transaction> body) implements Function<Transaction, Void> {
    @Override
    @SuppressWarnings("NullAway") // a body without result is empty
    public Void apply(Transaction transaction) {
      body.accept(transaction);
      return null;
    }
  }
}
