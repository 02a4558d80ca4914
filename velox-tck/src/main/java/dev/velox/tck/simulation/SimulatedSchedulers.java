package dev.velox.tck.simulation;

import dev.velox.tck.simulation.Lane.Task;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Reactor's schedulers as a simulation: whatever is scheduled on {@code Schedulers.parallel()},
 * {@code boundedElastic()}, {@code single()} or a new scheduler runs on the thread of the test, in
 * virtual time, in an order that the seed decides. The same seed gives the same order, as long as
 * the code under test asks no other source of chance.
 *
 * <p>Tasks of one worker keep their order, as do all tasks of {@code single()}; everything else may
 * come in any order. A task runs to its end before the next begins: what is explored is the order
 * of tasks, not what two threads do to each other inside of two tasks.
 *
 * <p>Nothing may block in a simulation, for nobody would be left to end the wait: {@code block()}
 * is refused, and {@link #await} stands in for it.
 *
 * <pre>{@code
 * @SimulatedTest(seeds = 200)
 * void increments_are_not_lost(SimulatedSchedulers simulation) {
 *   Counter counter = new Counter();
 *   simulation.await(Mono.when(counter.increment(), counter.increment()));
 *   assertThat(counter.value()).isEqualTo(2);
 * }
 * }</pre>
 */
public final class SimulatedSchedulers implements AutoCloseable {

  private static final int TRACE = 30;
  private static final AtomicReference<@Nullable SimulatedSchedulers> CURRENT =
      new AtomicReference<>();

  /** A task that waits for its time; those of one time are put into their lanes by number. */
  private record Timer(long dueNanos, long number, Lane lane, Task task) {}

  private volatile @Nullable Thread owner;
  private final long seed;
  private final Strategy strategy;
  private final Strategy.Chooser chooser;
  private final int maxSteps;
  private final Set<Lane> lanes = new LinkedHashSet<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::dueNanos).thenComparing(Timer::number));
  private final Deque<String> trace = new ArrayDeque<>();
  private final Schedulers.Snapshot before;
  private long nowNanos;
  private long timerCount;
  private int laneCount;
  private int steps;
  private boolean running;

  private SimulatedSchedulers(long seed, Strategy strategy, int changes, int steps, int maxSteps) {
    this.seed = seed;
    this.strategy = strategy;
    this.chooser = strategy.chooser(seed, changes, steps);
    this.maxSteps = maxSteps;
    this.before = Schedulers.setFactoryWithSnapshot(new SimulatedFactory());
    CURRENT.set(this);
  }

  /**
   * Replaces Reactor's schedulers until {@link #close}; for the whole JVM, so one at a time.
   *
   * @param seed what the order is drawn from
   * @param strategy how it is drawn
   * @return the simulation
   */
  public static SimulatedSchedulers install(long seed, Strategy strategy) {
    return install(seed, strategy, 2, 100, 1_000_000);
  }

  static SimulatedSchedulers install(
      long seed, Strategy strategy, int changes, int steps, int maxSteps) {
    return new SimulatedSchedulers(seed, strategy, changes, steps, maxSteps);
  }

  /** From now on only this thread may schedule: the simulation is not for several. */
  void enter(Thread thread) {
    owner = thread;
  }

  void leave() {
    owner = null;
  }

  /** Puts Reactor's schedulers back as they were, and forgets all tasks. */
  @Override
  public void close() {
    timers.clear();
    lanes.clear();
    Schedulers.resetFrom(before);
    CURRENT.compareAndSet(this, null);
  }

  /**
   * The simulation that has Reactor's schedulers now, for tools that wait on behalf of a test.
   *
   * @return the simulation, or empty if none is installed
   */
  public static Optional<SimulatedSchedulers> current() {
    return Optional.ofNullable(CURRENT.get());
  }

  /**
   * The seed of this simulation.
   *
   * @return the seed
   */
  public long seed() {
    return seed;
  }

  /**
   * Runs tasks, and lets time pass where none is due, until there is none left.
   *
   * @throws AssertionError if there always is one: a livelock, or a periodic timer
   */
  public void run() {
    while (step(Long.MAX_VALUE)) {
      // Each step is one task.
    }
  }

  /**
   * Runs what is due in the given time, and lets all of it pass.
   *
   * @param time how much time passes
   */
  public void runFor(Duration time) {
    long end = nowNanos + time.toNanos();
    while (step(end)) {
      // Each step is one task.
    }
    nowNanos = end;
  }

  /**
   * Subscribes, and runs until it has ended.
   *
   * @param <T> the type of its value
   * @param publisher what to wait for
   * @return its last element, or {@code null} if it had none
   * @throws AssertionError if nothing is left to run although it has not ended: a deadlock
   */
  public <T> @Nullable T await(Publisher<T> publisher) {
    checkMayRun();
    Awaited<T> awaited = new Awaited<>();
    Disposable subscription =
        Flux.from(publisher).subscribe(awaited::value, awaited::failed, awaited::ended);
    while (!awaited.over && step(Long.MAX_VALUE)) {
      // Each step is one task.
    }
    if (!awaited.over) {
      subscription.dispose();
      throw new AssertionError("deadlock: nothing is left to run, and it has not ended; " + this);
    }
    if (awaited.failure != null) {
      throw Exceptions.propagate(awaited.failure);
    }
    return awaited.value;
  }

  private static final class Awaited<T> {
    private @Nullable T value;
    private @Nullable Throwable failure;
    private boolean over;

    void value(T element) {
      value = element;
    }

    void failed(Throwable thrown) {
      failure = thrown;
      over = true;
    }

    void ended() {
      over = true;
    }
  }

  private void checkMayRun() {
    Thread only = owner;
    if (only != null && Thread.currentThread() != only) {
      throw new IllegalStateException(
          Thread.currentThread() + " is not part of the simulation, and can't run it");
    }
    if (running) {
      throw new IllegalStateException("a task of the simulation can't run the simulation");
    }
  }

  /** Runs one task that is due by then; answers false if there is none. */
  private boolean step(long untilNanos) {
    checkMayRun();
    List<Lane> ready = ready();
    while (ready.isEmpty()) {
      Timer next = timers.peek();
      if (next == null || next.dueNanos() > untilNanos) {
        return false;
      }
      nowNanos = Math.max(nowNanos, next.dueNanos());
      ready = ready();
    }
    Lane chosen = chooser.choose(ready);
    note(chosen);
    running = true;
    try {
      chosen.next().run();
    } finally {
      running = false;
    }
    return true;
  }

  private List<Lane> ready() {
    for (Timer due = timers.peek();
        due != null && due.dueNanos() <= nowNanos;
        due = timers.peek()) {
      timers.remove();
      put(due.lane(), due.task());
    }
    List<Lane> ready = new ArrayList<>();
    lanes.removeIf(lane -> !lane.isReady());
    ready.addAll(lanes);
    return ready;
  }

  private void note(Lane lane) {
    if (++steps > maxSteps) {
      throw new AssertionError("livelock: still running after " + maxSteps + " tasks; " + this);
    }
    if (trace.size() == TRACE) {
      trace.remove();
    }
    trace.add(steps + ": " + lane + " at " + Duration.ofNanos(nowNanos).toMillis() + " ms");
  }

  private void put(Lane lane, Task task) {
    lane.add(task);
    lanes.add(lane);
  }

  private Disposable schedule(Lane lane, Runnable action, long delay, TimeUnit unit) {
    Thread only = owner;
    if (only != null && Thread.currentThread() != only) {
      throw Exceptions.failWithRejected(
          Thread.currentThread() + " is not part of the simulation, and can't schedule in it");
    }
    Task task = new Task(Schedulers.onSchedule(action));
    if (delay <= 0) {
      put(lane, task);
    } else {
      timers.add(new Timer(nowNanos + unit.toNanos(delay), timerCount++, lane, task));
    }
    return task;
  }

  private Disposable schedulePeriodically(
      Lane lane, Runnable action, long initialDelay, long period, TimeUnit unit) {
    Disposable.Swap current = Disposables.swap();
    Runnable repeated =
        new Runnable() {
          @Override
          public void run() {
            if (!current.isDisposed()) {
              current.replace(schedule(lane, this, Math.max(1, period), unit));
              action.run();
            }
          }
        };
    current.replace(schedule(lane, repeated, initialDelay, unit));
    return current;
  }

  private Lane lane(String scheduler) {
    return new Lane(scheduler + "-" + ++laneCount);
  }

  @Override
  public String toString() {
    return "simulation with seed " + seed + ", " + strategy + ", last tasks " + trace;
  }

  private final class SimulatedFactory implements Schedulers.Factory {
    @Override
    public Scheduler newBoundedElastic(
        int threadCap, int queuedTaskCap, ThreadFactory threads, int ttlSeconds) {
      return new SimulatedScheduler("elastic", false);
    }

    @Override
    public Scheduler newThreadPerTaskBoundedElastic(
        int threadCap, int queuedTaskCap, ThreadFactory threads) {
      return new SimulatedScheduler("elastic", false);
    }

    @Override
    public Scheduler newParallel(int parallelism, ThreadFactory threads) {
      return new SimulatedScheduler("parallel", parallelism == 1);
    }

    @Override
    public Scheduler newSingle(ThreadFactory threads) {
      return new SimulatedScheduler("single", true);
    }
  }

  /** A scheduler with one lane for all, or a new one for each worker and each task of its own. */
  private final class SimulatedScheduler implements Scheduler {
    private final String name;
    private final @Nullable Lane only;
    private boolean disposed;

    SimulatedScheduler(String name, boolean single) {
      this.name = name;
      this.only = single ? lane(name) : null;
    }

    private Lane pick() {
      if (disposed) {
        throw Exceptions.failWithRejected();
      }
      return only == null ? lane(name) : only;
    }

    @Override
    public Disposable schedule(Runnable task) {
      return SimulatedSchedulers.this.schedule(pick(), task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      return SimulatedSchedulers.this.schedule(pick(), task, delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      return SimulatedSchedulers.this.schedulePeriodically(
          pick(), task, initialDelay, period, unit);
    }

    @Override
    public long now(TimeUnit unit) {
      return unit.convert(nowNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public Worker createWorker() {
      return new SimulatedWorker(pick());
    }

    @Override
    public void init() {
      // There is no thread to start.
    }

    @Override
    public void dispose() {
      disposed = true;
    }

    @Override
    public boolean isDisposed() {
      return disposed;
    }

    @Override
    public String toString() {
      return "simulated " + name;
    }
  }

  /** A worker; what it was given and has not begun ends with it. */
  private final class SimulatedWorker implements Scheduler.Worker {
    private final Lane lane;
    private final Disposable.Composite tasks = Disposables.composite();

    SimulatedWorker(Lane lane) {
      this.lane = lane;
    }

    @Override
    public Disposable schedule(Runnable task) {
      return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      if (tasks.isDisposed()) {
        throw Exceptions.failWithRejected();
      }
      Disposable.Swap scheduled = Disposables.swap();
      tasks.add(scheduled);
      scheduled.replace(
          SimulatedSchedulers.this.schedule(
              lane,
              () -> {
                tasks.remove(scheduled);
                task.run();
              },
              delay,
              unit));
      return scheduled;
    }

    @Override
    public Disposable schedulePeriodically(
        Runnable task, long initialDelay, long period, TimeUnit unit) {
      if (tasks.isDisposed()) {
        throw Exceptions.failWithRejected();
      }
      Disposable scheduled =
          SimulatedSchedulers.this.schedulePeriodically(lane, task, initialDelay, period, unit);
      tasks.add(scheduled);
      return scheduled;
    }

    @Override
    public void dispose() {
      tasks.dispose();
    }

    @Override
    public boolean isDisposed() {
      return tasks.isDisposed();
    }
  }
}
