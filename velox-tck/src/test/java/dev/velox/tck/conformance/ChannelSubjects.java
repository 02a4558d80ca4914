package dev.velox.tck.conformance;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.Select;
import dev.velox.tck.FanOut;
import dev.velox.tck.PublisherConformance;
import dev.velox.tck.SubscriberConformance;
import dev.velox.tck.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the package {@code channel} offers. */
final class ChannelSubjects {

  private static final Duration LONG = Duration.ofMinutes(1);

  private ChannelSubjects() {}

  static List<Subject> all() {
    return List.of(
        new Subject("Channel", elements("Channel", channel -> Flux.from(channel))),
        new Subject("Channel.asFlux()", elements("Channel.asFlux", Channel::asFlux)),
        new Subject("Channel.asSink()", elements("Channel.asSink", c -> c.asSink().asFlux())),
        new Subject("Channel.receive()", element("Channel.receive", Channel::receive)),
        new Subject(
            "Channel.receive(Duration)",
            element("Channel.receive(timeout)", channel -> channel.receive(LONG))),
        new Subject(
            "Channel.receiveDelivery()",
            element("Channel.receiveDelivery", Channel::receiveDelivery)
                .cannotBeEmpty("told by Channel.receive")),
        new Subject("Channel.send(Object)", sending("Channel.send", c -> c.send(1L))),
        new Subject(
            "Channel.send(Object, Duration)",
            sending("Channel.send(timeout)", channel -> channel.send(1L, LONG))),
        new Subject("Channel.sendAll(Publisher)", sendingAll()),
        new Subject("Channel.onClose()", telling("Channel.onClose", Channel::onClose)),
        new Subject("Channel.onDrained()", telling("Channel.onDrained", Channel::onDrained)),
        new Subject("Channel.asSubscriber()", subscriber()),
        new Subject(
            "Select.toMono()",
            element(
                    "Select.toMono",
                    c -> Select.<Long>fair().onReceive(c, received -> received).toMono())
                .cannotBeEmpty("a closed channel fails it")));
  }

  /** A channel through which so many elements go, as far as they are received. */
  static Channel<Long> fed(long count) {
    Channel<Long> channel = Channel.bounded(16);
    channel.sendAll(Longs.upTo(count)).doOnSuccess(sent -> channel.close()).subscribe();
    return channel;
  }

  static Channel<Long> failed() {
    Channel<Long> channel = Channel.bounded(1);
    channel.close(new IllegalStateException("failed"));
    return channel;
  }

  static Channel<Long> closed() {
    Channel<Long> channel = Channel.bounded(1);
    channel.close();
    return channel;
  }

  static PublisherConformance<Long> elements(
      String name, Function<Channel<Long>, Flux<Long>> view) {
    return PublisherConformance.of(name, n -> view.apply(fed(n)))
        .fanOut(FanOut.COMPETING)
        .failing(() -> view.apply(failed()))
        .waiting(
            () -> {
              Channel<Long> empty = Channel.bounded(1);
              return new Waiting<>(view.apply(empty), () -> empty.trySend(1L));
            });
  }

  static <T> PublisherConformance<T> element(
      String name, Function<Channel<Long>, Mono<T>> receive) {
    return PublisherConformance.single(name, () -> receive.apply(fed(100)))
        .fanOut(FanOut.COMPETING)
        .failingOnDemand(() -> receive.apply(failed()))
        .empty(() -> receive.apply(closed()))
        .waiting(
            () -> {
              Channel<Long> empty = Channel.bounded(1);
              return new Waiting<>(receive.apply(empty), () -> empty.trySend(1L));
            });
  }

  static PublisherConformance<Void> sending(String name, Function<Channel<Long>, Mono<Void>> send) {
    return PublisherConformance.completion(name, () -> send.apply(Channel.unbounded()))
        .fanOut(FanOut.COMPETING)
        .failing(() -> send.apply(closed()))
        .waiting(
            () -> {
              Channel<Long> full = Channel.bounded(1);
              full.trySend(0L);
              return new Waiting<>(send.apply(full), full::tryReceive);
            });
  }

  private static PublisherConformance<Long> sendingAll() {
    return PublisherConformance.single(
            "Channel.sendAll", () -> Channel.<Long>unbounded().sendAll(Longs.upTo(3)))
        .fanOut(FanOut.MULTICAST)
        .failingOnDemand(() -> closed().sendAll(Longs.upTo(3)))
        .cannotBeEmpty("completes with how many were sent")
        .waiting(
            () -> {
              Channel<Long> full = Channel.bounded(1);
              full.trySend(0L);
              return new Waiting<>(full.sendAll(Mono.just(1L)), full::tryReceive);
            });
  }

  private static PublisherConformance<Void> telling(
      String name, Function<Channel<Long>, Mono<Void>> view) {
    return PublisherConformance.completion(name, () -> view.apply(closed()))
        .fanOut(FanOut.MULTICAST)
        .cannotFail("tells the end, whatever its cause")
        .waiting(
            () -> {
              Channel<Long> open = Channel.bounded(1);
              return new Waiting<>(view.apply(open), open::close);
            });
  }

  private static SubscriberConformance<Integer> subscriber() {
    return SubscriberConformance.of("Channel.asSubscriber", Probed::new, n -> n);
  }

  /** A channel's subscriber, whose demand is that of a receiver at the other end. */
  private static final class Probed extends ProbedSubscriber {
    private final BaseSubscriber<Integer> receiver =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            // The puppet requests.
          }

          @Override
          protected void hookOnNext(Integer element) {
            probe.registerOnNext(element);
          }

          @Override
          protected void hookOnError(Throwable failure) {
            probe.registerOnError(failure);
          }

          @Override
          protected void hookOnComplete() {
            probe.registerOnComplete();
          }
        };

    Probed(WhiteboxSubscriberProbe<Integer> probe) {
      this(Channel.rendezvous(), probe);
    }

    private Probed(Channel<Integer> channel, WhiteboxSubscriberProbe<Integer> probe) {
      super(channel.asSubscriber(), probe);
      channel.asFlux().subscribe(receiver);
    }

    @Override
    public void triggerRequest(long elements) {
      receiver.request(elements);
    }
  }
}
