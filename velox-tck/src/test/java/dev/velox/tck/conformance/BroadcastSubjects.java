package dev.velox.tck.conformance;

import dev.velox.reactor.channel.Broadcast;
import dev.velox.reactor.channel.SlowSubscriber;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.Waiting;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the class {@code Broadcast} offers. */
final class BroadcastSubjects {

  private BroadcastSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Broadcast", elements("Broadcast", Flux::from)),
        new Subject("Broadcast.asFlux()", elements("Broadcast.asFlux", Broadcast::asFlux)),
        new Subject(
            "Broadcast.asFlux(SlowSubscriber, int)",
            elements("Broadcast.asFlux(WAIT, 16)", b -> b.asFlux(SlowSubscriber.WAIT, 16))),
        new Subject("Broadcast.asSink()", elements("Broadcast.asSink", b -> b.asSink().asFlux())),
        new Subject(
            "Broadcast.publish(Object)", publishing("Broadcast.publish", b -> b.publish(1L))),
        new Subject(
            "Broadcast.publishAll(Publisher)",
            publishing("Broadcast.publishAll", b -> b.publishAll(Mono.just(1L)))));
  }

  /**
   * Fed when the first subscriber has asked, so that all are there, and is subscribed, which it is
   * not yet in its onSubscribe; and until the last has left.
   */
  private static Publisher<Long> fed(long count, Function<Broadcast<Long>, Flux<Long>> view) {
    Broadcast<Long> broadcast = Broadcast.create();
    AtomicBoolean fed = new AtomicBoolean();
    Runnable feed =
        () -> {
          if (broadcast.subscriberCount() > 0 && fed.compareAndSet(false, true)) {
            broadcast
                .publishAll(Longs.upTo(count).takeWhile(next -> broadcast.subscriberCount() > 0))
                .doOnSuccess(published -> broadcast.close())
                .subscribe();
          }
        };
    AtomicBoolean asked = new AtomicBoolean();
    Flux<Long> elements =
        view.apply(broadcast)
            .doOnRequest(
                some -> {
                  asked.set(true);
                  feed.run();
                });
    return subscriber -> {
      elements.subscribe(subscriber);
      if (asked.get()) {
        feed.run();
      }
    };
  }

  private static Broadcast<Long> failed() {
    Broadcast<Long> broadcast = Broadcast.create();
    broadcast.close(new IllegalStateException("failed"));
    return broadcast;
  }

  private static PublisherConformance<Long> elements(
      String name, Function<Broadcast<Long>, Flux<Long>> view) {
    return PublisherConformance.of(name, n -> fed(n, view))
        .fanOut(FanOut.MULTICAST)
        .failing(() -> view.apply(failed()))
        .waiting(
            () -> {
              Broadcast<Long> silent = Broadcast.create();
              return new Waiting<>(view.apply(silent), () -> silent.tryPublish(1L));
            });
  }

  private static <T> PublisherConformance<T> publishing(
      String name, Function<Broadcast<Long>, Mono<T>> publish) {
    return PublisherConformance.single(name, () -> publish.apply(Broadcast.create()))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(() -> publish.apply(failed()))
        .cannotBeEmpty("completes with a number")
        .waiting(
            () -> {
              Broadcast<Long> full = Broadcast.create();
              BaseSubscriber<Long> slow = new Idle();
              full.asFlux(SlowSubscriber.WAIT, 1).subscribe(slow);
              full.tryPublish(0L);
              return new Waiting<>(publish.apply(full), slow::dispose);
            });
  }

  /** Subscribes, and asks for nothing. */
  private static final class Idle extends BaseSubscriber<Long> {
    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      // Whoever publishes waits for this one until it leaves.
    }
  }
}
