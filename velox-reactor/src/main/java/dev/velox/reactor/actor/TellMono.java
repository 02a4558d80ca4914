package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.channel.SendResult;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Sends one message per subscription. */
final class TellMono<M> extends Mono<Void> implements Scannable {

  private final Address<M> address;
  private final M message;
  private final @Nullable Asked ask;

  private TellMono(Address<M> address, M message, @Nullable Asked ask) {
    this.address = address;
    this.message = message;
    this.ask = ask;
  }

  static <M> Mono<Void> of(Address<M> address, M message, @Nullable Asked ask) {
    return onAssembly(new TellMono<>(address, message, ask));
  }

  @Override
  public void subscribe(CoreSubscriber<? super Void> actual) {
    Context context = actual.currentContext();
    Object mail =
        ask == null ? Mail.wrap(message, Chain.leave(context)) : new Mail(message, context, ask);
    Telling telling = new Telling(mail, actual);
    actual.onSubscribe(telling);
    ActorCore<?, M> core;
    try {
      core = address.core();
    } catch (Throwable nobody) {
      telling.refuse(Operators.onOperatorError(nobody, context));
      return;
    }
    telling.start(core, Chain.isInside(core, context));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return address.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** One message on its way in. */
  private static final class Telling extends TellWaiter implements Subscription, Scannable {

    private volatile @Nullable ActorCore<?, ?> core;
    private volatile @Nullable Object mail;
    private volatile @Nullable CoreSubscriber<? super Void> actual;

    Telling(Object mail, CoreSubscriber<? super Void> actual) {
      this.mail = mail;
      this.actual = actual;
    }

    /**
     * Offers the message. It grants itself before, so that a cancellation that has returned is
     * never followed by an acceptance; if there is no room it takes that back and lines up.
     */
    void start(ActorCore<?, ?> first, boolean fromItself) {
      Object offered = mail;
      if (offered == null || !grant(ACCEPTED)) {
        return; // cancelled inside onSubscribe
      }
      ActorCore<?, ?> to = first;
      SendResult result = to.offer(offered);
      try {
        for (ActorCore<?, ?> next = to;
            result == SendResult.CLOSED && (next = next.successor()) != null; ) {
          to = next;
          result = to.offer(offered);
        }
      } catch (Throwable nobody) {
        fail(nobody);
        return;
      }
      if (result == SendResult.FULL && to.mailbox().mayWait() && !fromItself) {
        core = to;
        if (takeAndRearm() != null) {
          to.count(Event.WAITING);
          to.mailbox().lineUp(this);
        }
        return;
      }
      if (beginDelivery() != null) {
        switch (result) {
          case SENT, DROPPED -> end(null);
          case FULL -> {
            to.count(Event.REJECTED);
            end(new MailboxFullException(to.name(), to.capacity(), fromItself));
          }
          default -> {
            to.count(Event.REJECTED);
            end(to.stopped());
          }
        }
      }
    }

    /** There is nobody to take it, though somebody was refused it. */
    private void fail(Throwable nobody) {
      CoreSubscriber<? super Void> subscriber = actual;
      if (beginDelivery() != null && subscriber != null) {
        end(Operators.onOperatorError(nobody, subscriber.currentContext()));
      }
    }

    void refuse(Throwable error) {
      if (finish()) {
        end(error);
      }
    }

    @Override
    public void run() {
      ActorCore<?, ?> from = core;
      if (from != null && from.hasIdledOut() && outcome() == REFUSED) {
        // It was told that the mailbox was full, and lined up after that was over.
        ActorCore<?, ?> next;
        try {
          next = from.successor();
        } catch (Throwable nobody) {
          fail(nobody);
          return;
        }
        if (next != null) {
          if (takeAndRearm() != null) {
            start(next, false);
          }
          return;
        }
      }
      Object outcome = beginDelivery();
      if (outcome != null) {
        if (outcome == REFUSED && from != null) {
          from.count(Event.REJECTED);
          end(from.stopped());
        } else {
          end(null);
        }
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
      ActorCore<?, ?> from = core;
      if (abandon() == WAITED && from != null) {
        from.count(Event.CANCELLED);
        from.mailbox().left();
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
