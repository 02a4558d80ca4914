package dev.velox.benchmarks;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/** Adds up what it gets, with unlimited demand. */
public final class TallySubscriber implements CoreSubscriber<Item> {

  private final CompletableFuture<Tally> end = new CompletableFuture<>();
  private long count;
  private long sum;

  public Future<Tally> end() {
    return end;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(Item item) {
    count++;
    sum += item.number();
  }

  @Override
  public void onError(Throwable error) {
    end.completeExceptionally(error);
  }

  @Override
  public void onComplete() {
    end.complete(new Tally(count, sum));
  }
}
