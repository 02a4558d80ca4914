package dev.velox.tck.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** How a simulation chooses, from a seed, what runs next. */
public enum Strategy {
  /** Each that could run is as likely as any other. Finds what many orders would show. */
  RANDOM {
    @Override
    Chooser chooser(long seed, int changes, int steps) {
      SplittableRandom random = new SplittableRandom(seed);
      return ready -> ready.get(random.nextInt(ready.size()));
    }
  },
  /**
   * Each has a priority drawn by lot, and the highest runs until it has nothing to do; at a few
   * steps, also drawn, the one whose turn it is falls to the lowest. Finds what needs one task to
   * be held up for long while others go on, which random choice seldom does.
   *
   * <p>After Burckhardt, Kothari, Musuvathi and Nagarakatte, A Randomized Scheduler with
   * Probabilistic Guarantees of Finding Bugs (ASPLOS 2010): a bug that needs d orderings is found
   * by a seed with a probability of at least 1 / (n · k^(d-1)) among n tasks and k steps, with d-1
   * changes.
   */
  PRIORITIES {
    @Override
    Chooser chooser(long seed, int changes, int steps) {
      return new ByPriority(new SplittableRandom(seed), changes, steps);
    }
  };

  /** Chooses one of those that can run. */
  interface Chooser {
    Lane choose(List<Lane> ready);
  }

  abstract Chooser chooser(long seed, int changes, int steps);

  private static final class ByPriority implements Chooser {
    private final SplittableRandom random;
    private final Map<Lane, Double> priorities = new HashMap<>();
    private final Set<Integer> changePoints = new HashSet<>();
    private int step;
    private double lowest;

    ByPriority(SplittableRandom random, int changes, int steps) {
      this.random = random;
      while (changePoints.size() < Math.min(changes, steps)) {
        changePoints.add(random.nextInt(steps));
      }
    }

    @Override
    public Lane choose(List<Lane> ready) {
      Lane highest = highest(ready);
      if (changePoints.contains(step++)) {
        priorities.put(highest, --lowest);
        highest = highest(ready);
      }
      return highest;
    }

    private Lane highest(List<Lane> ready) {
      Lane highest = ready.get(0);
      for (Lane lane : ready) {
        if (priority(lane) > priority(highest)) {
          highest = lane;
        }
      }
      return highest;
    }

    private double priority(Lane lane) {
      return priorities.computeIfAbsent(lane, drawn -> random.nextDouble());
    }
  }
}
