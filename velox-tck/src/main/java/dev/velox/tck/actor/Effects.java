package dev.velox.tck.actor;

import dev.velox.reactor.actor.Actor;
import dev.velox.tck.actor.Effect.TimerStarted;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Tells what a call of a context was, by the name of its method. */
final class Effects {

  private Effects() {}

  /** What a call was; {@code null} if it only asked for something. */
  static @Nullable Effect of(Method method, Object[] given, @Nullable Object result) {
    if (method.getDeclaringClass() == Object.class) {
      return null;
    }
    return switch (method.getName()) {
      case "self", "children" -> null;
      case "spawn" -> new Effect.Spawned((Actor<?>) Objects.requireNonNull(result));
      case "watch" -> new Effect.Watched((Actor<?>) given[0]);
      case "become" -> new Effect.Became(given[0]);
      case "stop" -> new Effect.Stopped();
      case "stash" -> new Effect.Stashed();
      case "unstashAll" -> new Effect.Unstashed();
      case "startTimer" -> timer(TimerStarted.Kind.ONCE, given);
      case "startTimerWithFixedDelay" -> timer(TimerStarted.Kind.FIXED_DELAY, given);
      case "startTimerAtFixedRate" -> timer(TimerStarted.Kind.FIXED_RATE, given);
      case "startIdleTimer" ->
          new Effect.TimerStarted(TimerStarted.Kind.IDLE, null, given[0], (Duration) given[1]);
      case "stopTimer" -> new Effect.TimerStopped(given[0]);
      case "pipeToSelf" -> new Effect.Piped((Mono<?>) given[0]);
      default ->
          new Effect.Other(method.getName(), Collections.unmodifiableList(Arrays.asList(given)));
    };
  }

  private static Effect timer(TimerStarted.Kind kind, Object[] given) {
    return new Effect.TimerStarted(kind, given[0], given[1], (Duration) given[2]);
  }
}
