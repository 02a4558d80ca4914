package dev.velox.reactor.channel;

import dev.velox.reactor.internal.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * Who waits to be let in with something that others see as soon as the line has moved on: a sender,
 * a publisher. So it has to be bound before the change of state that unlinks it, and told after.
 *
 * <pre>
 *   null=WAITING --- accept() ---&gt; ACCEPTED --- admitted() ---&gt; ADMITTED --- settle() ---&gt; DELIVERED
 *        |                            |                           +--- giveUp() --&gt; CANCELLED
 *        |                            +--- giveUp() --&gt; ORPHANED   (its subscriber has left; it stays)
 *        +--- giveUp() ---&gt; CANCELLED
 *        +--- grant(REFUSED) --&gt; REFUSED --- settle() ---&gt; DELIVERED
 *        +--- tryTimeOut() ----&gt; TIMED_OUT --- settle() -&gt; (signalled)
 * </pre>
 *
 * <p><b>ACCEPTED</b> and <b>ORPHANED</b> are promises: still linked, and certain to be let in by
 * whoever moves the line. Any thread on its way to that change may make or find the promise, and
 * most of them fail; so nothing but the change itself may end it. In particular the subscriber is
 * not told before (it would go on as if its element could be received), and a subscriber that
 * leaves takes its signal with it, but not its element.
 *
 * <p><b>ADMITTED</b> is set by the one thread whose change unlinked it. Threads that read an older
 * state may still ask {@link #accept()} then, but can't make a change any more.
 */
abstract class AdmissionWaiter extends Waiter<Object> {

  /** Bound, and still in line. */
  static final Object ACCEPTED = named("ACCEPTED");

  /** Let in. */
  static final Object ADMITTED = named("ADMITTED");

  /** Sent away, since what it waits for was closed. */
  static final Object REFUSED = named("REFUSED");

  /** Bound, and still in line, but nobody waits for the answer any more. */
  private static final Object ORPHANED = named("ORPHANED");

  private static Object named(String name) {
    return new Object() {
      @Override
      public String toString() {
        return name;
      }
    };
  }

  /**
   * Binds it. More than one thread may do so on its way to the same change of state; the one whose
   * change takes effect calls {@link #admitted()}.
   *
   * @return {@code false} if it has ended
   */
  final boolean accept() {
    if (grant(ACCEPTED)) {
      return true;
    }
    Object seen = outcome();
    return seen == ACCEPTED || seen == ORPHANED;
  }

  /**
   * It is unlinked, and in. Called by the one whose change did that.
   *
   * @return whether somebody is to be told
   */
  final boolean admitted() {
    return replace(ACCEPTED, ADMITTED);
  }

  /**
   * Claims the outcome for its signal.
   *
   * @return {@link #ADMITTED}, {@link #REFUSED} or {@link #TIMED_OUT}; {@code null} if it is not
   *     certain yet, or nothing is to be signalled
   */
  final @Nullable Object settle() {
    Object seen = outcome();
    if (seen == TIMED_OUT) {
      return seen;
    }
    return (seen == ADMITTED || seen == REFUSED) && replace(seen, DELIVERED) ? seen : null;
  }

  /**
   * Claims the outcome of one that did not have to wait, on its own thread, for less. A
   * cancellation at the same time may come before or after the signal.
   *
   * @return {@code false} if it was cancelled
   */
  final boolean settleAtOnce() {
    return finishLast(ADMITTED);
  }

  /**
   * Ends the waiting on behalf of the subscriber.
   *
   * @return {@link #WAITED} if it waited; {@link #ACCEPTED} or {@link #ADMITTED} if it is let in
   *     all the same; {@link #REFUSED} if it was; {@code null} if it had ended already
   */
  final @Nullable Object giveUp() {
    for (; ; ) {
      Object seen = outcome();
      if (seen == ORPHANED || seen == CANCELLED || seen == DELIVERED || seen == TIMED_OUT) {
        return null;
      }
      if (replace(seen, seen == ACCEPTED ? ORPHANED : CANCELLED)) {
        return seen == null ? WAITED : seen;
      }
    }
  }

  final boolean isCancelled() {
    Object seen = outcome();
    return seen == CANCELLED || seen == ORPHANED;
  }
}
