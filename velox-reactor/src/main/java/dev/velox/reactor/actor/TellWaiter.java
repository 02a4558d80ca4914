package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Waiter;
import org.jspecify.annotations.Nullable;

/** Who brings a message, and waits for room if there is none. */
abstract class TellWaiter extends Waiter<Object> {

  static final Object ACCEPTED = new Object();
  static final Object REFUSED = new Object();

  /** What it brings; {@code null} once it has ended. */
  abstract @Nullable Object mail();
}
