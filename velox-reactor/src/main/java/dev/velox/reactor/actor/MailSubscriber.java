package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One source's view of an actor. It asks for a message, sends it, and asks for the next one when
 * that was accepted; when it is refused, it cancels the source.
 */
final class MailSubscriber<M> implements CoreSubscriber<M>, Scannable {

  private final Actor<M> actor;
  private final Disposable.Swap sending = Disposables.swap();
  private volatile @Nullable Subscription subscription;
  private volatile boolean done;

  private MailSubscriber(Actor<M> actor) {
    this.actor = actor;
  }

  static <M> CoreSubscriber<M> of(Actor<M> actor) {
    return new MailSubscriber<>(actor);
  }

  @Override
  public void onSubscribe(Subscription given) {
    Args.notNull(given, "subscription");
    if (Operators.validate(subscription, given)) {
      subscription = given;
      given.request(1);
    }
  }

  @Override
  public void onNext(M message) {
    Args.notNull(message, "message");
    Subscription source = subscription;
    if (done || source == null) {
      Operators.onNextDropped(message, Context.empty());
      return;
    }
    sending.replace(
        actor
            .send(message)
            .subscribe(
                accepted -> {},
                error -> {
                  done = true;
                  source.cancel();
                  Operators.onDiscard(message, Context.empty());
                  if (!(error instanceof ActorStoppedException)) {
                    Operators.onErrorDropped(error, Context.empty());
                  }
                },
                () -> source.request(1)));
  }

  @Override
  public void onError(Throwable error) {
    Args.notNull(error, "error");
    done = true;
    Operators.onErrorDropped(error, Context.empty());
  }

  @Override
  public void onComplete() {
    done = true;
  }

  @Override
  public Context currentContext() {
    return Context.empty();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return subscription;
    }
    if (key == Attr.TERMINATED) {
      return done;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
