package dev.velox.reactor.async;

import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** A body with one result: each subscription is a run of its own. */
final class AsyncMono<T> extends Mono<T> implements Scannable {

  private final Callable<? extends @Nullable T> body;
  private final Executor executor;

  private AsyncMono(Callable<? extends @Nullable T> body, Executor executor) {
    this.body = body;
    this.executor = executor;
  }

  static <T> Mono<T> create(Callable<? extends @Nullable T> body, Executor executor) {
    return onAssembly(new AsyncMono<>(body, executor));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    actual.onSubscribe(new MonoBody<>(actual, executor, body));
  }

  @Override
  @SuppressWarnings("rawtypes") // as declared by Scannable
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  private static final class MonoBody<T> extends Body<T> {

    private final Callable<? extends @Nullable T> body;

    MonoBody(
        CoreSubscriber<? super T> actual, Executor executor, Callable<? extends @Nullable T> body) {
      super(actual, executor);
      this.body = body;
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        refuse(n);
      } else {
        start();
      }
    }

    @Override
    @Nullable T call() throws Exception {
      return body.call();
    }

    @Override
    void complete(@Nullable T result) {
      // Nothing runs before the first request, so there is demand for the result.
      if (result != null) {
        actual.onNext(result);
      }
      actual.onComplete();
    }
  }
}
