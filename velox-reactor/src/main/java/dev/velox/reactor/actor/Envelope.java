package dev.velox.reactor.actor;

import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * A message on its way.
 *
 * @param message the message
 * @param context of who sent it
 * @param ask whom to tell if it fails; {@code null} if it is no ask
 */
record Envelope<M>(M message, Context context, @Nullable Ask<?> ask) {

  /** The actor that waits for it, if an actor does. */
  @Nullable Chain asker() {
    return ask == null ? null : Chain.of(context);
  }
}
