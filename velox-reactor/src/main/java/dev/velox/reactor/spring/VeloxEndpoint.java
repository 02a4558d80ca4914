package dev.velox.reactor.spring;

import dev.velox.reactor.actor.Actor;
import dev.velox.reactor.actor.ActorSystem;
import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.collection.ConcurrentQueue;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.sync.KeyedMutex;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.worker.WorkerPool;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * {@code /actuator/velox}: the constructs of the registries, by their names, and those that are
 * beans, by the names of these, each as it is at this moment.
 */
@Endpoint(id = "velox")
final class VeloxEndpoint {

  private static final int ACTORS_SHOWN = 100;
  private static final Comparator<Queueing> BY_LENGTH = Comparator.comparingLong(Queueing::length);

  private final Registry<Mutex> mutexes;
  private final Registry<Semaphore> semaphores;
  private final Registry<RetryPolicy> policies;
  private final ChannelRegistry channels;
  private final LiveBeans beans;
  private final Counters counters;

  VeloxEndpoint(
      Registry<Mutex> mutexes,
      Registry<Semaphore> semaphores,
      Registry<RetryPolicy> policies,
      ChannelRegistry channels,
      LiveBeans beans,
      Counters counters) {
    this.mutexes = mutexes;
    this.semaphores = semaphores;
    this.policies = policies;
    this.channels = channels;
    this.beans = beans;
    this.counters = counters;
  }

  record Report(
      Map<String, ChannelReport> channels,
      Map<String, QueueReport> queues,
      Map<String, BroadcastReport> broadcasts,
      Map<String, PipelineReport> pipelines,
      Map<String, MutexReport> mutexes,
      Map<String, KeyedMutexReport> keyedMutexes,
      Map<String, SemaphoreReport> semaphores,
      Map<String, RetryReport> retryPolicies,
      Map<String, ActorSystemReport> actorSystems,
      Map<String, ActorReport> actors,
      Map<String, WorkerPoolReport> workerPools) {}

  /** The capacity is absent if there is none. */
  record ChannelReport(
      int size,
      @Nullable Integer capacity,
      int waitingSenders,
      int waitingReceivers,
      boolean closed,
      Map<String, Long> counts) {}

  record QueueReport(int size, @Nullable Integer capacity, boolean closed) {}

  record BroadcastReport(int subscribers, int waitingPublishers, boolean closed) {}

  record PipelineReport(String state, @Nullable String failure) {}

  record MutexReport(boolean locked, int waiting, Map<String, Long> counts) {}

  record KeyedMutexReport(int activeKeys) {}

  record SemaphoreReport(int permits, int available, int waiting, Map<String, Long> counts) {}

  record RetryReport(Map<String, Long> counts) {}

  /**
   * Of all its actors together, those of its groups included and children aside; and of those with
   * the longest queues, the longest first, each by itself.
   */
  record ActorSystemReport(
      String name,
      int actors,
      long mailbox,
      long waitingSenders,
      List<NamedActorReport> longestQueues) {}

  record NamedActorReport(String name, int mailbox, int waitingSenders, boolean stopped) {}

  record ActorReport(int mailbox, int waitingSenders, boolean stopped) {}

  record WorkerPoolReport(
      int threads, int idle, int queued, boolean closed, Map<String, Long> counts) {}

  @ReadOperation
  Report report() {
    Map<String, Channel<?>> ofChannels = new TreeMap<>(channels.all());
    addBeans(ofChannels, Channel.class);
    Map<String, Mutex> ofMutexes = new TreeMap<>(mutexes.all());
    addBeans(ofMutexes, Mutex.class);
    Map<String, Semaphore> ofSemaphores = new TreeMap<>(semaphores.all());
    addBeans(ofSemaphores, Semaphore.class);
    Map<String, RetryPolicy> ofPolicies = new TreeMap<>(policies.all());
    addBeans(ofPolicies, RetryPolicy.class);
    return new Report(
        each(ofChannels, this::report),
        each(beans.of(ConcurrentQueue.class), VeloxEndpoint::report),
        each(beans.of(Broadcast.class), VeloxEndpoint::report),
        each(beans.of(Pipeline.class), (bean, pipeline) -> report(pipeline)),
        each(ofMutexes, this::report),
        each(beans.of(KeyedMutex.class), (bean, mutex) -> new KeyedMutexReport(mutex.activeKeys())),
        each(ofSemaphores, this::report),
        each(ofPolicies, (name, policy) -> new RetryReport(counters.counts("retries", name))),
        each(beans.of(ActorSystem.class), VeloxEndpoint::report),
        each(beans.of(Actor.class), VeloxEndpoint::report),
        each(beans.of(WorkerPool.class), this::report));
  }

