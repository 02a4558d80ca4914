package dev.velox.reactor.actor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Whose behaviour runs, and who waits for its answer, back to the first asker; kept in the context.
 *
 * @param core whose behaviour runs
 * @param asker who waits for it, or {@code null}
 */
record Chain(ActorCore<?, ?> core, @Nullable Chain asker) {

  private static final Object KEY = Chain.class;

  static @Nullable Chain of(ContextView context) {
    return context.getOrDefault(KEY, null);
  }

  /** The context of a behaviour that handles a message of this context. */
  static Context enter(ActorCore<?, ?> core, Context context) {
    return context.put(KEY, new Chain(core, of(context)));
  }

  /** For a message nobody waits for. */
  static Context leave(Context context) {
    return context.hasKey(KEY) ? context.delete(KEY) : context;
  }

  static boolean isInside(ActorCore<?, ?> core, ContextView context) {
    Chain chain = of(context);
    return chain != null && chain.core.identity() == core.identity();
  }

  /** The circle that an ask would close, or {@code null}. */
  static @Nullable List<String> circle(ActorCore<?, ?> asked, ContextView context) {
    List<String> names = new ArrayList<>();
    names.add(asked.name());
    for (Chain each = of(context); each != null; each = each.asker) {
      names.add(each.core.name());
      if (each.core.identity() == asked.identity()) {
        Collections.reverse(names);
        return names;
      }
    }
    return null;
  }
}
