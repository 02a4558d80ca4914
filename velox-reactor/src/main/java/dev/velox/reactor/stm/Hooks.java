package dev.velox.reactor.stm;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** What is to be done after a commit or a rollback: an immutable list, the latest first. */
final class Hooks {
  private final Runnable action;
  private final boolean onCommit;
  private final @Nullable Hooks earlier;

  Hooks(Runnable action, boolean onCommit, @Nullable Hooks earlier) {
    this.action = action;
    this.onCommit = onCommit;
    this.earlier = earlier;
  }

  /** Runs those for one outcome that were added since, in the order they were added. */
  static void run(
      @Nullable Hooks hooks, @Nullable Hooks since, boolean committed, Context context) {
    Hooks ordered = null;
    for (Hooks each = hooks; each != null && each != since; each = each.earlier) {
      if (each.onCommit == committed) {
        ordered = new Hooks(each.action, committed, ordered);
      }
    }
    for (Hooks each = ordered; each != null; each = each.earlier) {
      try {
        each.action.run();
      } catch (Throwable failure) {
        Operators.onErrorDropped(failure, context);
      }
    }
  }

  /** Those of an inner block behind those of the outer one. */
  static @Nullable Hooks append(@Nullable Hooks outer, @Nullable Hooks inner) {
    if (inner == null) {
      return outer;
    }
    return new Hooks(inner.action, inner.onCommit, append(outer, inner.earlier));
  }
}
