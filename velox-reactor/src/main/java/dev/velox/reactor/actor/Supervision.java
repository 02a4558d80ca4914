package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How an actor goes on after a message has failed. Immutable.
 *
 * <p>Whatever it decides, the state is the one before the message, that message is not handled
 * again, and its asker gets the failure at once.
 */
public final class Supervision {

  enum Directive {
    RESUME,
    RESTART,
    STOP
  }

  private record Special(Predicate<? super Throwable> failures, Supervision then) {}

  private static final Supervision RESUME =
      new Supervision(Directive.RESUME, 0, Duration.ZERO, restart -> Duration.ZERO, List.of());
  private static final Supervision STOP =
      new Supervision(Directive.STOP, 0, Duration.ZERO, restart -> Duration.ZERO, List.of());

  final Directive directive;
  final int limit;
  final Duration window;
  final IntFunction<Duration> delay;
  private final List<Special> specials;

  private Supervision(
      Directive directive,
      int limit,
      Duration window,
      IntFunction<Duration> delay,
      List<Special> specials) {
    this.directive = directive;
    this.limit = limit;
    this.window = window;
    this.delay = delay;
    this.specials = specials;
  }

  /**
   * The actor goes on with the state that it has. The default.
   *
   * @return that
   */
  public static Supervision resume() {
    return RESUME;
  }

  /**
   * The actor ends; what is in its mailbox goes to the dead letters.
   *
   * @return that
   */
  public static Supervision stop() {
    return STOP;
  }

  /**
   * The actor begins anew with its initial state, and keeps its mail. If it has to too often, it
   * ends.
   *
   * @param limit how many restarts there may be in a window; one more ends it
   * @param window how long a window is
   * @param delay how long to wait before the first, the second … restart of a window
   * @return that
   * @throws NullPointerException if an argument is {@code null}
   * @throws IllegalArgumentException if {@code limit} is negative, or {@code window} not positive
   */
  public static Supervision restart(int limit, Duration window, IntFunction<Duration> delay) {
    return new Supervision(
        Directive.RESTART,
        Args.notNegative(limit, "limit"),
        Args.positive(window, "window"),
        Args.notNull(delay, "delay"),
        List.of());
  }

  /**
   * The same, but for some failures.
   *
   * @param type what kind of failure
   * @param then how to go on after these
   * @return that; the first one added that fits decides
   * @throws NullPointerException if an argument is {@code null}
   */
  public Supervision on(Class<? extends Throwable> type, Supervision then) {
    Args.notNull(type, "type");
    Args.notNull(then, "then");
    List<Special> more = new ArrayList<>(specials);
    more.add(new Special(type::isInstance, then));
    return new Supervision(directive, limit, window, delay, List.copyOf(more));
  }

  Supervision of(Throwable failure) {
    @Nullable Supervision found = null;
    for (Special special : specials) {
      if (found == null && special.failures.test(failure)) {
        found = special.then;
      }
    }
    return found == null ? this : found.of(failure);
  }
}
