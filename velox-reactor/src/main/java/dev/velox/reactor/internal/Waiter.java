package dev.velox.reactor.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One operation that can't complete yet: a receive, a send, a lock, an acquire, a retrying
 * transaction.
 *
 * <p>Its whole life is one word, {@code outcome}, which leaves {@code null} exactly once:
 *
 * <pre>
 *                 +--- grant(x) ----&gt; x ---+--- beginDelivery() --&gt; DELIVERED  by run(), which signals x
 *   null=WAITING -+                        +--- abandon() --------&gt; CANCELLED  by a cancellation that was
 *                 |                                                            quicker than the signal
 *                 +--- abandon() ---&gt; CANCELLED   by the subscriber
 *                 +--- timeOut() ---&gt; TIMED_OUT   by the timer
 * </pre>
 *
 * <p>Each arrow is a compare-and-set, so two of them cannot both win: a grant that loses tells its
 * caller, who still owns what it tried to give and offers it to the next waiter; a cancellation
 * that finds a grant not yet delivered takes it, and has to pass it on; one that comes later knows
 * that the signal is on its way. Being linked in a {@link WaiterQueue} is no part of the state: a
 * waiter that is no longer waiting may stay linked for a while, and is skipped.
 *
 * <p>{@link #run()} signals the outcome. It is called once, by the winner of a grant or time-out,
 * through {@link Trampoline}, when no state of the construct is in the middle of a change.
 *
 * @param <G> what is granted
 */
public abstract class Waiter<G> implements Runnable {

  /** The outcome of a waiter whose subscriber left. */
  protected static final Object CANCELLED =
      new Object() {
        @Override
        public String toString() {
          return "CANCELLED";
        }
      };

  /** The outcome of a waiter whose grant is being signalled, or was. */
  protected static final Object DELIVERED =
      new Object() {
        @Override
        public String toString() {
          return "DELIVERED";
        }
      };

  /** What {@link #abandon()} answers for a waiter that still waited. */
  protected static final Object WAITED = new Object();

  /** The outcome of a waiter whose time was over. */
  protected static final Object TIMED_OUT =
      new Object() {
        @Override
        public String toString() {
          return "TIMED_OUT";
        }
      };

  private static final VarHandle OUTCOME;

  static {
    try {
      OUTCOME = MethodHandles.lookup().findVarHandle(Waiter.class, "outcome", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile @Nullable Object outcome;

  /** Creates a waiter that waits. */
  protected Waiter() {}

  /**
   * Gives the waiter what it waits for, unless it has ended.
   *
   * @param grant what it gets, never {@code null}
   * @return whether it took it; if not, the caller keeps it
   */
  public final boolean grant(G grant) {
    return outcome == null && claim(grant) && OUTCOME.compareAndSet(this, null, grant);
  }

  /**
   * Asked before a grant is tried, by a waiter that waits for one of several things: whether this
   * is still wanted. An answer of {@code true} binds it, and may be given again for the same
   * waiter.
   *
   * @param grant what it would get
   * @return {@code false} if another one was quicker
   */
  protected boolean claim(G grant) {
    return true;
  }

  /**
   * Ends the waiting, or takes back a grant that was not yet delivered, on behalf of the
   * subscriber.
   *
   * @return {@link #WAITED} if it waited; the grant, which the caller has to pass on, if it had
   *     one; {@code null} if it had ended already
   */
  protected final @Nullable Object abandon() {
    for (; ; ) {
      Object seen = outcome;
      if (seen == CANCELLED || seen == DELIVERED || seen == TIMED_OUT) {
        return null;
      }
      if (OUTCOME.compareAndSet(this, seen, CANCELLED)) {
        return seen == null ? WAITED : seen;
      }
    }
  }

  /**
   * Claims the outcome for its signal. Called by {@link #run()}.
   *
   * @return the grant or {@link #TIMED_OUT}; {@code null} if a cancellation was quicker and nothing
   *     is to be signalled
   */
  protected final @Nullable Object beginDelivery() {
    Object seen = outcome;
    if (seen == null || seen == CANCELLED || seen == DELIVERED) {
      return null;
    }
    return seen == TIMED_OUT || OUTCOME.compareAndSet(this, seen, DELIVERED) ? seen : null;
  }

  /**
   * Ends the waiting on behalf of its timer.
   *
   * @return whether this call ended it
   */
  protected final boolean tryTimeOut() {
    return outcome == null && OUTCOME.compareAndSet(this, null, TIMED_OUT);
  }

  /**
   * Takes the grant and waits again. Only the owner of a waiter that serves many grants may, and
   * only when no queue holds it: a queue unlinks before it grants.
   *
   * @return the grant; {@code null} if there is none, or the waiter has ended
   */
  protected final @Nullable Object takeAndRearm() {
    Object seen = outcome;
    return seen != null && seen != CANCELLED && OUTCOME.compareAndSet(this, seen, null)
        ? seen
        : null;
  }

  /**
   * Ends a waiter that got its result without having to wait, so that a later cancellation finds
   * nothing to do.
   *
   * @return {@code false} if a cancellation or time-out was quicker
   */
  protected final boolean finish() {
    return OUTCOME.compareAndSet(this, null, DELIVERED);
  }

  /**
   * Ends a waiter that nobody but its own thread and its subscriber can still change, for less than
   * a compare-and-set. A cancellation at the same time may count as an earlier or a later one; what
   * it would find in {@code seen} is the caller's to deliver or to pass on in either case.
   *
   * @param seen what the outcome must be
   * @return {@code false} if a cancellation was quicker
   */
  protected final boolean finishLast(Object seen) {
    if (outcome != seen) {
      return false;
    }
    OUTCOME.setRelease(this, DELIVERED);
    return true;
  }

  /**
   * Gives the outcome of a subclass whose life begins before it waits. Called while nobody else
   * knows this waiter.
   *
   * @param first what the outcome is at first
   */
  protected final void begin(Object first) {
    OUTCOME.set(this, first);
  }

  /**
   * Makes a step of a longer life than this class draws. A subclass that uses it draws its own.
   *
   * @param seen what the outcome must be
   * @param next what it becomes
   * @return whether this call changed it
   */
  protected final boolean replace(@Nullable Object seen, @Nullable Object next) {
    return OUTCOME.compareAndSet(this, seen, next);
  }

  /**
   * Whether it left by itself: cancelled or timed out.
   *
   * @return {@code true} if it neither waits nor was granted anything
   */
  public final boolean hasLeft() {
    Object seen = outcome;
    return seen == CANCELLED || seen == TIMED_OUT;
  }

  /**
   * What the waiting came to.
   *
   * @return {@code null} while it waits, {@link #CANCELLED}, {@link #TIMED_OUT}, or what was
   *     granted
   */
  protected final @Nullable Object outcome() {
    return outcome;
  }

  /**
   * Whether it can still be granted.
   *
   * @return {@code true} while neither granted, nor cancelled, nor timed out
   */
  public final boolean isWaiting() {
    return outcome == null;
  }
}
