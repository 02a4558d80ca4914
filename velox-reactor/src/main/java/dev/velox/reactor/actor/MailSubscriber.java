package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.util.concurrent.atomic.AtomicInteger;
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
 * that was accepted.
 *
 * <p>Its owner is the drain: whoever raises {@code wip} from zero runs it, and it ends when it has
 * brought {@code wip} back to zero. An accepted message, a refused one, the source's end and the
 * actor's leave a note and raise it, so the source is never called by two of them at once, and a
 * source that answers from within {@code request} finds the drain taken, and returns.
 *
 * <pre>
 *   open -- subscribed, or the last message accepted --&gt; open: request(1)
 *   open -- the source ended --------------------------&gt; over: its subscription is left alone
 *   open -- a message refused, or the actor is gone ---&gt; over: the source is cancelled
 *   open -- cancelled ---------------------------------&gt; over: the source is cancelled, and with it
 *                                                        the message that waits for its place
 * </pre>
 */
final class MailSubscriber<M> implements CoreSubscriber<M>, Subscription, Disposable, Scannable {

  private final Actor<M> actor;
  private final AtomicInteger wip = new AtomicInteger();
  private final Disposable.Swap sending = Disposables.swap();
  private final Disposable.Swap watching = Disposables.swap();

  private volatile @Nullable Subscription source;
  private volatile boolean due;
  private volatile boolean ended;
  private volatile boolean leaving;
  private volatile boolean over;

  private MailSubscriber(Actor<M> actor) {
    this.actor = actor;
  }

  static <M> CoreSubscriber<M> of(Actor<M> actor) {
    return new MailSubscriber<>(actor);
  }

  @Override
  public void onSubscribe(Subscription given) {
    Args.notNull(given, "subscription");
    if (Operators.validate(source, given)) {
      source = given;
      due = true;
      drain();
      if (!over) {
        watching.update(actor.terminated().subscribe(how -> cancel()));
      }
    }
  }

  @Override
  public void onNext(M message) {
    Args.notNull(message, "message");
    if (ended || leaving) {
      Operators.onNextDropped(message, Context.empty());
      return;
    }
    sending.replace(
        actor
            .send(message)
            .subscribe(accepted -> {}, error -> refused(message, error), this::accepted));
  }

  private void accepted() {
    due = true;
    drain();
  }

  private void refused(M message, Throwable error) {
    leaving = true;
    Operators.onDiscard(message, Context.empty());
    if (!(error instanceof ActorStoppedException)) {
      Operators.onErrorDropped(error, Context.empty());
    }
    drain();
  }

  @Override
  public void onError(Throwable error) {
    Args.notNull(error, "error");
    ended = true;
    Operators.onErrorDropped(error, Context.empty());
    drain();
  }

  @Override
  public void onComplete() {
    ended = true;
    drain();
  }

  @Override
  public void request(long n) {
    // It asks by itself, as the mailbox accepts.
  }

  @Override
  public void cancel() {
    leaving = true;
    drain();
  }

  @Override
  public void dispose() {
    cancel();
  }

  @Override
  public boolean isDisposed() {
    return over;
  }

  private void drain() {
    if (wip.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      step();
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  private void step() {
    Subscription from = source;
    if (over || from == null) {
      return; // nothing to call yet; subscribing drains
    }
    if (ended) {
      // A message that waits still belongs to the source's accepted ones: it keeps its place.
      over = true;
      watching.dispose();
    } else if (leaving) {
      over = true;
      from.cancel();
      sending.dispose();
      watching.dispose();
    } else if (due) {
      due = false;
      from.request(1);
    }
  }

  @Override
  public Context currentContext() {
    return Context.empty();
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return source;
    }
    if (key == Attr.TERMINATED) {
      return ended;
    }
    if (key == Attr.CANCELLED) {
      return leaving && !ended;
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }
}
