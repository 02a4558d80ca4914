package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import dev.velox.reactor.internal.Trampoline;
import dev.velox.reactor.internal.Waiter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Sends a question per subscription, once the answer is asked for, and waits for the answer. */
final class AskMono<R, M> extends Mono<R> implements Scannable {

  private final Address<M> address;
  private final Function<? super Reply<R>, ? extends M> question;
  private final @Nullable Duration timeout;

  private AskMono(
      Address<M> address,
      Function<? super Reply<R>, ? extends M> question,
      @Nullable Duration timeout) {
    this.address = address;
    this.question = question;
    this.timeout = timeout;
  }

  static <R, M> Mono<R> of(
      Address<M> address,
      Function<? super Reply<R>, ? extends M> question,
      @Nullable Duration timeout) {
    return onAssembly(new AskMono<>(address, question, timeout));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    actual.onSubscribe(new Asking<>(this, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.NAME) {
      return address.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
  }

  private record Failed(Throwable error) {}

  private static final Object EMPTY = new Object();

  /**
   * One ask. Its life is its waiter's: an answer, an error, the time-out and the cancellation race
   * for one word, and one of them wins. The message in the mailbox looks at that word before it is
   * handled, so that one whose asker has left is not.
   */
  private static final class Asking<R, M> extends Waiter<Object>
      implements Reply<R>, Asked, Subscription, Scannable {

    private static final VarHandle REQUESTED;

    static {
      try {
        REQUESTED = MethodHandles.lookup().findVarHandle(Asking.class, "requested", boolean.class);
      } catch (ReflectiveOperationException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }

    private final AskMono<R, M> source;
    private volatile @Nullable CoreSubscriber<? super R> actual;
    private volatile @Nullable Entering entering;

    @SuppressWarnings("UnusedVariable") // only through its handle
    private volatile boolean requested;

    Asking(AskMono<R, M> source, CoreSubscriber<? super R> actual) {
      this.source = source;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      CoreSubscriber<? super R> subscriber = actual;
      if (Operators.validate(n)
          && subscriber != null
          && REQUESTED.compareAndSet(this, false, true)
          && isWaiting()) {
        start(subscriber.currentContext());
      }
    }

    private void start(Context context) {
      ActorCore<?, M> core;
      M message;
      try {
        core = source.address.core();
        List<String> circle = Chain.circle(core, context);
        if (circle != null) {
          fail(new AskDeadlockException(circle));
          return;
        }
        message = Args.notNull(source.question.apply(this), "message");
      } catch (Throwable failure) {
        fail(Operators.onOperatorError(failure, context));
        return;
      }
      enter(core, new Mail(message, context, this));
      Duration timeout = source.timeout != null ? source.timeout : core.settings.askTimeout();
      if (timeout != null && isWaiting()) {
        Deadlines.add(core.timer(), timeout.toNanos(), () -> onTimer(timeout));
      }
    }

    /** Brings the question into the mailbox, or into its line. */
    void enter(ActorCore<?, ?> first, Mail mail) {
      ActorCore<?, ?> core = first;
      SendResult result = core.offer(mail);
      for (ActorCore<?, ?> next = core;
          result == SendResult.CLOSED && (next = next.successor()) != null; ) {
        core = next;
        result = core.offer(mail);
      }
      if (result == SendResult.FULL && core.mailbox().mayWait()) {
        Entering waiter = new Entering(this, core, mail);
        entering = waiter;
        core.mailbox().lineUp(waiter);
        if (!isWaiting()) {
          waiter.leave();
        }
      } else if (result != SendResult.SENT) {
        fail(
            result == SendResult.CLOSED
                ? core.stopped()
                : new MailboxFullException(core.name(), core.capacity(), false));
      }
    }

    private void onTimer(Duration timeout) {
      if (isWaiting()) {
        fail(new TimeoutException(source.address.name() + " has not answered within " + timeout));
      }
    }

    @Override
    public boolean reply(R value) {
      return end(Args.notNull(value, "value"));
    }

    @Override
    public boolean empty() {
      return end(EMPTY);
    }

    @Override
    public boolean fail(Throwable error) {
      return end(new Failed(Args.notNull(error, "error")));
    }

    private boolean end(Object outcome) {
      if (!grant(outcome)) {
        return false;
      }
      settle();
      Trampoline.run(this);
      return true;
    }

    private void settle() {
      Entering waiter = entering;
      if (waiter != null) {
        entering = null;
        waiter.leave();
      }
    }

    @Override
    public boolean isDone() {
      return !isWaiting();
    }

    @Override
    @SuppressWarnings("unchecked") // what is neither EMPTY, nor Failed, nor a mark was replied
    public void run() {
      Object outcome = beginDelivery();
      CoreSubscriber<? super R> subscriber = actual;
      actual = null;
      if (outcome == null || subscriber == null) {
        return;
      }
      if (outcome instanceof Failed failed) {
        subscriber.onError(failed.error);
      } else {
        if (outcome != EMPTY) {
          subscriber.onNext((R) outcome);
        }
        subscriber.onComplete();
      }
    }

    @Override
    public void cancel() {
      Object had = abandon();
      actual = null;
      if (had == WAITED) {
        settle();
      } else if (had != null && had != EMPTY && !(had instanceof Failed)) {
        Operators.onDiscard(had, Context.empty());
      }
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
      return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
  }

  /** A question that waits for room. */
  private static final class Entering extends TellWaiter {
    private final Asking<?, ?> asking;
    private final ActorCore<?, ?> core;
    private volatile @Nullable Mail mail;

    Entering(Asking<?, ?> asking, ActorCore<?, ?> core, Mail mail) {
      this.asking = asking;
      this.core = core;
      this.mail = mail;
    }

    @Override
    @Nullable Object mail() {
      return mail;
    }

    @Override
    public void run() {
      Object outcome = beginDelivery();
      Mail refused = mail;
      mail = null;
      asking.entering = null;
      if (outcome == REFUSED) {
        // It may have lined up after the mailbox was full, and been too late.
        ActorCore<?, ?> next = core.hasIdledOut() ? core.successor() : null;
        if (next != null && refused != null) {
          asking.enter(next, refused);
        } else {
          boolean ignored = asking.fail(core.stopped());
        }
      }
    }

    void leave() {
      if (abandon() == WAITED) {
        mail = null;
        core.mailbox().left();
      }
    }
  }
}
