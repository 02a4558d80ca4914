package dev.velox.tck.conformance;

import dev.velox.reactor.channel.Channel;
import dev.velox.tck.FanOut;
import dev.velox.tck.ProcessorConformance;
import dev.velox.tck.PublisherConformance;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Processor;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;

/**
 * Every kind of channel as a publisher, and a channel as a processor from its subscriber's side to
 * its publisher's.
 */
class ChannelKindsTest {

  // What is sent beforehand has to fit into memory; all rules but that for two thousand million
  // elements need far less.
  private static final long MOST_BEFOREHAND = 1_000;

  @TestFactory
  Stream<DynamicNode> a_rendezvous_follows_every_rule() {
    return fed("Channel.rendezvous", Channel::rendezvous).tests();
  }

  @TestFactory
  Stream<DynamicNode> a_capacity_of_one_follows_every_rule() {
    return fed("Channel.bounded(1)", () -> Channel.bounded(1)).tests();
  }

  @TestFactory
  Stream<DynamicNode> a_capacity_of_a_hundred_follows_every_rule() {
    return fed("Channel.bounded(100)", () -> Channel.bounded(100)).tests();
  }

  @TestFactory
  Stream<DynamicNode> an_unbounded_channel_follows_every_rule() {
    return PublisherConformance.of("Channel.unbounded", n -> filled(Channel.unbounded(), n))
        .atMost(MOST_BEFOREHAND)
        .fanOut(FanOut.COMPETING)
        .failing(() -> failed(Channel.unbounded()))
        .tests();
  }

  @TestFactory
  Stream<DynamicNode> a_conflated_channel_follows_every_rule_for_the_one_element_it_keeps() {
    return PublisherConformance.single(
            "Channel.conflated", () -> Flux.defer(() -> filled(Channel.conflated(), 3)))
        .empty(() -> filled(Channel.conflated(), 0))
        // A channel for each subscription: two of one channel would compete for the one element.
        .fanOut(FanOut.MULTICAST)
        .failing(() -> failed(Channel.conflated()))
        .tests();
  }

  @TestFactory
  Stream<DynamicNode> a_channel_as_a_processor_follows_every_rule() {
    return ProcessorConformance.<Integer>of("Channel as processor", ChannelProcessor::new, n -> n)
        .fanOut(FanOut.COMPETING)
        .failing(() -> failed(Channel.bounded(1)))
        .tests();
  }

  private static PublisherConformance<Integer> fed(
      String name, Supplier<Channel<Integer>> channels) {
    return PublisherConformance.of(
            name,
            n -> {
              Channel<Integer> channel = channels.get();
              numbers(n).subscribe(channel.asSubscriber());
              return channel.asFlux();
            })
        .fanOut(FanOut.COMPETING)
        .failing(() -> failed(channels.get()));
  }

  private static Flux<Integer> numbers(long count) {
    return Flux.generate(
        () -> 0L,
        (next, sink) -> {
          if (next < count) {
            sink.next(next.intValue());
          } else {
            sink.complete();
          }
          return next + 1;
        });
  }

  private static Flux<Integer> filled(Channel<Integer> channel, long count) {
    for (int i = 0; i < count; i++) {
      channel.trySend(i);
    }
    channel.close();
    return channel.asFlux();
  }

  private static Flux<Integer> failed(Channel<Integer> channel) {
    channel.close(new IllegalStateException("failed"));
    return channel.asFlux();
  }

  /**
   * The two ends of a channel, as one processor. A processor without subscribers has no use for its
   * source, a channel has: so this one cancels the channel with its last subscriber.
   */
  private static final class ChannelProcessor implements Processor<Integer, Integer> {
    private final Channel<Integer> channel;
    private final Subscriber<Integer> in;
    private final AtomicInteger subscribers = new AtomicInteger();

    ChannelProcessor(int bufferSize) {
      channel = Channel.bounded(bufferSize);
      in = channel.asSubscriber();
    }

    @Override
    public void subscribe(Subscriber<? super Integer> subscriber) {
      subscribers.incrementAndGet();
      channel
          .asFlux()
          .doFinally(
              end -> {
                if (subscribers.decrementAndGet() == 0 && end == SignalType.CANCEL) {
                  channel.cancel();
                }
              })
          .subscribe(subscriber);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      in.onSubscribe(subscription);
    }

    @Override
    public void onNext(Integer element) {
      in.onNext(element);
    }

    @Override
    public void onError(Throwable failure) {
      in.onError(failure);
    }

    @Override
    public void onComplete() {
      in.onComplete();
    }
  }
}
