package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One ask that waits for its answer. Its state is one flag: who sets it answers, fails or leaves;
 * everybody else comes too late.
 *
 * @param <R> the type of the answer
 */
final class Ask<R> implements Reply<R> {

  private final DefaultActor<?, ?> asked;
  private final AtomicBoolean over = new AtomicBoolean();
  private final Sinks.One<R> answer = Sinks.one();

  Ask(DefaultActor<?, ?> asked) {
    this.asked = asked;
  }

  @Override
  public boolean success(R value) {
    Args.notNull(value, "answer");
    if (!end()) {
      return false;
    }
    answer.tryEmitValue(value).orThrow();
    return true;
  }

  @Override
  public boolean error(Throwable error) {
    Args.notNull(error, "error");
    if (!end()) {
      return false;
    }
    answer.tryEmitError(error).orThrow();
    return true;
  }

  /** The asker has left. */
  void leave() {
    boolean ignored = end();
  }

  private boolean end() {
    if (!over.compareAndSet(false, true)) {
      return false;
    }
    asked.answered(this);
    return true;
  }

  @Override
  public boolean isOver() {
    return over.get();
  }

  Mono<R> answer() {
    return answer.asMono();
  }

  @Override
  public String toString() {
    return "Reply of " + asked;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
