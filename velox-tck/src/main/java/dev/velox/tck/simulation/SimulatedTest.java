package dev.velox.tck.simulation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A test that runs in a simulation, once for each of many seeds, until one fails; the failure tells
 * the seed. Its parameter, if it has one, is the {@link SimulatedSchedulers}.
 *
 * <p>To replay a failure, run it with the system property {@code velox.simulation.seed}, or with
 * {@code firstSeed} set to the seed and {@code seeds} to 1. Each seed is a test with everything
 * that belongs to one, from a new instance to its {@code @BeforeEach} methods; the body itself runs
 * on a thread of its own, on which nothing may block.
 *
 * <p>For a longer run, JUnit's configuration parameter (or system property) {@code
 * velox.simulation.times} multiplies the number of seeds of every such test.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@TestTemplate
@ExtendWith(SimulationExtension.class)
@ResourceLock("reactor.core.scheduler.Schedulers")
public @interface SimulatedTest {

  /**
   * How many seeds.
   *
   * @return the number of runs
   */
  int seeds() default 100;

  /**
   * The first seed; the others follow it.
   *
   * @return the seed
   */
  long firstSeed() default 1;

  /**
   * How the order is drawn from the seed; where several are given, they take turns.
   *
   * @return the strategies
   */
  Strategy[] strategies() default {Strategy.RANDOM, Strategy.PRIORITIES};

  /**
   * How often a priority falls, for {@link Strategy#PRIORITIES}: one less than the orderings that a
   * bug needs.
   *
   * @return the number of changes
   */
  int changes() default 2;

  /**
   * Among how many of the first steps the changes are, for {@link Strategy#PRIORITIES}: about as
   * many as the test has tasks.
   *
   * @return the number of steps
   */
  int steps() default 50;

  /**
   * After how many tasks a run counts as a livelock.
   *
   * @return the number of tasks
   */
  int maxSteps() default 1_000_000;
}
