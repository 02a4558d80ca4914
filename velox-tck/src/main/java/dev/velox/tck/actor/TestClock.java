package dev.velox.tck.actor;

import dev.velox.tck.simulation.SimulatedSchedulers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * How a test's thread gets to what it waits for: it waits, or, where time is not real, it lets time
 * pass and runs what is due.
 */
abstract class TestClock {

  /** The time in which the calling thread is. */
  static TestClock here() {
    SimulatedSchedulers simulation = SimulatedSchedulers.current().orElse(null);
    if (simulation != null) {
      return new InSimulation(simulation);
    }
    if (VirtualTimes.THERE && Virtual.isOn()) {
      return new Virtual();
    }
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          "An expectation waits, which "
              + Thread.currentThread().getName()
              + ", a non-blocking thread, must not; call it on the test's own thread");
    }
    return new Real();
  }

  static TestClock of(ManualTime time) {
    return new Manual(time);
  }

  static Duration notNegative(Duration time, String name) {
    if (Objects.requireNonNull(time, name + " must not be null").isNegative()) {
      throw new IllegalArgumentException(name + " must not be negative, but was " + time);
    }
    return time;
  }

  abstract long nowNanos();

  /**
   * Waits for what ends by itself, at the latest when the limit is over.
   *
   * @param mono the value, its error, or its completion
   */
  abstract <T> Signal<T> await(Mono<T> mono, Duration limit);

  /** Runs what is due at this instant, where that is for the test to run. */
  abstract void settle();

  private static final class Real extends TestClock {
    @Override
    long nowNanos() {
      return System.nanoTime();
    }

    @Override
    <T> Signal<T> await(Mono<T> mono, Duration limit) {
      return Objects.requireNonNull(mono.materialize().block());
    }

    @Override
    void settle() {
      // others do
    }
  }

  private static final class InSimulation extends TestClock {
    private final SimulatedSchedulers simulation;

    InSimulation(SimulatedSchedulers simulation) {
      this.simulation = simulation;
    }

    @Override
    long nowNanos() {
      return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
    }

    @Override
    <T> Signal<T> await(Mono<T> mono, Duration limit) {
      return Objects.requireNonNull(simulation.await(mono.materialize()));
    }

    @Override
    void settle() {
      simulation.runFor(Duration.ZERO);
    }
  }

  private static final class Manual extends TestClock {
    private final ManualTime time;

    Manual(ManualTime time) {
      this.time = time;
    }

    @Override
    long nowNanos() {
      return time.now().toNanos();
    }

    @Override
    <T> Signal<T> await(Mono<T> mono, Duration limit) {
      return time.end(mono);
    }

    @Override
    void settle() {
      time.run();
    }
  }

  /** Looked up once; reactor-test need not be there. */
  private static final class VirtualTimes {
    static final boolean THERE = isThere();

    private static boolean isThere() {
      try {
        Class<?> ignored =
            Class.forName(
                "reactor.test.scheduler.VirtualTimeScheduler",
                false,
                TestClock.class.getClassLoader());
        return true;
      } catch (ClassNotFoundException without) {
        return false;
      }
    }
  }

  /**
   * The virtual time of reactor-test. It does not tell when its next task is due, so it advances in
   * steps of a millisecond, or of a millionth of the limit if that is longer.
   */
  private static final class Virtual extends TestClock {
    private static final long STEPS = 1_000_000;

    static boolean isOn() {
      return VirtualTimeScheduler.isFactoryEnabled();
    }

    @Override
    long nowNanos() {
      return VirtualTimeScheduler.get().now(TimeUnit.NANOSECONDS);
    }

    @Override
    void settle() {
      VirtualTimeScheduler.get().advanceTime();
    }

    @Override
    <T> Signal<T> await(Mono<T> mono, Duration limit) {
      VirtualTimeScheduler time = VirtualTimeScheduler.get();
      refuseInside(time);
      Ending<T> ending = new Ending<>(() -> {});
      ending.subscribeTo(mono);
      time.advanceTime();
      long step = Math.max(TimeUnit.MILLISECONDS.toNanos(1), limit.toNanos() / STEPS);
      long end = nowNanos() + limit.toNanos();
      for (Signal<T> signal = ending.signal(); ; signal = ending.signal()) {
        if (signal != null) {
          return signal;
        }
        long now = nowNanos();
        time.advanceTimeBy(Duration.ofNanos(now < end ? Math.min(step, end - now) : step));
      }
    }

    /** What is due runs at once, unless a task is running already: then that one waits for us. */
    private static void refuseInside(VirtualTimeScheduler time) {
      AtomicBoolean ran = new AtomicBoolean();
      Disposable probe = time.schedule(() -> ran.set(true));
      time.advanceTime();
      if (!ran.get()) {
        probe.dispose();
        throw new IllegalStateException("A task of the virtual time can't let it pass");
      }
    }
  }
}
