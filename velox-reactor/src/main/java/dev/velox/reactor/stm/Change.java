package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a transaction makes of a ref's value at its commit, whatever that is then. */
record Change(Function<Object, Object> function) {

  Object of(Object value) {
    return Args.notNull(function.apply(value), "the value made by commute");
  }

  /** What it makes of what is to be written before it: nothing, a value, or another change. */
  Object after(@Nullable Object before) {
    if (before == null) {
      return this;
    }
    return before instanceof Change earlier
        ? new Change(earlier.function.andThen(function))
        : of(before);
  }
}
