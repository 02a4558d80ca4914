package dev.velox.reactor.stm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Checks a recorded history of transactions over lists for strict serialisability and opacity. It
 * knows nothing of the engine: only who read and appended what, and when.
 *
 * <p>Each transaction appends unique numbers to lists, and reads lists. The final list of a key is
 * the order of its versions. Between transactions there are edges: who appended before (ww), whose
 * append was read (wr), who appended after what was read (rw), and who had ended before the other
 * began (rt, by way of a chain of instants). The history is strictly serialisable if, and for this
 * workload only if, there is no cycle. Attempts that were not committed take part as readers: that
 * is opacity. (Adya, 1999; the encoding by appends is Elle's, Kingsbury and Alvaro, 2020.)
 */
final class History {

  /** One attempt: what it read (the list as it was) and appended, in its order. */
  record Attempt(
      int id, long began, long ended, boolean committed, List<Read> reads, List<Append> appends) {}

  record Read(int key, List<Integer> seen) {
    @Override
    public String toString() {
      int size = seen.size();
      return key + ":" + (size > 3 ? "..." + seen.subList(size - 3, size) : seen);
    }
  }

  record Append(int key, int value) {}

  private final List<Attempt> attempts;
  private final List<List<Integer>> finals;
  private final Map<Integer, Integer> writer = new HashMap<>();

  private History(List<Attempt> attempts, List<List<Integer>> finals) {
    this.attempts = attempts;
    this.finals = finals;
  }

  /** What is wrong with the history, if anything. */
  static Optional<String> violation(List<Attempt> attempts, List<List<Integer>> finals) {
    return new History(attempts, finals).check();
  }

  private Optional<String> check() {
    for (int i = 0; i < attempts.size(); i++) {
      for (Append append : attempts.get(i).appends) {
        if (attempts.get(i).committed) {
          writer.put(append.value, i);
        }
      }
    }
    Set<Integer> there = new HashSet<>();
    for (List<Integer> list : finals) {
      for (int value : list) {
        if (!writer.containsKey(value)) {
          return Optional.of("aborted write: " + value + " was never committed");
        }
        if (!there.add(value)) {
          return Optional.of("write twice: " + value);
        }
      }
    }
    for (int value : writer.keySet()) {
      if (!there.contains(value)) {
        return Optional.of("lost update: " + value + " was committed and is gone");
      }
    }
    for (Attempt attempt : attempts) {
      for (Read read : attempt.reads) {
        List<Integer> foreign = withoutOwn(attempt, read);
        List<Integer> versions = finals.get(read.key);
        if (foreign.size() > versions.size()
            || !versions.subList(0, foreign.size()).equals(foreign)) {
          return Optional.of("dirty or garbage read: " + read + " of " + versions);
        }
      }
    }
    return cycle(edges());
  }

  /** A read shows the attempt's own appends at its end. */
  private static List<Integer> withoutOwn(Attempt attempt, Read read) {
    List<Integer> seen = read.seen;
    int length = seen.size();
    while (length > 0 && isOwn(attempt, seen.get(length - 1))) {
      length--;
    }
    return seen.subList(0, length);
  }

  private static boolean isOwn(Attempt attempt, int value) {
    return attempt.appends.stream().anyMatch(append -> append.value == value);
  }

  private List<List<Integer>> edges() {
    int count = attempts.size();
    // Behind the attempts, one node per end of an attempt, in the order of time.
    List<Integer> byEnd = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byEnd.add(i);
    }
    byEnd.sort(Comparator.comparingLong(i -> attempts.get(i).ended));
    List<List<Integer>> edges = new ArrayList<>();
    for (int i = 0; i < 2 * count; i++) {
      edges.add(new ArrayList<>(4));
    }
    long[] ends = new long[count];
    for (int i = 0; i < count; i++) {
      ends[i] = attempts.get(byEnd.get(i)).ended;
      edges.get(byEnd.get(i)).add(count + i);
      if (i > 0) {
        edges.get(count + i - 1).add(count + i);
      }
    }
    for (int i = 0; i < count; i++) {
      int before = java.util.Arrays.binarySearch(ends, attempts.get(i).began);
      int last = (before >= 0 ? before : -before - 1) - 1;
      if (last >= 0) {
        edges.get(count + last).add(i);
      }
    }
    for (List<Integer> list : finals) {
      for (int i = 1; i < list.size(); i++) {
        link(edges, writer.get(list.get(i - 1)), writer.get(list.get(i)));
      }
    }
    for (int i = 0; i < count; i++) {
      for (Read read : attempts.get(i).reads) {
        List<Integer> foreign = withoutOwn(attempts.get(i), read);
        List<Integer> versions = finals.get(read.key);
        if (!foreign.isEmpty()) {
          link(edges, writer.get(foreign.get(foreign.size() - 1)), i);
        }
        if (foreign.size() < versions.size()) {
          link(edges, i, writer.get(versions.get(foreign.size())));
        }
      }
    }
    return edges;
  }

  private static void link(List<List<Integer>> edges, int from, int to) {
    if (from != to) {
      edges.get(from).add(to);
    }
  }

  /**
   * Takes nodes without predecessors away until none is left; what remains lies on or behind a
   * cycle.
   */
  private Optional<String> cycle(List<List<Integer>> edges) {
    int[] incoming = new int[edges.size()];
    edges.forEach(targets -> targets.forEach(target -> incoming[target]++));
    List<Integer> free = new ArrayList<>();
    for (int i = 0; i < incoming.length; i++) {
      if (incoming[i] == 0) {
        free.add(i);
      }
    }
    int taken = 0;
    while (!free.isEmpty()) {
      int node = free.remove(free.size() - 1);
      taken++;
      for (int target : edges.get(node)) {
        if (--incoming[target] == 0) {
          free.add(target);
        }
      }
    }
    if (taken == edges.size()) {
      return Optional.empty();
    }
    List<Integer> shortest = List.of();
    int looked = 0;
    for (int i = 0; i < attempts.size() && looked < 50; i++) {
      if (incoming[i] > 0) {
        looked++;
        List<Integer> cycle = shortestCycle(edges, i);
        if (!cycle.isEmpty() && (shortest.isEmpty() || cycle.size() < shortest.size())) {
          shortest = cycle;
        }
      }
    }
    StringBuilder message = new StringBuilder("cycle:");
    for (int node : shortest) {
      message.append("\n  ").append(node < attempts.size() ? attempts.get(node) : "(in time)");
    }
    return Optional.of(message.toString());
  }

  private static List<Integer> shortestCycle(List<List<Integer>> edges, int start) {
    int[] from = new int[edges.size()];
    java.util.Arrays.fill(from, -1);
    ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(start));
    while (!queue.isEmpty()) {
      int node = queue.poll();
      for (int target : edges.get(node)) {
        if (target == start) {
          List<Integer> cycle = new ArrayList<>();
          for (int at = node; at != start; at = from[at]) {
            cycle.add(0, at);
          }
          cycle.add(0, start);
          return cycle;
        }
        if (from[target] < 0) {
          from[target] = node;
          queue.add(target);
        }
      }
    }
    return List.of();
  }
}
