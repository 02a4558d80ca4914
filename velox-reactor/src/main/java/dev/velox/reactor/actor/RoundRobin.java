package dev.velox.reactor.actor;

import dev.velox.reactor.channel.SendResult;
import dev.velox.reactor.internal.Args;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One actor after the other. Whose turn it is, is a counter that all senders raise. */
final class RoundRobin<M> extends RoutedToOne<M> {

  private final AtomicInteger turns = new AtomicInteger();

  RoundRobin(List<Actor<M>> actors) {
    super("roundRobin", actors);
  }

  private Actor<M> at(int turn) {
    return actors.get(Math.floorMod(turn, actors.size()));
  }

  @Override
  @Nullable Actor<M> choose(M message) {
    for (int i = 0; i < actors.size(); i++) {
      Actor<M> next = at(turns.getAndIncrement());
      if (!next.isDisposed()) {
        return next;
      }
    }
    // Others may have taken the turns of those that live.
    return actors.stream().filter(each -> !each.isDisposed()).findFirst().orElse(null);
  }

  @Override
  public SendResult trySend(M message) {
    Args.notNull(message, "message");
    int first = turns.getAndIncrement();
    SendResult worst = SendResult.CLOSED;
    for (int i = 0; i < actors.size(); i++) {
      SendResult result = at(first + i).trySend(message);
      if (result == SendResult.SENT || result == SendResult.DROPPED) {
        return result;
      }
      if (result == SendResult.FULL) {
        worst = result;
      }
    }
    return worst;
  }
}
