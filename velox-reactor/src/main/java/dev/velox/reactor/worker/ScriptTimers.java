package dev.velox.reactor.worker;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The timers of a script, in the order in which they are due. Used by the worker's thread alone.
 */
final class ScriptTimers {

  private record Timer(int id, long due, long number, long period) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(due, other.due);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private static final long NEVER_AGAIN = -1;
  private static final double NANOS = 1_000_000;

  private static final int KEPT_STOPPED = 16;

  // What is stopped leaves the map at once; the line when its time has come, or with many others.
  private final PriorityQueue<Timer> line = new PriorityQueue<>();
  private final Map<Integer, Timer> running = new HashMap<>();
  private long count;

  void start(int id, double milliseconds, boolean repeats, long now) {
    long delay = (long) Math.min(milliseconds * NANOS, Long.MAX_VALUE / 4.0);
    // One that repeats without a pause would let nothing else happen.
    long period = repeats ? Math.max(delay, (long) NANOS) : NEVER_AGAIN;
    add(new Timer(id, now + (repeats ? period : delay), count++, period));
  }

  private void add(Timer timer) {
    running.put(timer.id, timer);
    line.add(timer);
  }

  void stop(int id) {
    running.remove(id);
    if (line.size() > 2 * running.size() + KEPT_STOPPED) {
      line.removeIf(each -> !isRunning(each));
    }
  }

  private boolean isRunning(Timer timer) {
    return timer.equals(running.get(timer.id));
  }

  /** How many are kept, stopped ones among them. */
  int size() {
    return line.size();
  }

  boolean isEmpty() {
    return line.isEmpty();
  }

  void clear() {
    running.clear();
    line.clear();
  }

  /** How long until the next one is due; zero or less if it is. */
  long untilDue(long now) {
    Timer first = first();
    return first == null ? Long.MAX_VALUE : first.due - now;
  }

  /** How many timers were ever started: those from then on wait for the next turn. */
  long count() {
    return count;
  }

  /**
   * Takes the next one that is due, if it was started before that many others, and starts it again
   * if it repeats.
   */
  @Nullable Integer takeDue(long now, long before) {
    Timer first = first();
    if (first == null || first.due > now || first.number >= before) {
      return null;
    }
    line.remove();
    if (first.period == NEVER_AGAIN) {
      running.remove(first.id);
    } else {
      add(new Timer(first.id, now + first.period, count++, first.period));
    }
    return first.id;
  }

  private @Nullable Timer first() {
    Timer first = line.peek();
    while (first != null && !isRunning(first)) {
      line.remove();
      first = line.peek();
    }
    return first;
  }
}
