package dev.velox.reactor.internal;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * What happens to an accepted value that nobody will receive: the owner's callback, then Reactor's
 * discard hook.
 */
public final class Discards {

  private Discards() {}

  /**
   * Hands a value to the callback, if any, and to the hook that {@code doOnDiscard} put into the
   * context. Neither can stop the other or the caller: what they throw goes to {@link
   * Operators#onErrorDropped}.
   *
   * @param <T> the type of the value
   * @param value what nobody will receive
   * @param onDrop the owner's callback, or {@code null}
   * @param context the context of the operation that gave the value
   */
  public static <T> void discard(T value, @Nullable Consumer<? super T> onDrop, Context context) {
    if (onDrop != null) {
      try {
        onDrop.accept(value);
      } catch (Throwable failure) {
        Operators.onErrorDropped(failure, context);
      }
    }
    Operators.onDiscard(value, context);
  }
}
