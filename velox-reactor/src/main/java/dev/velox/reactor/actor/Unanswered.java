package dev.velox.reactor.actor;

import java.util.ArrayDeque;

/**
 * Asks whose message was handled and that were not answered yet: to be told when the actor ends.
 * Touched by its owner alone.
 */
final class Unanswered {

  private static final int FEW = 16;

  private final ArrayDeque<Asked> asks = new ArrayDeque<>(2);

  void add(Asked ask) {
    // Each addition looks at two of the oldest, so that those answered don't pile up.
    for (int i = 0; i < 2 && asks.size() > FEW; i++) {
      Asked oldest = asks.removeFirst();
      if (!oldest.isDone()) {
        asks.addLast(oldest);
      }
    }
    asks.addLast(ask);
  }

  boolean isEmpty() {
    asks.removeIf(Asked::isDone);
    return asks.isEmpty();
  }

  void failAll(Throwable error) {
    for (Asked each : asks) {
      boolean ignored = each.end(error);
    }
    asks.clear();
  }
}
