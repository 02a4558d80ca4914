package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * A transactional semaphore: permits that are taken and given back as part of transactions. Taking
 * what is not there {@linkplain Transaction#retry() retries}.
 *
 * <p>All who wait look again whenever permits come back, and who is quickest takes them: use the
 * semaphore of the {@code sync} package where the order matters and no transaction is needed.
 */
public final class TSemaphore {

  private final TRef<Long> permits;

  private TSemaphore(long permits) {
    this.permits = TRef.of(permits);
  }

  /**
   * Makes a semaphore.
   *
   * @param permits how many permits there are at first
   * @return a new semaphore
   */
  public static TSemaphore of(long permits) {
    if (permits < 0) {
      throw new IllegalArgumentException("permits must not be negative, but was " + permits);
    }
    return new TSemaphore(permits);
  }

  /**
   * Takes permits; retries if there are not enough.
   *
   * @param tx the transaction
   * @param count how many
   */
  public void acquire(Transaction tx, long count) {
    tx.check(tryAcquire(tx, count));
  }

  /**
   * Takes permits if there are enough.
   *
   * @param tx the transaction
   * @param count how many
   * @return whether there were
   */
  public boolean tryAcquire(Transaction tx, long count) {
    long wanted = Args.positive(count, "count");
    long there = tx.get(permits);
    if (there < wanted) {
      return false;
    }
    tx.set(permits, there - wanted);
    return true;
  }

  /**
   * Gives permits back.
   *
   * @param tx the transaction
   * @param count how many
   */
  public void release(Transaction tx, long count) {
    long given = Args.positive(count, "count");
    tx.commute(permits, there -> Math.addExact(there, given));
  }

  /**
   * How many permits there are.
   *
   * @param tx the transaction
   * @return the number of permits
   */
  public long available(Transaction tx) {
    return tx.get(permits);
  }

  /**
   * Takes one permit; waits until there is one.
   *
   * @return a {@code Mono} that completes when it is taken
   */
  public Mono<Void> acquire() {
    return Stm.stepDo(tx -> acquire(tx, 1));
  }

  /**
   * Gives one permit back.
   *
   * @return a {@code Mono} that completes when it is given
   */
  public Mono<Void> release() {
    return Stm.stepDo(tx -> release(tx, 1));
  }

  /**
   * How many permits there are.
   *
   * @return a {@code Mono} of the number of permits
   */
  public Mono<Long> available() {
    return permits.read();
  }

  /**
   * Runs something with a permit, which is given back before that is told to have ended, or when it
   * is cancelled.
   *
   * @param <T> the type of the result
   * @param work what to run; no transaction, and not to be subscribed inside one
   * @return a {@code Mono} of its result
   */
  public <T> Mono<T> withPermit(Mono<T> work) {
    Args.notNull(work, "work");
    return Stm.forbidden(
        Mono.defer(
            () -> {
              AtomicReference<Holding> holding = new AtomicReference<>(Holding.NOT_YET);
              Runnable leave =
                  () -> {
                    if (holding.getAndSet(Holding.LEFT) == Holding.HELD) {
                      giveBack();
                    }
                  };
              return Stm.stepDo(
                      tx -> {
                        acquire(tx, 1);
                        tx.afterCommit(
                            () -> {
                              if (!holding.compareAndSet(Holding.NOT_YET, Holding.HELD)) {
                                // Cancelled while the commit was being decided.
                                giveBack();
                              }
                            });
                      })
                  .then(work)
                  .doOnTerminate(leave)
                  .doOnCancel(leave);
            }));
  }

  private enum Holding {
    NOT_YET,
    HELD,
    LEFT
  }

  private void giveBack() {
    Disposable ignored = release().subscribe();
  }
}
