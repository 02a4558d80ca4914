package dev.velox.tck.actor;

import dev.velox.reactor.actor.Actor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What a behaviour did with its context, in the order of {@link Step#effects()}. */
public sealed interface Effect {

  /**
   * It created a child.
   *
   * @param child the child
   */
  record Spawned(Actor<?> child) implements Effect {}

  /**
   * It watches an actor.
   *
   * @param actor the actor
   */
  record Watched(Actor<?> actor) implements Effect {}

  /**
   * It handles messages from the next one on by another behaviour.
   *
   * @param behavior the behaviour, as it was given
   */
  record Became(Object behavior) implements Effect {}

  /** It stops. */
  record Stopped() implements Effect {}

  /** It laid the message at hand aside. */
  record Stashed() implements Effect {}

  /** It takes up again what lay aside. */
  record Unstashed() implements Effect {}

  /**
   * It started a timer.
   *
   * @param kind which
   * @param key its name, or {@code null} for the idle timer
   * @param message what it sends
   * @param time after how long, or how often
   */
  record TimerStarted(Kind kind, @Nullable Object key, Object message, Duration time)
      implements Effect {

    /** The kinds of timers. */
    public enum Kind {
      /** It sends one message. */
      ONCE,
      /** It sends again a time after the message before was handed over. */
      FIXED_DELAY,
      /** It sends at a rate. */
      FIXED_RATE,
      /** It sends when nothing has come for a time. */
      IDLE
    }
  }

  /**
   * It stopped a timer, whether there was one or not.
   *
   * @param key its name
   */
  record TimerStopped(Object key) implements Effect {}

  /**
   * It sends itself what becomes of a {@code Mono}.
   *
   * @param source the {@code Mono}
   */
  record Piped(Mono<?> source) implements Effect {}

  /**
   * It did something that this kit has no name for, because the context offers more than it knows.
   *
   * @param method the name of the method
   * @param arguments what it was given
   */
  record Other(String method, List<Object> arguments) implements Effect {}
}
