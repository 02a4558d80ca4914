package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.Actor;
import dev.velox.tck.RuleResult.Outcome;
import dev.velox.tck.actor.ActorProbe;
import dev.velox.tck.actor.BehaviorTester;
import dev.velox.tck.simulation.SimulatedSchedulers;
import dev.velox.tck.simulation.Strategy;
import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.reactivestreams.FlowAdapters;
import org.reactivestreams.Publisher;
import org.reactivestreams.example.unicast.AsyncIterablePublisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Each part of the kit at work where what it does not need is not there. */
class OptionalDependenciesTest {

  private static final Class<?> REACTOR = Flux.class;
  private static final Class<?> REACTOR_TEST = VirtualTimeScheduler.class;
  private static final Class<?> VELOX = Actor.class;

  /** Runs in a class loader of its own, without the jars or directories of some classes. */
  private static void runWithout(Class<? extends Runnable> part, Class<?>... missing)
      throws Exception {
    List<Path> without = Arrays.stream(missing).map(OptionalDependenciesTest::place).toList();
    URL[] rest =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .map(Path::toAbsolutePath)
            .filter(place -> !without.contains(place))
            .map(OptionalDependenciesTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader loader = new URLClassLoader(rest, ClassLoader.getPlatformClassLoader())) {
      for (Class<?> each : missing) {
        assertThatThrownBy(() -> loader.loadClass(each.getName()))
            .isInstanceOf(ClassNotFoundException.class);
      }
      ((Runnable) loader.loadClass(part.getName()).getDeclaredConstructor().newInstance()).run();
    }
  }

  private static Path place(Class<?> type) {
    URL place = type.getProtectionDomain().getCodeSource().getLocation();
    return Path.of(URI.create(place.toString())).toAbsolutePath();
  }

  private static URL url(Path place) {
    try {
      return place.toUri().toURL();
    } catch (java.net.MalformedURLException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Test
  void the_rules_of_reactive_streams_need_neither_reactor_nor_velox() throws Exception {
    runWithout(Rules.class, REACTOR, REACTOR_TEST, VELOX);
  }

  @Test
  void the_simulation_needs_reactor_core_alone() throws Exception {
    runWithout(Simulation.class, REACTOR_TEST, VELOX);
  }

  @Test
  void the_tests_of_actors_need_no_reactor_test() throws Exception {
    runWithout(Actors.class, REACTOR_TEST);
  }

  /** A publisher of somebody who has neither. */
  public static final class Rules implements Runnable {
    @Override
    public void run() {
      List<RuleResult> results =
          PublisherConformance.ofFlow("of the JDK's kind", n -> FlowAdapters.toFlowPublisher(to(n)))
              .fanOut(FanOut.MULTICAST)
              .cannotFail("it only counts")
              .unreported()
              .check();
      assertThat(results).filteredOn(each -> each.outcome() == Outcome.FAILED).isEmpty();
      assertThat(results)
          .filteredOn(each -> each.outcome() == Outcome.PASSED)
          .hasSizeGreaterThan(30);
    }

    private static Publisher<Long> to(long count) {
      Iterable<Long> numbers = () -> LongStream.range(0, count).iterator();
      return new AsyncIterablePublisher<>(numbers, task -> new Thread(task).start());
    }
  }

  /** A simulation of somebody who has reactor-core. */
  public static final class Simulation implements Runnable {
    @Override
    public void run() {
      try (SimulatedSchedulers simulation = SimulatedSchedulers.install(1, Strategy.RANDOM)) {
        assertThat(simulation.await(Mono.delay(Duration.ofHours(1)))).isZero();
      }
    }
  }

  /** A test of somebody who uses actors. */
  public static final class Actors implements Runnable {
    @Override
    public void run() {
      ActorProbe<String> probe = ActorProbe.create();
      BehaviorTester<Integer, String> relay =
          BehaviorTester.of(0, (state, text) -> probe.ref().send(text).thenReturn(state + 1));
      assertThat(relay.run("hello").state()).isEqualTo(1);
      probe.expectMessage("hello");
    }
  }
}
