package dev.velox.reactor.worker;

import dev.velox.reactor.channel.ChannelClosedException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Posts a message once per subscription: copies it where that is needed, and sends it into the
 * inbox with its subscriber's context.
 *
 * @param <I> what is posted
 * @param <M> the form in which it lies in the inbox
 */
final class PostMono<I, M> extends Mono<Void> implements Scannable {

  // The key under which doOnDiscard keeps its hook (reactor-core, Hooks.KEY_ON_DISCARD, which is
  // not public). The inbox must not see it: it would hand the envelope to it, not the message.
  private static final String DISCARD_HOOK = "reactor.onDiscard.local";

  private final WorkerCore<M> core;
  private final I message;
  private final Function<? super I, ? extends M> form;

  private PostMono(WorkerCore<M> core, I message, Function<? super I, ? extends M> form) {
    this.core = core;
    this.message = message;
    this.form = form;
  }

  static <I, M> Mono<Void> of(
      WorkerCore<M> core, I message, Function<? super I, ? extends M> form) {
    return onAssembly(new PostMono<>(core, message, form));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Void> actual) {
    Context context = actual.currentContext();
    Envelope<M> envelope;
    try {
      envelope = new Envelope<>(message, form.apply(message), context);
    } catch (Throwable failure) {
      Operators.error(actual, Operators.onOperatorError(failure, context));
      return;
    }
    core.inbox().send(envelope).subscribe(new Posting(core, actual, context.delete(DISCARD_HOOK)));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return core.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** Passes signals on, and says in the worker's words that it is closed. */
  private static final class Posting implements CoreSubscriber<Void>, Subscription, Scannable {

    private final WorkerCore<?> core;
    private final CoreSubscriber<? super Void> actual;
    private final Context context;
    private Subscription sending = Operators.emptySubscription();

    Posting(WorkerCore<?> core, CoreSubscriber<? super Void> actual, Context context) {
      this.core = core;
      this.actual = actual;
      this.context = context;
    }

    @Override
    public void onSubscribe(Subscription given) {
      sending = given;
      actual.onSubscribe(this);
    }

    @Override
    public void onNext(Void nothing) {
      // A send has no element.
    }

    @Override
    public void onError(Throwable failure) {
      actual.onError(failure instanceof ChannelClosedException ? core.closed() : failure);
    }

    @Override
    public void onComplete() {
      actual.onComplete();
    }

    @Override
    public void request(long n) {
      sending.request(n);
    }

    @Override
    public void cancel() {
      sending.cancel();
    }

    @Override
    public Context currentContext() {
      return context;
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.PARENT) {
        return sending;
      }
      return Scannable.from(sending).scanUnsafe(key);
    }
  }
}