  private ChannelReport report(String name, Channel<?> channel) {
    return new ChannelReport(
        channel.size(),
        limit(channel.capacity()),
        channel.waitingSenders(),
        channel.waitingReceivers(),
        channel.isClosed(),
        counters.counts("channels", name));
  }

  private static QueueReport report(String name, ConcurrentQueue<?> queue) {
    return new QueueReport(queue.size(), limit(queue.maxSize()), queue.isShutdown());
  }

  private static BroadcastReport report(String name, Broadcast<?> broadcast) {
    return new BroadcastReport(
        broadcast.subscriberCount(), broadcast.waitingPublishers(), broadcast.isClosed());
  }

  private static PipelineReport report(Pipeline pipeline) {
    Throwable failure = pipeline.failure();
    return new PipelineReport(pipeline.state().name(), failure == null ? null : failure.toString());
  }

  private MutexReport report(String name, Mutex mutex) {
    return new MutexReport(mutex.isLocked(), mutex.waiting(), counters.counts("mutexes", name));
  }

  private SemaphoreReport report(String name, Semaphore semaphore) {
    return new SemaphoreReport(
        semaphore.permits(),
        semaphore.available(),
        semaphore.waiting(),
        counters.counts("semaphores", name));
  }

  private static ActorSystemReport report(String name, ActorSystem system) {
    int actors = 0;
    long mailbox = 0;
    long waiting = 0;
    // There may be very many: no more are kept than are shown, the shortest first.
    PriorityQueue<Queueing> longest = new PriorityQueue<>(BY_LENGTH);
    for (Iterator<Actor<?>> each = system.actors().iterator(); each.hasNext(); ) {
      Actor<?> actor = each.next();
      Queueing queueing = new Queueing(actor, actor.mailboxSize(), actor.waitingSenders());
      actors++;
      mailbox += queueing.mailbox;
      waiting += queueing.waiting;
      if (longest.size() < ACTORS_SHOWN) {
        longest.add(queueing);
      } else if (BY_LENGTH.compare(queueing, longest.element()) > 0) {
        longest.remove();
        longest.add(queueing);
      }
    }
    return new ActorSystemReport(
        system.name(),
        actors,
        mailbox,
        waiting,
        longest.stream()
            .sorted(BY_LENGTH.reversed().thenComparing(queueing -> queueing.actor.name()))
            .map(Queueing::report)
            .toList());
  }

  /** An actor with its queue at the instant at which it was looked at. */
  private record Queueing(Actor<?> actor, int mailbox, int waiting) {

    long length() {
      return (long) mailbox + waiting;
    }

    NamedActorReport report() {
      return new NamedActorReport(actor.name(), mailbox, waiting, actor.isDisposed());
    }
  }

  private static ActorReport report(String name, Actor<?> actor) {
    return new ActorReport(actor.mailboxSize(), actor.waitingSenders(), actor.isDisposed());
  }

  private WorkerPoolReport report(String name, WorkerPool<?, ?> pool) {
    return new WorkerPoolReport(
        pool.threads(),
        pool.idle(),
        pool.queued(),
        pool.isDisposed(),
        counters.counts("workers", name));
  }

  private static @Nullable Integer limit(int capacity) {
    return capacity == Integer.MAX_VALUE ? null : capacity;
  }

  /** A bean that a registry has too is told once, under its name there. */
  @SuppressWarnings("unchecked") // the type is that of the map, without its parameter
  private <C> void addBeans(Map<String, C> known, Class<? super C> type) {
    ((Map<String, C>) beans.of(type))
        .forEach(
            (bean, construct) -> {
              if (known.values().stream().noneMatch(each -> each == construct)) {
                known.put(known.containsKey(bean) ? bean + " (bean)" : bean, construct);
              }
            });
  }

  private static <C, R> Map<String, R> each(
      Map<String, C> constructs, BiFunction<String, ? super C, R> report) {
    Map<String, R> reports = new TreeMap<>();
    constructs.forEach((name, construct) -> reports.put(name, report.apply(name, construct)));
    return reports;
  }
}
