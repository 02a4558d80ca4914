package dev.velox.reactor.sync;

import org.jspecify.annotations.Nullable;

/**
 * What a section's context tells of the gate it has passed.
 *
 * @param lease what the section holds
 * @param inner where sections inside it line up, if the gate lets them in again
 */
record Hold(LeasedRequest lease, @Nullable Gate inner) {

  static Hold of(LeasedRequest lease, Gate gate) {
    return new Hold(
        lease,
        gate.kind == Gate.Kind.REENTRANT_MUTEX ? new InnerGate(gate.root(), gate.options) : null);
  }

  /**
   * The gate inside a section of a reentrant mutex. Sections inside it that run side by side take
   * turns here, as they would not exclude each other otherwise.
   */
  private static final class InnerGate extends Gate {

    private final Gate root;

    InnerGate(Gate root, SyncOptions options) {
      super(Kind.REENTRANT_MUTEX, 1, options);
      this.root = root;
    }

    @Override
    Gate root() {
      return root;
    }
  }
}
