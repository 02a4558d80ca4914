package dev.velox.tck.simulation;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.opentest4j.TestAbortedException;
import reactor.core.scheduler.NonBlocking;

/** Makes one run of a {@link SimulatedTest} for each seed, until one has failed. */
final class SimulationExtension implements TestTemplateInvocationContextProvider {

  static final String REPLAY = "velox.simulation.seed";

  static final String TIMES = "velox.simulation.times";

  @Override
  public boolean supportsTestTemplate(ExtensionContext context) {
    return true;
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
      ExtensionContext context) {
    SimulatedTest test = context.getRequiredTestMethod().getAnnotation(SimulatedTest.class);
    if (test == null) {
      throw new IllegalStateException(
          context.getRequiredTestMethod() + " must be annotated with @SimulatedTest itself");
    }
    AtomicBoolean failed = new AtomicBoolean();
    String replay = System.getProperty(REPLAY);
    LongStream seeds =
        replay == null
            ? LongStream.range(test.firstSeed(), test.firstSeed() + test.seeds() * times(context))
            : LongStream.of(Long.parseLong(replay));
    return seeds.takeWhile(seed -> !failed.get()).mapToObj(seed -> new Run(test, seed, failed));
  }

  private static long times(ExtensionContext context) {
    String times = context.getConfigurationParameter(TIMES).orElse("1");
    if (!times.matches("[1-9]\\d{0,8}")) {
      throw new IllegalStateException(TIMES + " must be a whole number from 1, but was " + times);
    }
    return Long.parseLong(times);
  }

  /** One seed. */
  private record Run(SimulatedTest test, long seed, AtomicBoolean failed)
      implements TestTemplateInvocationContext {

    @Override
    public String getDisplayName(int invocation) {
      return "seed " + seed + ", " + strategy();
    }

    /** By the seed and not by the run, so that a seed alone replays. */
    private Strategy strategy() {
      Strategy[] strategies = test.strategies();
      return strategies[(int) Math.floorMod(seed, (long) strategies.length)];
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return List.of(new InSimulation(this));
    }

    private SimulatedSchedulers install() {
      return SimulatedSchedulers.install(
          seed, strategy(), test.changes(), test.steps(), test.maxSteps());
    }
  }

  /** Gives the body its schedulers and its thread, and names the seed if it fails. */
  private static final class InSimulation
      implements BeforeEachCallback, AfterEachCallback, ParameterResolver, InvocationInterceptor {
    private final Run run;
    private @Nullable SimulatedSchedulers simulation;

    InSimulation(Run run) {
      this.run = run;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
      simulation = run.install();
    }

    @Override
    public void afterEach(ExtensionContext context) {
      simulation().close();
    }

    private SimulatedSchedulers simulation() {
      return Objects.requireNonNull(simulation, "not before the test");
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == SimulatedSchedulers.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return simulation();
    }

    @Override
    public void interceptTestTemplateMethod(
        Invocation<@Nullable Void> invocation,
        ReflectiveInvocationContext<Method> call,
        ExtensionContext context)
        throws Throwable {
      SimulationThread thread = new SimulationThread(invocation);
      simulation().enter(thread);
      thread.start();
      try {
        thread.join();
      } catch (InterruptedException timeout) {
        thread.interrupt();
        throw timeout;
      } finally {
        simulation().leave();
      }
      if (thread.failure instanceof TestAbortedException) {
        throw thread.failure;
      }
      if (thread.failure != null) {
        run.failed().set(true);
        throw new AssertionError(
            thread.failure + "\n" + simulation() + "\nreplay with -D" + REPLAY + "=" + run.seed(),
            thread.failure);
      }
    }
  }

  /** Reactor refuses block() here, which would wait for ever: the waiter is who runs the tasks. */
  private static final class SimulationThread extends Thread implements NonBlocking {
    private final InvocationInterceptor.Invocation<@Nullable Void> body;
    private volatile @Nullable Throwable failure;

    SimulationThread(InvocationInterceptor.Invocation<@Nullable Void> body) {
      super("velox-simulation");
      this.body = body;
      setDaemon(true);
      setContextClassLoader(Thread.currentThread().getContextClassLoader());
    }

    @Override
    public void run() {
      try {
        body.proceed();
      } catch (Throwable thrown) {
        failure = thrown;
      }
    }
  }
}
