package dev.velox.reactor.stm;

import dev.velox.reactor.internal.Args;
import java.util.function.Function;

/** What a transaction makes of a ref's value at its commit, whatever that is then. */
record Change(Function<Object, Object> function) {

  Object of(Object value) {
    return Args.notNull(function.apply(value), "the value made by commute");
  }

  Change then(Change later) {
    return new Change(function.andThen(later.function));
  }
}
