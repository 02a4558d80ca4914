package dev.velox.reactor.channel;

import dev.velox.reactor.internal.ThreadLocals;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One selection per subscription, begun when its result is asked for. */
final class SelectMono<R> extends Mono<R> implements Scannable {

  private final Select<R> select;
  private final List<Select.Clause<R>> clauses;

  private SelectMono(Select<R> select, List<Select.Clause<R>> clauses) {
    this.select = select;
    this.clauses = clauses;
  }

  static <R> Mono<R> of(Select<R> select, List<Select.Clause<R>> clauses) {
    return onAssembly(new SelectMono<>(select, clauses));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    actual.onSubscribe(new Selecting<>(select, clauses, actual));
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  /** What a selection has come to before any clause is bound, and when its time was over. */
  private enum Fate {
    TIMED_OUT,
    CANCELLED
  }

  /**
   * One selection. Two words decide, and one owner acts.
   *
   * <p><b>{@link Round#bound}</b> goes from {@code null} to the one clause that may take effect, or
   * to a {@link Fate}, by compare-and-set. A clause in a channel's line is bound by whoever grants
   * it ({@code Waiter.claim}); one that finds its channel ready binds itself just before it takes
   * effect ({@code bind}). So no two clauses take effect.
   *
   * <p>While a clause is bound and its effect is not yet certain, other channels find the rest of
   * the clauses unwilling and pass them over. If the effect then fails, since what it was for is
   * gone, the round is given up: all its clauses leave their lines, and a new round looks at all
   * channels again.
   *
   * <p><b>The owner</b> is a drain: whoever raises {@code wip} from zero runs it. It alone begins
   * rounds, makes clauses leave, and signals. A grant, the timer and a cancellation leave a note
   * and raise {@code wip}.
   *
   * <pre>
   *   idle -- request --&gt; looking -- one ready ------------&gt; done
   *                       looking -- none, a default ------&gt; done
   *                       looking -- none -----------------&gt; waiting -- granted, or time over --&gt; done
   *                       looking -- bound in vain --------&gt; looking, in a new round
   *                       waiting -- a channel has ended --&gt; waiting, or done if it was the last
   *   any -- cancelled --&gt; done: clauses leave, an undelivered element is given back
   * </pre>
   */
  private static final class Selecting<R> implements Subscription, Scannable {

    private final Select<R> select;
    private final List<Select.Clause<R>> clauses;
    private final CoreSubscriber<? super R> actual;
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicInteger wip = new AtomicInteger();
    private volatile boolean cancelled;
    private volatile boolean done;

    // Written by the drain alone.
    private volatile @Nullable Round<R> round;
    private @Nullable Disposable timer;

    Selecting(Select<R> select, List<Select.Clause<R>> clauses, CoreSubscriber<? super R> actual) {
      this.select = select;
      this.clauses = clauses;
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && started.compareAndSet(false, true)) {
        drain();
      }
    }

    @Override
    public void cancel() {
      if (!cancelled) {
        cancelled = true;
        Round<R> current = round;
        if (current != null) {
          current.bound.compareAndSet(null, Fate.CANCELLED);
        }
        drain();
      }
    }

    /** Goes on on the thread of a timer, or of who has served a clause. */
    private void drainElsewhere() {
      ThreadLocals.Restored threadLocals = ThreadLocals.adopt(actual.currentContext());
      try {
        drain();
      } finally {
        threadLocals.close();
      }
    }

    private void drain() {
      if (wip.getAndIncrement() != 0) {
        return;
      }
      int missed = 1;
      do {
        if (!done) {
          step();
        }
        missed = wip.addAndGet(-missed);
      } while (missed != 0);
    }

    private void step() {
      Round<R> current = round;
      if (cancelled) {
        done = true;
        if (current != null) {
          current.leave(null);
        }
        stopTimer();
        return;
      }
      if (!started.get()) {
        return;
      }
      if (current == null) {
        look();
      } else {
        finishIfDecided(current);
      }
    }

    /** Looks at all channels; lines up where none is ready. */
    private void look() {
      while (!done && !cancelled) {
        Round<R> next = new Round<>(this, clauses);
        round = next;
        if (next.begin(select.order(clauses.size()), select.otherwise() == null)) {
          break;
        }
        next.leave(null);
      }
      Round<R> current = round;
      if (current == null || done || cancelled) {
        return;
      }
      if (finishIfDecided(current)) {
        return;
      }
      Supplier<? extends R> otherwise = select.otherwise();
      if (otherwise != null) {
        end(current, null, otherwise);
        return;
      }
      Select.TimeOut<R> timeOut = select.timeOut();
      if (timeOut != null && timer == null) {
        Scheduler scheduler = select.timer();
        timer =
            (scheduler == null ? Schedulers.parallel() : scheduler)
                .schedule(this::onTimer, timeOut.after().toNanos(), TimeUnit.NANOSECONDS);
      }
    }

    private void onTimer() {
      Round<R> current = round;
      if (current != null) {
        current.bound.compareAndSet(null, Fate.TIMED_OUT);
      }
      drainElsewhere();
    }

    private boolean finishIfDecided(Round<R> current) {
      Object bound = current.bound.get();
      if (bound == Fate.TIMED_OUT) {
        Select.TimeOut<R> timeOut = select.timeOut();
        if (timeOut != null) {
          end(current, null, timeOut.handler());
        }
        return true;
      }
      if (bound instanceof Taken taken) {
        Object got = taken.got();
        if (got != null) {
          Select.Clause<R> clause = current.clauses.get(taken.index());
          end(current, taken, () -> clause.handler().apply(got));
          return true;
        }
        return false;
      }
      if (bound == null && current.isOver()) {
        over(current);
        return true;
      }
      return false;
    }

    private void end(Round<R> current, @Nullable Taken taken, Supplier<? extends R> handler) {
      done = true;
      current.leave(taken);
      stopTimer();
      R result;
      try {
        result = handler.get();
        if (result == null) {
          throw new NullPointerException("The handler of a clause answered null");
        }
      } catch (Throwable failure) {
        actual.onError(Operators.onOperatorError(failure, actual.currentContext()));
        return;
      }
      actual.onNext(result);
      actual.onComplete();
    }

    /** No clause is left. */
    private void over(Round<R> current) {
      done = true;
      current.leave(null);
      stopTimer();
      boolean onlySends = true;
      for (Select.Clause<R> clause : clauses) {
        onlySends &= clause.isSend();
        Throwable cause = clause.channel().core.state().phase().cause();
        if (cause != null && !clause.isSend()) {
          actual.onError(cause);
          return;
        }
      }
      if (onlySends) {
        actual.onError(clauses.get(0).channel().refusal(ChannelCore.Offer.CLOSED));
      } else {
        actual.onComplete();
      }
    }

    private void stopTimer() {
      Disposable running = timer;
      if (running != null) {
        running.dispose();
      }
    }

    @Override
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.ACTUAL) {
        return actual;
      }
      if (key == Attr.CANCELLED) {
        return cancelled;
      }
      if (key == Attr.TERMINATED) {
        return done && !cancelled;
      }
      return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }

  /** A clause in a channel's line, or about to be. */
  private interface Taken {
    int index();

    /**
     * What it was granted or took, in buffered form; ACCEPTED for a send; {@code null} if that is
     * still to come.
     */
    @Nullable Object got();

    /** Looks at its channel and lines up if it has to; {@code false} if it was bound in vain. */
    boolean begin(boolean mayWait);

    /** Leaves its line; gives back what nobody will see. */
    void leave();

    boolean isOver();
  }

  /** Clauses that may be bound to one another, once. */
  private static final class Round<R> {

    final AtomicReference<@Nullable Object> bound = new AtomicReference<>();
    final Selecting<R> selecting;
    final List<Select.Clause<R>> clauses;
    private final @Nullable Taken[] waiters;

    Round(Selecting<R> selecting, List<Select.Clause<R>> clauses) {
      this.selecting = selecting;
      this.clauses = clauses;
      this.waiters = new Taken[clauses.size()];
    }

    /**
     * Looks at the clauses in the given order, until one is bound; {@code false} if one was bound
     * in vain.
     */
    boolean begin(int[] order, boolean mayWait) {
      for (int index : order) {
        if (bound.get() != null) {
          return true;
        }
        Select.Clause<R> clause = clauses.get(index);
        Taken waiter =
            clause.isSend()
                ? new SendClause<>(this, index, clause)
                : new ReceiveClause<>(this, index, clause);
        waiters[index] = waiter;
        if (!waiter.begin(mayWait)) {
          return false;
        }
      }
      return true;
    }

    boolean bind(Taken clause) {
      return bound.get() == clause || bound.compareAndSet(null, clause);
    }

    boolean isOver() {
      for (Taken waiter : waiters) {
        if (waiter == null || !waiter.isOver()) {
          return false;
        }
      }
      return true;
    }

    void leave(@Nullable Taken but) {
      for (Taken waiter : waiters) {
        if (waiter != null && waiter != but) {
          waiter.leave();
        }
      }
    }
  }

  private static final class ReceiveClause<R> extends ReceiveWaiter implements Taken {

    private final Round<R> round;
    private final int index;
    private final Select.Clause<R> clause;
    private boolean linedUp;
    private boolean over;
    private @Nullable Object took;

    ReceiveClause(Round<R> round, int index, Select.Clause<R> clause) {
      this.round = round;
      this.index = index;
      this.clause = clause;
    }

    @Override
    public int index() {
      return index;
    }

    @Override
    public boolean begin(boolean mayWait) {
      ChannelCore core = clause.channel().core;
      // Without waiting nothing is lined up, so nobody else can bind a clause of this round.
      Object taken = core.take(mayWait ? this : null, false);
      if (taken == END) {
        over = true;
      } else if (taken == ChannelCore.NOTHING) {
        linedUp = mayWait;
      } else if (taken == ChannelCore.MISSED) {
        return round.bound.get() != this;
      } else if (taken == null) {
        over = true;
      } else {
        took = taken;
        round.bind(this);
      }
      return true;
    }

    @Override
    protected boolean claim(Object grant) {
      return grant == END || round.bind(this);
    }

    @Override
    boolean bind() {
      return round.bind(this);
    }

    @Override
    boolean isBound() {
      return round.bound.get() == this;
    }

    @Override
    public @Nullable Object got() {
      if (took != null) {
        return Owned.unwrap(took);
      }
      Object granted = beginDelivery();
      if (granted == null || granted == END) {
        return null;
      }
      took = granted;
      return Owned.unwrap(granted);
    }

    @Override
    public boolean isOver() {
      return over || outcome() == END;
    }

    @Override
    public void leave() {
      Object had = linedUp ? abandon() : took;
      if (had == WAITED) {
        clause.channel().core.receiverLeft();
      } else if (had != null && had != END) {
        clause.channel().giveBack(had, false);
      }
    }

    @Override
    public void run() {
      round.selecting.drainElsewhere();
    }
  }

  private static final class SendClause<R> extends SendWaiter implements Taken {

    private final Round<R> round;
    private final int index;
    private final Select.Clause<R> clause;
    private final Object buffered;
    private boolean linedUp;
    private boolean over;
    private boolean sent;

    SendClause(Round<R> round, int index, Select.Clause<R> clause) {
      this.round = round;
      this.index = index;
      this.clause = clause;
      Object element = clause.element();
      this.buffered =
          element == null ? ACCEPTED : Owned.wrap(element, round.selecting.actual.currentContext());
    }

    @Override
    public int index() {
      return index;
    }

    @Override
    public boolean begin(boolean mayWait) {
      DefaultChannel<?> channel = clause.channel();
      switch (channel.core.offer(buffered, mayWait ? this : null, channel.discards)) {
        case SENT -> {
          sent = true;
          round.bind(this);
        }
        case DROPPED -> {
          sent = true;
          round.bind(this);
          channel.discard(buffered);
        }
        case WAITING -> linedUp = true;
        case CLOSED, TOO_MANY -> over = true;
        case FULL -> linedUp = false;
        case MISSED -> {
          return round.bound.get() != this;
        }
      }
      return true;
    }

    @Override
    protected boolean claim(Object grant) {
      return grant == REFUSED || round.bind(this);
    }

    @Override
    boolean bind() {
      return round.bind(this);
    }

    @Override
    boolean isBound() {
      return round.bound.get() == this;
    }

    @Override
    Object element() {
      return buffered;
    }

    @Override
    boolean hasElement() {
      return true;
    }

    @Override
    public @Nullable Object got() {
      if (!sent && settle() == ADMITTED) {
        sent = true;
      }
      return sent ? ACCEPTED : null;
    }

    @Override
    public boolean isOver() {
      return over || outcome() == REFUSED;
    }

    @Override
    public void leave() {
      if (linedUp && giveUp() == WAITED) {
        clause.channel().core.senderLeft();
      }
    }

    @Override
    public void run() {
      round.selecting.drainElsewhere();
    }
  }
}
