package dev.velox.reactor.spring;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentQueue;
import dev.velox.reactor.spring.VeloxProperties.Stage;
import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.Logger;
import reactor.util.Loggers;

/**
 * Begins the pipelines before the web server starts, and ends all constructs after it has finished
 * its requests, stage by stage, each in good order while there is time and by force when there is
 * none left.
 *
 * <p>It does so only when the context is closed. One that is stopped can be started again, which a
 * closed channel can't: there nothing is ended, so nothing has to be begun again.
 */
final class GracefulShutdown implements SmartLifecycle {

  /** Stopped after the web server, and started before it. A constant: no class is loaded for it. */
  static final int PHASE = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1024;

  private static final Logger LOG = Loggers.getLogger(GracefulShutdown.class);

  private final ConfigurableApplicationContext context;
  private final LiveBeans beans;
  private final ChannelRegistry channels;
  private final Duration timeout;
  private final List<Stage> order;
  private volatile boolean running;

  GracefulShutdown(
      ConfigurableApplicationContext context,
      LiveBeans beans,
      ChannelRegistry channels,
      VeloxProperties.Shutdown settings) {
    this.context = context;
    this.beans = beans;
    this.channels = channels;
    this.timeout = settings.timeout();
    this.order = settings.order();
  }

  /** One construct: how it ends, and how it is ended when that takes too long. */
  private record Ending(Supplier<String> what, Mono<?> orderly, Runnable force) {}

  @Override
  public int getPhase() {
    return PHASE;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public void start() {
    running = true;
    context.getBeansOfType(Pipeline.class, false, true).values().forEach(Pipeline::start);
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  @Override
  public void stop(Runnable callback) {
    running = false;
    if (!context.isClosed()) {
      callback.run();
      return;
    }
    long deadline = now() + timeout.toNanos();
    Disposable ignored =
        Flux.fromIterable(order)
            .concatMap(stage -> end(stage, deadline))
            .doFinally(signal -> callback.run())
            .subscribe();
  }

  private Mono<Void> end(Stage stage, long deadline) {
    return Mono.defer(
        () -> {
          Duration left = Duration.ofNanos(Math.max(0, deadline - now()));
          return Mono.when(endings(stage).stream().map(each -> end(each, left)).toList());
        });
  }

  private Mono<Void> end(Ending construct, Duration left) {
    return construct
        .orderly()
        .timeout(left)
        .then()
        .onErrorResume(
            TimeoutException.class,
            late -> {
              LOG.warn(
                  "{} was not done within {}, and is ended now", construct.what().get(), timeout);
              construct.force().run();
              return Mono.empty();
            })
        .onErrorResume(
            failure -> {
              LOG.warn("{} did not end well", construct.what().get(), failure);
              return Mono.empty();
            });
  }

  private List<Ending> endings(Stage stage) {
    return switch (stage) {
      case CHANNELS -> channelsAndPipelines();
      case ACTORS -> actors();
      case WORKERS -> workers();
    };
  }

  private List<Ending> channelsAndPipelines() {
    List<Ending> endings = new ArrayList<>();
    Set<Channel<?>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    seen.addAll(channels.all().values());
    seen.addAll(beans.of(Channel.class).values().stream().map(each -> (Channel<?>) each).toList());
    for (Pipeline pipeline : beans.of(Pipeline.class).values()) {
      seen.add(pipeline.channel());
      endings.add(new Ending(pipeline::toString, pipeline.ended(), pipeline::cancel));
    }
    for (Channel<?> channel : seen) {
      endings.add(
          new Ending(
              () -> channel + " with " + channel.size() + " elements",
              Mono.defer(
                  () -> {
                    boolean ignored = channel.close();
                    return channel.onDrained();
                  }),
              () -> {
                boolean ignored = channel.cancel();
              }));
    }
    for (ConcurrentQueue<?> queue : beans.of(ConcurrentQueue.class).values()) {
      endings.add(
          new Ending(
              () -> queue + " with " + queue.size() + " elements",
              Mono.defer(
                  () -> {
                    boolean ignored = queue.shutdown();
                    return queue.onDrained();
                  }),
              () -> {
                boolean ignored = queue.shutdownNow();
              }));
    }
    return endings;
  }

  private List<Ending> actors() {
    List<Ending> endings = new ArrayList<>();
    for (ActorSystem system : beans.of(ActorSystem.class).values()) {
      endings.add(
          new Ending(
              () -> system + " with " + system.size() + " actors",
              system.shutdown(),
              () -> begin(system.shutdown(Duration.ZERO))));
    }
    for (Actor<?> actor : beans.of(Actor.class).values()) {
      endings.add(
          new Ending(
              () -> "actor " + actor.name() + " with " + actor.mailboxSize() + " messages",
              actor.stop(),
              () -> begin(actor.stopNow())));
    }
    return endings;
  }

  private List<Ending> workers() {
    List<Ending> endings = new ArrayList<>();
    for (WorkerPool<?, ?> pool : beans.of(WorkerPool.class).values()) {
      endings.add(
          new Ending(
              () -> pool + " with " + pool.queued() + " calls and " + pool.threads() + " threads",
              pool.shutdown(),
              () -> begin(pool.shutdownNow())));
    }
    for (Worker<?, ?> worker : beans.of(Worker.class).values()) {
      endings.add(new Ending(worker::toString, worker.shutdown(), () -> begin(worker.terminate())));
    }
    return endings;
  }

  /** Nobody waits any more; what fails has been told to the construct's own listeners. */
  private static void begin(Mono<?> ending) {
    Disposable ignored = ending.subscribe(end -> {}, failure -> LOG.debug("ended", failure));
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }
}
