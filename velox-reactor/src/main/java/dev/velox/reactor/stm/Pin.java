package dev.velox.reactor.stm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that is being read: as long as it lives, commits keep the versions it needs.
 *
 * <p>Pins are entries of the ledger, so there is no race over whether a commit knows of a pin: it
 * does exactly if it was decided after it. They form a queue, oldest first, in the order of the
 * ledger.
 *
 * <pre>
 *   retained:  null --- retain(ref), by commits ---&gt; a list of refs
 *              any  --- end() --------------------&gt; ENDED
 * </pre>
 *
 * <p>Who ends the pin gets the list and cuts the history of each ref or hands it to the pin that is
 * then the oldest. A commit that comes too late to retain sees ENDED and asks again which pin is
 * the oldest.
 */
final class Pin {

  private static final class Retained {
    final TRef<?> ref;
    final @Nullable Retained next;
    final int count;

    Retained(TRef<?> ref, @Nullable Retained next, int count) {
      this.ref = ref;
      this.next = next;
      this.count = count;
    }
  }

  private static final Retained ENDED = new Retained(TRef.of(""), null, 0);

  private static final VarHandle RETAINED;

  static {
    try {
      RETAINED = MethodHandles.lookup().findVarHandle(Pin.class, "retained", Retained.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  // Null in the very first pin, which has ended before it began.
  private final @Nullable Ledger ledger;
  private final int maxVersions;
  private volatile @Nullable Retained retained;
  private volatile @Nullable Pin next;
  private volatile @Nullable Pin after;

  /** The number as of which this snapshot reads; set by its owner before it is published. */
  long readNumber;

  Pin(@Nullable Ledger ledger, int maxVersions) {
    this.ledger = ledger;
    this.maxVersions = maxVersions;
  }

  static Pin ended() {
    Pin pin = new Pin(null, 1);
    pin.retained = ENDED;
    return pin;
  }

  /** Before it is published. */
  void after(Pin newest) {
    after = newest;
  }

  void link() {
    Pin before = after;
    if (before != null) {
      before.next = this;
      after = null;
    }
  }

  boolean isLive() {
    return retained != ENDED;
  }

  Pin firstLiveOrLast() {
    Pin pin = this;
    while (!pin.isLive()) {
      Pin following = pin.next;
      if (following == null) {
        return pin;
      }
      pin = following;
    }
    return pin;
  }

  @Nullable Pin firstLive() {
    Pin pin = firstLiveOrLast();
    return pin.isLive() ? pin : null;
  }

  /**
   * Takes note that the ref keeps history for the sake of this pin; ends the pin if that is more
   * than it may cost.
   */
  boolean retain(TRef<?> ref) {
    for (; ; ) {
      Retained before = retained;
      if (before == ENDED) {
        return false;
      }
      int count = before == null ? 1 : before.count + 1;
      if (count > maxVersions) {
        end();
        return false;
      }
      if (RETAINED.compareAndSet(this, before, new Retained(ref, before, count))) {
        return true;
      }
    }
  }

  void end() {
    Retained each = (Retained) RETAINED.getAndSet(this, ENDED);
    if (each == ENDED || ledger == null) {
      return;
    }
    while (each != null) {
      ledger.retainOrCut(each.ref);
      each = each.next;
    }
  }
}
