package dev.velox.reactor.sync;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.internal.Args;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.util.context.Context;

/**
 * Where requests line up: a core with a name and options, as the publishers need it. It is also the
 * key under which the Reactor {@code Context} of a section tells what that section holds.
 */
class Gate extends PermitCore implements Door, Scannable {

  /** What a gate belongs to. */
  enum Kind {
    MUTEX("mutex", "lock", true, MetricsListener.Kind.MUTEX),
    REENTRANT_MUTEX("reentrant mutex", "lock", true, MetricsListener.Kind.REENTRANT_MUTEX),
    KEYED_MUTEX("keyed mutex", "lock", true, MetricsListener.Kind.KEYED_MUTEX),
    SEMAPHORE("semaphore", "acquire", false, MetricsListener.Kind.SEMAPHORE),
    READ_WRITE_MUTEX("read-write mutex", "lock", true, MetricsListener.Kind.READ_WRITE_MUTEX);

    final String label;
    final String operation;

    // Whether a section that holds it and waits for it waits for itself.
    final boolean excludes;

    // What a listener is told that it is.
    final MetricsListener.Kind told;

    Kind(String label, String operation, boolean excludes, MetricsListener.Kind told) {
      this.label = label;
      this.operation = operation;
      this.excludes = excludes;
      this.told = told;
    }
  }

  final SyncOptions options;
  final Kind kind;

  Gate(Kind kind, int permits, SyncOptions options) {
    super(permits);
    this.kind = kind;
    this.options = options;
  }

  @Override
  public Gate gate() {
    return this;
  }

  @Override
  public final Gate entrance() {
    return this;
  }

  /** The gate under whose key a section is entered in its context. */
  Gate root() {
    return this;
  }

  /**
   * Where a request with this context has to line up if it can't pass at once.
   *
   * @return this gate; for a reentrant one, that of the innermost section around the request
   * @throws SelfDeadlockException if the request would wait for a section around it
   */
  final Gate within(Context context) {
    if (!kind.excludes) {
      return this;
    }
    Hold hold = context.getOrDefault(root(), null);
    if (hold == null || !hold.lease().isHeld()) {
      return this;
    }
    Gate inner = hold.inner();
    if (inner == null) {
      throw new SelfDeadlockException(toString());
    }
    return inner;
  }

  /** The request behind a lease of this gate. */
  final LeasedRequest own(Lease lease) {
    Args.notNull(lease, "lease");
    if (lease instanceof LeasedRequest request && request.gate.root() == root()) {
      return request;
    }
    throw new IllegalArgumentException("lease must be one of " + this + ", but was " + lease);
  }

  /** Gives permits back, and serves who waits for them. */
  @Nullable Request giveBack(int permits) {
    return give(permits);
  }

  /** How many permits are held; fewer than none if fewer are there now than were given away. */
  final long held() {
    return total() - (long) free();
  }

  /** A request of this gate has left. */
  final void leave() {
    signal(left());
  }

  /** Signals those who were granted, the first one first. */
  final void signal(@Nullable Request firstGranted) {
    Request granted = firstGranted;
    while (granted != null) {
      Request next = granted.nextGranted;
      granted.nextGranted = null;
      options.signal(granted);
      granted = next;
    }
  }

  final TooManyWaitersException tooMany() {
    options.tell(Event.REJECTED);
    return new TooManyWaitersException(toString(), kind.operation, options.maxWaiters());
  }

  @Override
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.CAPACITY) {
      return total();
    }
    if (key == Attr.BUFFERED) {
      return waiting();
    }
    if (key == Attr.NAME) {
      return options.name();
    }
    return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
  }

  @Override
  public String toString() {
    return options.describe(kind.label);
  }
}
