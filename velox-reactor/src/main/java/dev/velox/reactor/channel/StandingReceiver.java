package dev.velox.reactor.channel;

import org.jspecify.annotations.Nullable;

/**
 * The place in line of somebody who receives one element after the other. It is kept between
 * elements as long as nobody waits behind and nothing is buffered meanwhile: then elements go from
 * hand to hand without a change of the channel's state.
 *
 * <pre>
 *   WORKING ------ await ----&gt; null           by the owner, who stands in line and wants one more
 *   null --------- take(e) --&gt; e              by who brings an element
 *   e ------------ fetch ----&gt; WORKING        by the owner
 *   WORKING ------ detach ---&gt; DETACHED       by who is going to unlink it, since the owner is busy
 *   e ------------ detach ---&gt; Detached(e)    or others wait behind
 *   Detached(e) -- fetch ----&gt; DETACHED       by the owner
 *   null --------- take(END) &gt; END            by who has unlinked it and ends the channel
 *   null, e, WORKING - leave -&gt; CANCELLED      by the owner, who tells the core; e is given back
 *   Detached(e) -- leave ----&gt; DETACHED       by the owner; e is given back
 * </pre>
 *
 * <p><b>null means linked.</b> A place is linked once, before it is {@code null} for the first
 * time, and unlinked only when it is detached, which is for ever. So who has read a state in which
 * it is first, and finds {@code null}, knows that it still is, that nothing is buffered, and that
 * the element goes to the right one, though the state is not looked at again. (A channel that ends
 * unlinks it first; an element that comes after that was sent before.)
 *
 * <p><b>No element passes it by.</b> It waits only by a compare-and-set from WORKING. If that fails
 * it was detached, and the owner looks at the channel again.
 *
 * <p>While its owner works it does not count as waiting.
 */
final class StandingReceiver extends ReceiveWaiter {

  /** The owner is at work. */
  static final Object WORKING = named("WORKING");

  /** It is unlinked, or about to be. */
  static final Object DETACHED = named("DETACHED");

  private record Detached(Object element) {}

  private static Object named(String name) {
    return new Object() {
      @Override
      public String toString() {
        return name;
      }
    };
  }

  private final Runnable owner;

  StandingReceiver(Runnable owner) {
    this.owner = owner;
    begin(WORKING);
  }

  @Override
  public void run() {
    owner.run();
  }

  /** Waits for the next element; {@code false} if it is detached. */
  boolean await() {
    return replace(WORKING, null);
  }

  /**
   * Looks at what has become of it, for the owner, and fetches what it was given.
   *
   * @return an element in buffered form or {@link #END}; {@link #WORKING} if the owner is to {@link
   *     #await()}; {@link #DETACHED} if the place is lost; {@code null} if it waits
   */
  @Nullable Object fetch() {
    for (; ; ) {
      Object seen = outcome();
      if (seen instanceof Detached detached) {
        replace(seen, DETACHED);
        return detached.element;
      }
      if (seen == null
          || seen == WORKING
          || seen == DETACHED
          || seen == END
          || replace(seen, WORKING)) {
        return seen;
      }
    }
  }

  /**
   * Leaves the line.
   *
   * @param core the channel's
   * @return an element that it was given and has not fetched
   */
  @Nullable Object leave(ChannelCore core) {
    for (; ; ) {
      Object seen = outcome();
      if (seen == DETACHED || seen == END || seen == CANCELLED) {
        return null;
      }
      if (seen instanceof Detached detached) {
        if (replace(seen, DETACHED)) {
          return detached.element;
        }
      } else if (replace(seen, CANCELLED)) {
        if (seen != null) {
          core.receiverWaitsAgain(); // to be counted out as all are
        }
        core.receiverLeft();
        return seen == null || seen == WORKING ? null : seen;
      }
    }
  }

  @Override
  boolean stands() {
    return true;
  }

  @Override
  boolean detach() {
    for (; ; ) {
      Object seen = outcome();
      if (seen == null) {
        return false;
      }
      if (hasEnded() || replace(seen, seen == WORKING ? DETACHED : new Detached(seen))) {
        return true;
      }
    }
  }

  @Override
  boolean isBusy() {
    Object seen = outcome();
    return seen != null && seen != CANCELLED;
  }

  @Override
  boolean toldThatItLeft() {
    return outcome() == CANCELLED;
  }

  @Override
  boolean hasEnded() {
    Object seen = outcome();
    return seen == DETACHED || seen == CANCELLED || seen == END || seen instanceof Detached;
  }
}
