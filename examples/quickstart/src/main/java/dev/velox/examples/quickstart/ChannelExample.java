package dev.velox.examples.quickstart;

import dev.velox.reactor.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Section 5 of the specification, channel-based communication.
 *
 * <p>The specification's {@code new Channel(maxSize)} with {@code await send(value)} and {@code
 * await receive()}. Where it awaits, the next step follows in the chain; no thread waits.
 */
public final class ChannelExample {

  private ChannelExample() {}

  /**
   * Prints what happens.
   *
   * @param args none
   */
  public static void main(String[] args) {
    boundedChannel().doOnNext(System.out::println).blockLast();
    rendezvous().doOnNext(System.out::println).blockLast();
  }

  /** A channel of two: the third sender waits until a receiver makes room. */
  static Flux<String> boundedChannel() {
    Channel<String> channel = Channel.bounded(2); // new Channel(2)
    List<String> story = new ArrayList<>();

    Mono<Void> sender =
        Flux.just("one", "two", "three")
            .concatMap(
                value ->
                    channel
                        .send(value) // await channel.send(value)
                        .doOnSuccess(sent -> story.add("sent " + value)))
            .doOnComplete(channel::close)
            .then();

    Flux<String> receiver =
        channel
            .asFlux() // while (true) await channel.receive()
            .doOnSubscribe(s -> story.add(channel.waitingSenders() + " waits to send"))
            .doOnNext(value -> story.add("received " + value));

    // The sender starts first, and is held up at "three" until the receiver comes.
    return Mono.when(sender, receiver.then()).thenMany(Flux.defer(() -> Flux.fromIterable(story)));
  }

  /** Without a buffer, a sender and a receiver meet. The specification's listing deadlocks here. */
  static Flux<String> rendezvous() {
    Channel<String> channel = Channel.rendezvous(); // new Channel()
    List<String> story = new ArrayList<>();

    Mono<Void> sender = channel.send("hello").doOnSuccess(sent -> story.add("taken"));
    Mono<String> receiver = channel.receive().doOnNext(value -> story.add("received " + value));

    return Mono.when(sender, receiver).thenMany(Flux.defer(() -> Flux.fromIterable(story)));
  }
}
