package dev.velox.tck.actor;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What came of one message, or of a step of the actor's life.
 *
 * @param <S> the type of the state
 * @param <M> the type of the messages
 * @param message the message, or {@code null} for a step of the actor's life: its start, its end, a
 *     decision of a child's supervision
 * @param before the state before it
 * @param state the state after it
 * @param effects what the behaviour did with its context, in order; what follows from a failure
 *     included, as far as it has been done
 * @param failure what the behaviour failed with, or {@code null}
 * @param outcome what became of the actor
 */
public record Step<S, M>(
    @Nullable M message,
    S before,
    S state,
    List<Effect> effects,
    @Nullable Throwable failure,
    Outcome outcome) {

  /** What became of the actor. */
  public enum Outcome {
    /** It goes on. */
    HANDLED,
    /** It failed, and goes on with the state before. */
    RESUMED,
    /** It failed, and has begun again with its initial state. */
    RESTARTED,
    /** It failed, and will begin again when time has passed, or something has ended. */
    RESTARTING,
    /** It has ended, by itself or by its supervision. */
    STOPPED,
    /** It failed and has ended, and has left the decision to its parent. */
    ESCALATED
  }

  /**
   * Copies the effects.
   *
   * @param message the message, or {@code null}
   * @param before the state before it
   * @param state the state after it
   * @param effects what the behaviour did with its context
   * @param failure what the behaviour failed with, or {@code null}
   * @param outcome what became of the actor
   */
  public Step {
    Objects.requireNonNull(before, "before must not be null");
    Objects.requireNonNull(state, "state must not be null");
    Objects.requireNonNull(outcome, "outcome must not be null");
    effects = List.copyOf(effects);
  }

  /**
   * The effects of a kind.
   *
   * @param <E> the kind
   * @param kind the kind
   * @return those, in order
   */
  public <E extends Effect> List<E> effects(Class<E> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
