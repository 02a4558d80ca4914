package dev.velox.reactor.actor;

import dev.velox.reactor.internal.Args;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens when a behaviour fails. A value: each method answers another one.
 *
 * <pre>{@code
 * Supervision.restart(Backoff.exponential(Duration.ofMillis(100)).times(5), Duration.ofMinutes(1))
 *     .on(IllegalArgumentException.class, Supervision.resume());
 * }</pre>
 *
 * <p>The message that failed is never handled again, whatever is decided; who asked is told its
 * error.
 */
public final class Supervision {

  enum Decision {
    RESUME,
    RESTART,
    STOP,
    ESCALATE
  }

  private record Rule(Class<? extends Throwable> type, Supervision then) {}

  private static final Supervision RESUME =
      new Supervision(Decision.RESUME, Backoff.none(), null, false, List.of());
  private static final Supervision STOP =
      new Supervision(Decision.STOP, Backoff.none(), null, false, List.of());
  private static final Supervision ESCALATE =
      new Supervision(Decision.ESCALATE, Backoff.none(), null, false, List.of());

  final Decision decision;
  final Backoff backoff;
  final @Nullable Duration window;
  final boolean allForOne;
  private final List<Rule> rules;

  private Supervision(
      Decision decision,
      Backoff backoff,
      @Nullable Duration window,
      boolean allForOne,
      List<Rule> rules) {
    this.decision = decision;
    this.backoff = backoff;
    this.window = window;
    this.allForOne = allForOne;
    this.rules = rules;
  }

  /**
   * The actor goes on with its last state.
   *
   * @return the default
   */
  public static Supervision resume() {
    return RESUME;
  }

  /**
   * The actor begins again, with its initial state and the messages that wait, as often as it
   * fails.
   *
   * @return a supervision
   */
  public static Supervision restart() {
    return restart(Backoff.none());
  }

  /**
   * The actor begins again after a delay, as long as there is one for it, and then stops.
   *
   * @param delays how long to wait before each restart
   * @return a supervision
   */
  public static Supervision restart(Backoff delays) {
    return new Supervision(
        Decision.RESTART, Args.notNull(delays, "delays"), null, false, List.of());
  }

  /**
   * As {@link #restart(Backoff)}, and the delays begin anew when the first of the failures counted
   * is longer ago than a window.
   *
   * @param delays how long to wait before each restart
   * @param window how long failures count
   * @return a supervision
   */
  public static Supervision restart(Backoff delays, Duration window) {
    return new Supervision(
        Decision.RESTART,
        Args.notNull(delays, "delays"),
        Args.positive(window, "window"),
        false,
        List.of());
  }

  /**
   * The actor begins again as a policy would retry, and then stops.
   *
   * @param policy the policy, of which the attempts and delays are followed
   * @return a supervision
   */
  public static Supervision restart(RetryPolicy policy) {
    return restart(Args.notNull(policy, "policy").schedule());
  }

  /**
   * The actor ends; what waits becomes dead letters.
   *
   * @return a supervision
   */
  public static Supervision stop() {
    return STOP;
  }

  /**
   * The actor ends, and its parent decides as if it had failed itself. Without a parent it is
   * {@link #stop()}.
   *
   * @return a supervision
   */
  public static Supervision escalate() {
    return ESCALATE;
  }

  /**
   * Decides otherwise for a kind of error. The first kind named that fits counts.
   *
   * @param type the kind
   * @param then what happens then
   * @return a supervision
   */
  public Supervision on(Class<? extends Throwable> type, Supervision then) {
    List<Rule> more = new ArrayList<>(rules);
    more.add(new Rule(Args.notNull(type, "type"), Args.notNull(then, "then")));
    return new Supervision(decision, backoff, window, allForOne, List.copyOf(more));
  }

  /**
   * When this actor is restarted, the other children of its parent are, too.
   *
   * @return a supervision
   */
  public Supervision allForOne() {
    return new Supervision(decision, backoff, window, true, rules);
  }

  Supervision decide(Throwable error) {
    for (Rule rule : rules) {
      if (rule.type.isInstance(error)) {
        return rule.then.decide(error);
      }
    }
    return this;
  }

  @Override
  public String toString() {
    return "Supervision(" + decision + (rules.isEmpty() ? ")" : ", " + rules.size() + " rules)");
  }
}
