package dev.velox.reactor.actor;

import dev.velox.reactor.MetricsListener.Event;
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

    private static final VarHandle QUESTION;

    static {
      try {
        QUESTION = MethodHandles.lookup().findVarHandle(Asking.class, "question", AskMono.class);
      } catch (ReflectiveOperationException impossible) {
        throw new ExceptionInInitializerError(impossible);
      }
    }

    /** Until it is put. */
    private volatile @Nullable AskMono<R, M> question;

    /** Whom it was put to. */
    private volatile @Nullable ActorCore<?, M> core;

    private volatile @Nullable CoreSubscriber<? super R> actual;
    private volatile @Nullable Entering entering;

    Asking(AskMono<R, M> question, CoreSubscriber<? super R> actual) {
      this.question = question;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (!Operators.validate(n)) {
        return;
      }
      CoreSubscriber<? super R> subscriber = actual;
      AskMono<R, M> todo = question;
      if (subscriber != null
          && todo != null
          && QUESTION.compareAndSet(this, todo, null)
          && isWaiting()) {
        start(todo, subscriber.currentContext());
      }
    }

    private void start(AskMono<R, M> todo, Context context) {
      ActorCore<?, M> asked;
      M message;
      try {
        asked = todo.address.core();
        core = asked;
        List<String> circle = Chain.circle(asked, context);
        if (circle != null) {
          end(new AskDeadlockException(circle));
          return;
        }
        message = Args.notNull(todo.question.apply(this), "message");
      } catch (Throwable failure) {
        end(Operators.onOperatorError(failure, context));
        return;
      }
      enter(asked, new Mail(message, context, this));
      Duration timeout = todo.timeout != null ? todo.timeout : asked.settings.askTimeout();
      if (timeout != null && isWaiting()) {
        try {
          Deadlines.add(asked.timer(), timeout.toNanos(), new AskDeadline(this, asked, timeout));
        } catch (Throwable refused) {
          boolean ignored = end(Operators.onOperatorError(refused, context));
        }
      }
    }

    /** Brings the question into the mailbox, or into its line. */
    void enter(ActorCore<?, ?> first, Mail mail) {
      ActorCore<?, ?> to = first;
      SendResult result = to.offer(mail);
      try {
        for (ActorCore<?, ?> next = to;
            result == SendResult.CLOSED && (next = next.successor()) != null; ) {
          to = next;
          result = to.offer(mail);
        }
      } catch (Throwable nobody) {
        boolean ignored = end(Operators.onOperatorError(nobody, mail.context));
        return;
      }
      if (result == SendResult.FULL && to.mailbox().mayWait()) {
        to.count(Event.WAITING);
        Entering waiter = new Entering(this, to, mail);
        entering = waiter;
        to.mailbox().lineUp(waiter);
        if (!isWaiting()) {
          waiter.leave();
        }
      } else if (result != SendResult.SENT) {
        to.count(Event.REJECTED);
        boolean ignored =
            end(
                result == SendResult.CLOSED
                    ? to.stopped()
                    : new MailboxFullException(to.name(), to.capacity(), false));
      }
    }

    @Override
    public boolean reply(R value) {
      return answer(Args.notNull(value, "value"));
    }

    @Override
    public boolean empty() {
      return answer(EMPTY);
    }

    @Override
    public boolean fail(Throwable error) {
      return answer(new Failed(Args.notNull(error, "error")));
    }

    /** What the actor says. */
    private boolean answer(Object outcome) {
      if (conclude(outcome)) {
        return true;
      }
      ActorCore<?, M> asked = core;
      if (asked != null) {
        asked.count(Event.IGNORED);
      }
      return false;
    }

    @Override
    public boolean end(Throwable error) {
      return conclude(new Failed(error));
    }

    private boolean conclude(Object outcome) {
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

  /** When an ask has waited long enough. */
  private static final class AskDeadline extends Deadlines.Deadline {
    private final Asking<?, ?> asking;
    private final ActorCore<?, ?> asked;
    private final Duration timeout;

    AskDeadline(Asking<?, ?> asking, ActorCore<?, ?> asked, Duration timeout) {
      this.asking = asking;
      this.asked = asked;
      this.timeout = timeout;
    }

    @Override
    boolean isOver() {
      return asking.isDone();
    }

    @Override
    void expire() {
      if (!asking.isDone()
          && asking.end(
              new TimeoutException(asked.name() + " has not answered within " + timeout))) {
        asked.count(Event.TIMED_OUT);
      }
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
        ActorCore<?, ?> next;
        try {
          next = core.hasIdledOut() ? core.successor() : null;
        } catch (Throwable nobody) {
          boolean ignored =
              asking.end(
                  Operators.onOperatorError(
                      nobody, refused == null ? Context.empty() : refused.context));
          return;
        }
        if (next != null && refused != null) {
          asking.enter(next, refused);
        } else {
          core.count(Event.REJECTED);
          boolean ignored = asking.end(core.stopped());
        }
      }
    }

    void leave() {
      if (abandon() == WAITED) {
        mail = null;
        core.count(Event.CANCELLED);
        core.mailbox().left();
      }
    }
  }
}
