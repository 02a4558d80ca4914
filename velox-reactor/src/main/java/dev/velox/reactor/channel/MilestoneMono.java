package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** Completes when a milestone is reached. */
final class MilestoneMono extends Mono<Void> implements Scannable {

  private final Milestone milestone;

  private MilestoneMono(Milestone milestone) {
    this.milestone = milestone;
  }

  static Mono<Void> of(Milestone milestone) {
    return onAssembly(new MilestoneMono(milestone));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Void> actual) {
    Watching watching = new Watching(milestone, actual);
    actual.onSubscribe(watching);
    milestone.watch(watching);
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  private static final class Watching extends Milestone.Watcher implements Subscription, Scannable {

    private final Milestone milestone;
    private @Nullable CoreSubscriber<? super Void> actual;

    Watching(Milestone milestone, CoreSubscriber<? super Void> actual) {
      this.milestone = milestone;
      this.actual = actual;
    }

    @Override
    public void run() {
      CoreSubscriber<? super Void> subscriber = actual;
      if (beginDelivery() != null && subscriber != null) {
        actual = null;
        subscriber.onComplete();
      }
    }

    @Override
    public void cancel() {
      Object had = abandon();
      if (had != null) {
        actual = null;
      }
      if (had == WAITED) {
        milestone.watcherLeft();
      }
    }

    @Override
    public void request(long n) {
      // Nothing but a completion will come.
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return outcome() == CANCELLED;
      }
      if (key == Attr.TERMINATED) {
        return outcome() == DELIVERED;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
