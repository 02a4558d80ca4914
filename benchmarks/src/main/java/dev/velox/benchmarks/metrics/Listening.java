package dev.velox.benchmarks.metrics;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.stm.Stm;
import dev.velox.reactor.stm.StmOptions;
import dev.velox.reactor.stm.TRef;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.SyncOptions;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/**
 * What it costs that constructs can be observed. {@code velox} has no listener, so all it does for
 * one is to see that there is none; {@code empty-listener} sees one, and calls methods that do
 * nothing. What lies between the two is more than the seeing costs.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
public class Listening {

  @Param({"velox", "empty-listener"})
  public String peer;

  @Param({"channel", "mutex", "retry", "transaction"})
  public String construct;

  private Mono<Integer> operation;

  @Setup
  public void open() {
    operation = operation(peer.equals("velox") ? MetricsListener.noop() : new Empty());
  }

  private Mono<Integer> operation(MetricsListener listener) {
    Mono<Integer> one = Mono.just(1);
    switch (construct) {
      case "channel":
        Channel<Integer> channel =
            Channel.<Integer>builder().capacity(16).metrics(listener).build();
        Mono<Integer> received = channel.receive();
        return Mono.defer(
            () -> {
              channel.trySend(1);
              return received;
            });
      case "mutex":
        return one.transform(Mutex.create(SyncOptions.defaults().metrics(listener))::withLock);
      case "retry":
        RetryPolicy policy =
            RetryPolicy.builder().maxAttempts(3).backoff(Backoff.none()).metrics(listener).build();
        return one.transform(policy.operator());
      case "transaction":
        TRef<Integer> ref = TRef.of(1);
        return Stm.atomic(
            StmOptions.defaults().metrics(listener),
            transaction -> {
              int seen = transaction.get(ref);
              transaction.set(ref, seen);
              return seen;
            });
      default:
        throw new IllegalArgumentException("No construct " + construct);
    }
  }

  @Benchmark
  public int run() {
    Seen seen = new Seen();
    operation.subscribe(seen);
    if (seen.value != 1) {
      throw new IllegalStateException("Wrong answer: " + seen.value);
    }
    return seen.value;
  }

  private static final class Seen implements CoreSubscriber<Integer> {
    private int value;

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Integer next) {
      value = next;
    }

    @Override
    public void onError(Throwable failure) {
      throw new IllegalStateException(failure);
    }

    @Override
    public void onComplete() {}
  }

  /** Does nothing, but unlike the one that is meant to do nothing it is called. */
  private static final class Empty implements MetricsListener {
    @Override
    public void count(Event event) {}

    @Override
    public void time(Timing timing, long amount, TimeUnit unit) {}
  }
}
