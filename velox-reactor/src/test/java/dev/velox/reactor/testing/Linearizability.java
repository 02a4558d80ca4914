package dev.velox.reactor.testing;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/** Checks that each operation of a type takes effect at one instant. */
public final class Linearizability {

  private Linearizability() {}

  /** Compares three threads with a specification for one, by model checking and by stress. */
  public static void check(Class<?> operations, Class<?> specification) {
    check(operations, specification, 15, 1_000);
  }

  public static void check(
      Class<?> operations, Class<?> specification, int iterations, int invocations) {
    new ModelCheckingOptions()
        .threads(3)
        .actorsPerThread(3)
        .iterations(iterations)
        .invocationsPerIteration(invocations)
        .sequentialSpecification(specification)
        .check(operations);
    new StressOptions()
        .threads(3)
        .actorsPerThread(3)
        .iterations(iterations)
        .invocationsPerIteration(invocations)
        .sequentialSpecification(specification)
        .check(operations);
  }
}
