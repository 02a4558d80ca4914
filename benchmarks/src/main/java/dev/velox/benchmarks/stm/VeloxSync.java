package dev.velox.benchmarks.stm;

import dev.velox.benchmarks.Threads;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.TRef;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/** Velox with synchronous bodies: a Mono, and a subscription to it, for each transaction. */
class VeloxSync extends ThreadTasks {

  final TRef<Integer> counter = TRef.of(0);
  final List<TRef<Integer>> accounts = new ArrayList<>();

  VeloxSync() {
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.add(TRef.of(FIRST));
    }
  }

  /** Runs it here; blocks only if it had to go on elsewhere. */
  static <T> T run(Mono<T> transaction) {
    Last<T> last = new Last<>();
    transaction.subscribe(last);
    return last.await();
  }

  /** Who subscribes: made for each transaction, as any subscriber is. */
  static final class Last<T> implements CoreSubscriber<T> {
    private T value;
    private Throwable failure;
    private volatile boolean ended;
    private volatile Thread waiting;

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T next) {
      value = next;
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
      onComplete();
    }

    @Override
    public void onComplete() {
      ended = true;
      Thread thread = waiting;
      if (thread != null) {
        LockSupport.unpark(thread);
      }
    }

    T await() {
      if (!ended) {
        waiting = Thread.currentThread();
        while (!ended) {
          LockSupport.park(this);
        }
      }
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
      return value;
    }
  }

  @Override
  void incrementOnce() {
    run(
        Stm.atomic(
            tx -> {
              tx.set(counter, tx.get(counter) + 1);
            }));
  }

  @Override
  long counter() {
    return counter.peek();
  }

  @Override
  void transferOnce(int from, int to) {
    TRef<Integer> a = accounts.get(from);
    TRef<Integer> b = accounts.get(to);
    run(
        Stm.atomic(
            tx -> {
              tx.set(a, tx.get(a) - 1);
              tx.set(b, tx.get(b) + 1);
            }));
  }

  @Override
  void readTen(int first) {
    int ignored =
        run(
            Stm.atomic(
                tx -> {
                  int sum = 0;
                  for (int i = 0; i < 10; i++) {
                    sum += tx.get(accounts.get(first + i));
                  }
                  return sum;
                }));
  }

  @Override
  long sumOnce() {
    return run(
        Stm.readOnly(
            tx -> {
              long sum = 0;
              for (TRef<Integer> account : accounts) {
                sum += tx.get(account);
              }
              return sum;
            }));
  }

  private Mono<Void> swapping(int expected, int next) {
    return Stm.atomic(
        tx -> {
          tx.check(tx.get(counter) == expected);
          tx.set(counter, next);
        });
  }

  @Override
  void swap(int expected, int next) {
    run(swapping(expected, next));
  }

  /** Without a thread each: the two sides are Monos. */
  @Override
  public long handOff(int times) throws Exception {
    Threads.await(
        Mono.when(swapping(0, 1).repeat(times - 1L), swapping(1, 0).repeat(times - 1L)).toFuture());
    return counter();
  }
}
