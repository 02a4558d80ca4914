package dev.velox.reactor.channel;

import dev.velox.reactor.internal.WaiterQueue;
import org.jspecify.annotations.Nullable;

/**
 * Who waits until there are enough elements. It stays first in line while it gathers them, so that
 * nobody who came later gets one of them. What it has gathered is its own, and no part of the
 * channel's size; if it leaves, all goes back to the head of the line in the order in which it was
 * sent.
 *
 * <p>Its whole life is the one word of {@code Waiter}, drawn here with what lies between waiting
 * and granted:
 *
 * <pre>
 *   null ----------- starting(e*) ---&gt; STARTING e*   by its own thread, which tries to line it up
 *   STARTING e* ---- notInLine ------&gt; null          by the same, when the channel has changed
 *   STARTING e* ---- inLine ---------&gt; IN_LINE e*    by the same, when it stands in line
 *   STARTING e*, IN_LINE e*
 *        ----------- gather(e) ------&gt; IN_LINE e* e  by who brings an element and finds it first in
 *                                                    line, while more are wanted after this one
 *   null, STARTING e*, IN_LINE e*
 *        ----------- take(e) --------&gt; ALL e* e      by who unlinked it to bring the last one
 *        ----------- take(END) ------&gt; ALL e*, or END if it has none
 *   IN_LINE e* ----- leave ----------&gt; CANCELLED     by the subscriber; e* is given back
 *   null, STARTING e* --- leave -----&gt; LEFT_EARLY    by the subscriber; the starting thread finds out,
 *                                                    and gives back what it has really taken
 *   ALL e* --------- leave ----------&gt; CANCELLED     by the subscriber; e* is given back
 *   ALL e*, END ---- beginDelivery --&gt; DELIVERED
 * </pre>
 *
 * <p>Only who has unlinked a waiter may bring the last element, and only one can unlink it; those
 * who bring others find it in a state in which it was first in line, and it is first until it is
 * unlinked. A close may come between the two: then the element that was brought meanwhile was sent
 * before the close.
 */
abstract class GatheringWaiter extends ReceiveWaiter {

  // The subscriber left before anybody could know that it stands in line.
  private static final Object LEFT_EARLY = new Object();

  /** What it has while it waits for more. */
  record Gathered(WaiterQueue<Object> elements, boolean inLine) {}

  /** What it is granted. */
  record All(WaiterQueue<Object> elements) {}

  final int min;
  final int max;

  GatheringWaiter(int min, int max) {
    this.min = min;
    this.max = max;
  }

  /**
   * Before it is lined up with what was found.
   *
   * @return {@code false} if the subscriber has left; then nothing may be taken
   */
  final boolean starting(WaiterQueue<Object> found) {
    return replace(null, new Gathered(found, false));
  }

  /**
   * It was not lined up after all, and has taken nothing.
   *
   * @return {@code false} if the subscriber has left
   */
  final boolean notInLine() {
    Object seen = outcome();
    return seen instanceof Gathered && replace(seen, null);
  }

  /**
   * It stands in line.
   *
   * @param found with what it was lined up
   * @return {@code false} if the subscriber left before anybody knew; what was found is then the
   *     caller's to give back
   */
  final boolean inLine(WaiterQueue<Object> found) {
    Object seen = outcome();
    if (seen instanceof Gathered gathered && !gathered.inLine) {
      replace(seen, new Gathered(found, true));
    }
    // If that failed, either somebody was quicker to see it in line, or the subscriber left.
    return outcome() != LEFT_EARLY;
  }

  /**
   * Ends the waiting on behalf of the subscriber.
   *
   * @return {@link Gathered} if it stood in line, {@link All} if it had been granted that: both to
   *     be given back; something else if there is nothing to give back; {@code null} if it had
   *     ended already
   */
  final @Nullable Object leave() {
    for (; ; ) {
      Object seen = outcome();
      if (seen == LEFT_EARLY || seen == CANCELLED || seen == DELIVERED) {
        return null;
      }
      boolean early = seen == null || (seen instanceof Gathered gathered && !gathered.inLine);
      if (replace(seen, early ? LEFT_EARLY : CANCELLED)) {
        return early ? LEFT_EARLY : seen;
      }
    }
  }

  final boolean hasCancelled() {
    Object seen = outcome();
    return seen == LEFT_EARLY || seen == CANCELLED;
  }

  @Override
  final boolean gather(Object element) {
    for (; ; ) {
      Object seen = outcome();
      if (seen != null && !(seen instanceof Gathered)) {
        return false;
      }
      WaiterQueue<Object> had = elements(seen);
      if (had.size() + 1 >= min) {
        return false;
      }
      if (replace(seen, new Gathered(had.plus(element), true))) {
        return true;
      }
    }
  }

  @Override
  final boolean take(Object grant) {
    for (; ; ) {
      Object seen = outcome();
      if (seen != null && !(seen instanceof Gathered)) {
        return false;
      }
      WaiterQueue<Object> had = elements(seen);
      Object all = END;
      if (grant != END) {
        all = new All(had.plus(grant));
      } else if (!had.isEmpty()) {
        all = new All(had);
      }
      if (replace(seen, all)) {
        return true;
      }
    }
  }

  @Override
  final boolean hasEnded() {
    Object seen = outcome();
    return seen != null && !(seen instanceof Gathered);
  }

  private static WaiterQueue<Object> elements(@Nullable Object outcome) {
    return outcome instanceof Gathered gathered ? gathered.elements : WaiterQueue.empty();
  }
}
