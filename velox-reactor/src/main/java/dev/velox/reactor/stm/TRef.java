package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.WaiterQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A transactional reference: one value, never {@code null}, that transactions read and write.
 *
 * <p>In a transaction use {@link Transaction#get} and {@link Transaction#set}, or the {@code Mono}s
 * of this class inside a {@code Mono} body: subscribed where the Context holds a transaction they
 * are part of it. Outside of a transaction each of them is a transaction of one step.
 *
 * <p>Values should be immutable: a transaction isolates the reference, not what it refers to. A
 * value that {@code equals} the one before is no change: it makes no conflict and wakes nobody.
 *
 * <p>A ref costs 32 bytes, its value aside, and as much again once it was written.
 *
 * @param <T> the type of the value
 */
public final class TRef<T> {

  private static final VarHandle HEAD;
  private static final VarHandle WAITING;
  private static final VarHandle RESERVED_BY;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HEAD = lookup.findVarHandle(TRef.class, "head", Object.class);
      WAITING = lookup.findVarHandle(TRef.class, "waiting", RetryWaiter.Line.class);
      RESERVED_BY = lookup.findVarHandle(TRef.class, "reservedBy", Turn.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  // The first value, bare, or the newest Version. Replaced by installing a decided Commit only.
  private volatile Object head;
  private volatile RetryWaiter.@Nullable Line waiting;
  private volatile @Nullable Turn reservedBy;

  /** Where maps keyed by refs put this one. */
  final int hash = ThreadLocalRandom.current().nextInt();

  private final @Nullable String name;

  private TRef(@Nullable String name, T value) {
    this.name = name;
    this.head = Args.notNull(value, "value");
  }

  /**
   * Makes a ref.
   *
   * @param <T> the type of the value
   * @param value its first value
   * @return a new ref, seen by every transaction with this value until one is committed that writes
   *     it
   */
  public static <T> TRef<T> of(T value) {
    return new TRef<>(null, value);
  }

  /**
   * Makes a ref with a name.
   *
   * @param <T> the type of the value
   * @param name what {@link #toString} tells
   * @param value its first value
   * @return a new ref
   */
  public static <T> TRef<T> of(String name, T value) {
    return new TRef<>(Args.notNull(name, "name"), value);
  }

  /**
   * The value. In a transaction: as the transaction sees it. Outside: the last committed one.
   *
   * @return a {@code Mono} of the value
   */
  public Mono<T> read() {
    return Stm.step(tx -> tx.get(this));
  }

  /**
   * Replaces the value: in a transaction when that commits, outside at once.
   *
   * @param value the new value
   * @return a {@code Mono} that completes when it is written
   */
  public Mono<Void> write(T value) {
    Args.notNull(value, "value");
    return Stm.stepDo(tx -> tx.set(this, value));
  }

  /**
   * Replaces the value by what a function makes of it.
   *
   * @param update makes the new value of the old one; may be called more than once, so it should be
   *     free of side effects
   * @return a {@code Mono} that completes when it is written
   */
  public Mono<Void> update(Function<? super T, ? extends T> update) {
    Args.notNull(update, "update");
    return Stm.stepDo(tx -> tx.update(this, update));
  }

  /**
   * Replaces the value by what a function makes of it, and answers the new one.
   *
   * @param update makes the new value of the old one
   * @return a {@code Mono} of the new value
   */
  public Mono<T> updateAndGet(Function<? super T, ? extends T> update) {
    Args.notNull(update, "update");
    return Stm.step(tx -> tx.update(this, update));
  }

  /**
   * Replaces the value by what a function makes of it, and answers the old one.
   *
   * @param update makes the new value of the old one
   * @return a {@code Mono} of the old value
   */
  public Mono<T> getAndUpdate(Function<? super T, ? extends T> update) {
    Args.notNull(update, "update");
    return Stm.step(
        tx -> {
          T before = tx.get(this);
          T ignored = tx.update(this, update);
          return before;
        });
  }

  /**
   * Waits until the value meets a condition. No thread waits, and nothing is polled.
   *
   * @param condition what to wait for
   * @return a {@code Mono} of the first such value that was seen
   */
  public Mono<T> await(Predicate<? super T> condition) {
    Args.notNull(condition, "condition");
    return Stm.step(
        tx -> {
          T value = tx.get(this);
          tx.check(condition.test(value));
          return value;
        });
  }

  /**
   * The committed values, from the present one on, in the order of their commits. Who is slower
   * than the commits gets the latest and misses those between.
   *
   * @return a {@code Flux} that never completes
   */
  public Flux<T> changes() {
    return Stm.live(tx -> tx.get(this));
  }

  /**
   * The last committed value, now, whatever transaction is going on here.
   *
   * @return the value
   */
  @SuppressWarnings("unchecked") // only values of T are ever written
  public T peek() {
    // Settled first, so that who sees one write of a commit sees the others in what it peeks next.
    Commit ignored = Ledger.SHARED.settled();
    return (T) Version.valueOf(head);
  }

  Object head() {
    return head;
  }

  void replaceHead(Object before, Version version) {
    HEAD.compareAndSet(this, before, version);
  }

  @Nullable Turn reservedBy() {
    return reservedBy;
  }

  void reserve(Turn turn) {
    reservedBy = turn;
  }

  void unreserve(Turn turn) {
    RESERVED_BY.compareAndSet(this, turn, null);
  }

  void addWaiter(RetryWaiter waiter) {
    for (; ; ) {
      RetryWaiter.Line before = waiting;
      RetryWaiter.Line line = before == null ? RetryWaiter.Line.EMPTY : before;
      if (WAITING.compareAndSet(this, before, line.plus(waiter))) {
        return;
      }
    }
  }

  void waiterEnded() {
    for (; ; ) {
      RetryWaiter.Line before = waiting;
      if (before == null || WAITING.compareAndSet(this, before, before.withOneEnded())) {
        return;
      }
    }
  }

  /** Takes all waiters away, to be woken. */
  @Nullable WaiterQueue<RetryWaiter> takeWaiters() {
    if (waiting == null) {
      return null;
    }
    RetryWaiter.Line line = (RetryWaiter.Line) WAITING.getAndSet(this, null);
    return line == null ? null : line.queue();
  }

  /** How many registrations the ref holds, ended ones included; for tests. */
  int waiters() {
    RetryWaiter.Line line = waiting;
    return line == null ? 0 : line.queue().size();
  }

  @Override
  public String toString() {
    return "TRef(" + (name == null ? "" : name + "=") + peek() + ")";
  }
}
