package dev.velox.reactor.stm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the ledger: what a decided transaction writes, or a fence that writes nothing.
 *
 * <pre>
 *   DECIDED (writes to install) --- install(), by anyone ---&gt; INSTALLED (writes == null)
 * </pre>
 *
 * <p>Whoever meets a decided commit installs it before doing anything else, so nobody waits for the
 * thread that decided it. Installing is idempotent: each head is replaced by a compare-and-set from
 * exactly the head that was there when the commit was decided, and heads never come back.
 */
final class Commit {

  private static final VarHandle WRITES;

  static {
    try {
      WRITES = MethodHandles.lookup().findVarHandle(Commit.class, "writes", Object.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final long number;
  final Pin oldestPin;
  final Pin newestPin;

  // A Version, a Version[], or a Pin to be linked behind the one before it.
  @SuppressWarnings("UnusedVariable") // through WRITES
  private @Nullable Object writes;

  private Commit(long number, Pin oldestPin, Pin newestPin, @Nullable Object writes) {
    this.number = number;
    this.oldestPin = oldestPin;
    this.newestPin = newestPin;
    this.writes = writes;
  }

  static Commit first() {
    Pin none = Pin.ended();
    return new Commit(0, none, none, null);
  }

  Commit then(long number, Object versions) {
    return new Commit(number, oldestPin.firstLiveOrLast(), newestPin, versions);
  }

  Commit thenFence() {
    return new Commit(number + 1, oldestPin.firstLiveOrLast(), newestPin, null);
  }

  Commit thenPin(Pin pin) {
    pin.readNumber = number + 1;
    pin.after(newestPin);
    return new Commit(number + 1, oldestPin.firstLiveOrLast(), pin, pin);
  }

  boolean isInstalled() {
    return WRITES.getAcquire(this) == null;
  }

  void install() {
    Object todo = WRITES.getAcquire(this);
    if (todo == null) {
      return;
    }
    if (todo instanceof Version version) {
      install(version);
    } else if (todo instanceof Version[] versions) {
      for (Version version : versions) {
        install(version);
      }
    } else {
      ((Pin) todo).link();
    }
    WRITES.setRelease(this, null);
  }

  private static void install(Version version) {
    Object before = version.previous();
    // Cut only after it was installed.
    if (before != null) {
      version.ref.replaceHead(before, version);
    }
  }
}
