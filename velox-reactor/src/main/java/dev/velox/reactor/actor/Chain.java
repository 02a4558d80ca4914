package dev.velox.reactor.actor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/**
 * Which behaviours wait for the one that runs in a {@code Context}: its own actor, the one that
 * asked it, and so on.
 *
 * @param actor whose behaviour runs
 * @param asker what waits for it; {@code null} if nobody does
 */
record Chain(DefaultActor<?, ?> actor, @Nullable Chain asker) {

  private static final Object KEY = Chain.class;

  static @Nullable Chain of(ContextView context) {
    return context.getOrDefault(KEY, null);
  }

  static Object key() {
    return KEY;
  }

  boolean contains(DefaultActor<?, ?> other) {
    for (Chain link = this; link != null; link = link.asker) {
      if (link.actor == other) {
        return true;
      }
    }
    return false;
  }

  /** The names from {@code asked} to here, and {@code asked} again. */
  List<String> pathFrom(DefaultActor<?, ?> asked) {
    List<String> names = new ArrayList<>();
    names.add(asked.toString());
    for (Chain link = this; link != null; link = link.asker) {
      names.add(link.actor.toString());
      if (link.actor == asked) {
        break;
      }
    }
    Collections.reverse(names);
    return names;
  }

  /** The actor alone: without the record's default, which would print whole chains. */
  @Override
  public String toString() {
    return actor.toString();
  }
}
