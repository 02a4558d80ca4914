package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** Sends one message per subscription. */
final class TellMono<M> extends Mono<Void> implements Scannable {

  private final ActorCore<?, M> core;
  private final M message;
  private final @Nullable Asked ask;

  private TellMono(ActorCore<?, M> core, M message, @Nullable Asked ask) {
    this.core = core;
    this.message = message;
    this.ask = ask;
  }

  static <M> Mono<Void> of(ActorCore<?, M> core, M message, @Nullable Asked ask) {
    return onAssembly(new TellMono<>(core, message, ask));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Void> actual) {
    Context context = actual.currentContext();
    Object mail =
        ask == null ? Mail.wrap(message, Chain.leave(context)) : new Mail(message, context, ask);
    Telling telling = new Telling(core, mail, actual);
    actual.onSubscribe(telling);
    telling.start(Chain.isInside(core, context));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return core.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** One message on its way in. */
  private static final class Telling extends TellWaiter implements Subscription, Scannable {

    private final ActorCore<?, ?> core;
    private volatile @Nullable Object mail;
    private volatile @Nullable CoreSubscriber<? super Void> actual;

    Telling(ActorCore<?, ?> core, Object mail, CoreSubscriber<? super Void> actual) {
      this.core = core;
      this.mail = mail;
      this.actual = actual;
    }

    /**
     * Offers the message. It grants itself before, so that a cancellation that has returned is
     * never followed by an acceptance; if there is no room it takes that back and lines up.
     */
    void start(boolean fromItself) {
      Object offered = mail;
      if (offered == null || !grant(ACCEPTED)) {
        return; // cancelled inside onSubscribe
      }
      SendResult result = core.offer(offered);
      if (result == SendResult.FULL && core.mailbox().mayWait() && !fromItself) {
        if (takeAndRearm() != null) {
          core.mailbox().lineUp(this);
        }
        return;
      }
      if (beginDelivery() != null) {
        switch (result) {
          case SENT, DROPPED -> end(null);
          case FULL -> end(new MailboxFullException(core.name(), core.capacity(), fromItself));
          default -> end(core.stopped());
        }
      }
    }

    @Override
    public void run() {
      Object outcome = beginDelivery();
      if (outcome != null) {
        end(outcome == REFUSED ? core.stopped() : null);
      }
    }

    private void end(@Nullable Throwable error) {
      CoreSubscriber<? super Void> subscriber = actual;
      clear();
      if (subscriber == null) {
        return;
      }
      if (error == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(error);
      }
    }

    @Override
    public void cancel() {
      if (abandon() == WAITED) {
        core.mailbox().left();
      }
      actual = null;
    }

    private void clear() {
      mail = null;
      actual = null;
    }

    @Override
    public void request(long n) {
      // Nothing but a completion will come.
    }

    @Override
    @Nullable Object mail() {
      return mail;
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
