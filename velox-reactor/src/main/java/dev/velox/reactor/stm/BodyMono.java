package dev.velox.reactor.stm;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * A transaction with a {@code Mono} body, or two of which the second runs if the first retries.
 * Inside another transaction: a nested block of it.
 */
final class BodyMono<T> extends Mono<T> implements Scannable {

  private final StmOptions options;
  private final Function<? super Transaction, ? extends Mono<? extends T>> body;
  private final @Nullable Mono<? extends T> otherwise;

  BodyMono(
      StmOptions options,
      Function<? super Transaction, ? extends Mono<? extends T>> body,
      @Nullable Mono<? extends T> otherwise) {
    this.options = options;
    this.body = body;
    this.otherwise = otherwise;
  }

  static <T> Mono<T> of(
      StmOptions options,
      Function<? super Transaction, ? extends Mono<? extends T>> body,
      @Nullable Mono<? extends T> otherwise) {
    return onAssembly(new BodyMono<>(options, body, otherwise));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    AsyncTransaction outer = AsyncTransaction.in(actual.currentContext());
    if (outer != null) {
      if (!outer.attempt.isOpen()) {
        Operators.error(actual, SyncMono.ended());
        return;
      }
      actual.onSubscribe(new NestedRun<T>(actual, outer, body, otherwise));
    } else if (otherwise == null) {
      actual.onSubscribe(new MonoRun<T>(actual, options, body));
    } else {
      // Alone, a choice is a transaction of its own: this one, seen from inside it.
      actual.onSubscribe(new MonoRun<T>(actual, options, tx -> this));
    }
  }

  @Override
  @SuppressWarnings("rawtypes") // Scannable's own signature
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return options.name;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
