package dev.velox.reactor.sync;

import dev.velox.reactor.internal.Waiter;
import org.jspecify.annotations.Nullable;

/** Somebody who wants permits of a {@link PermitCore}. */
abstract class Request extends Waiter<Object> {

  /** What a request is granted: its permits. */
  static final Object GRANTED =
      new Object() {
        @Override
        public String toString() {
          return "GRANTED";
        }
      };

  /** How many permits it wants. */
  final int wanted;

  // The next of those granted by the same release; owned by the thread that released.
  @Nullable Request nextGranted;

  Request(int wanted) {
    this.wanted = wanted;
  }
}
