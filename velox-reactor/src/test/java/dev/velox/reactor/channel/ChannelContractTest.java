package dev.velox.reactor.channel;

import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

class ChannelContractTest extends ConstructContract {

  @Override
  protected void construct() {
    for (int capacity : new int[] {0, 1, 16}) {
      receiver("receive, capacity " + capacity, capacity, Channel::receive);
      receiver(
          "receive in time, capacity " + capacity,
          capacity,
          channel -> channel.receive(Duration.ofHours(1)));
      receiver("receive a delivery, capacity " + capacity, capacity, Channel::receiveDelivery);
      receiver("receive between, capacity " + capacity, capacity, c -> c.receiveBetween(1, 8));
      receiver("as flux, capacity " + capacity, capacity, Channel::asFlux);
      sender("send, capacity " + capacity, capacity, channel -> channel.send(7));
      sender(
          "send in time, capacity " + capacity,
          capacity,
          channel -> channel.send(7, Duration.ofHours(1)));
    }
    publisher("sendAll", () -> Channel.<Integer>bounded(1).sendAll(Flux.just(1)));
    publisher("onClose", () -> Channel.bounded(1).onClose());
    publisher("onDrained", () -> Channel.bounded(1).onDrained());

    Channel<Integer> channel = Channel.bounded(1);
    badArgument(
        "capacity -1", IllegalArgumentException.class, () -> Channel.bounded(-1), "capacity", "-1");
    badArgument(
        "negative min",
        IllegalArgumentException.class,
        () -> channel.receiveBetween(-1, 3),
        "min",
        "-1");
    badArgument(
        "max 0", IllegalArgumentException.class, () -> channel.receiveBetween(0, 0), "max", "0");
    badArgument(
        "max below min",
        IllegalArgumentException.class,
        () -> channel.receiveBetween(3, 2),
        "max",
        "min",
        "2",
        "3");
    badArgument("null element", NullPointerException.class, () -> channel.send(null), "element");
    badArgument(
        "negative time",
        IllegalArgumentException.class,
        () -> channel.receive(Duration.ofMillis(-5)),
        "timeout",
        "PT-0.005S");
  }

  private void receiver(
      String name, int capacity, Function<Channel<Integer>, Publisher<?>> operation) {
    waiting(
        name,
        () -> {
          Channel<Integer> channel = Channel.bounded(capacity);
          return new Waiting() {
            @Override
            public Publisher<?> operation() {
              return operation.apply(channel);
            }

            @Override
            public void release() {
              channel.send(1).subscribe();
            }

            @Override
            public int waiting() {
              return channel.waitingReceivers();
            }

            @Override
            public boolean isUntouched() {
              return channel.tryReceive().isReceived();
            }
          };
        });
  }

  private void sender(
      String name, int capacity, Function<Channel<Integer>, Publisher<?>> operation) {
    waiting(
        name,
        () -> {
          Channel<Integer> channel = Channel.bounded(capacity);
          while (channel.trySend(0).isSent()) {
            // until it is full
          }
          return new Waiting() {
            @Override
            public Publisher<?> operation() {
              return operation.apply(channel);
            }

            @Override
            public void release() {
              channel.receive().subscribe();
            }

            @Override
            public int waiting() {
              return channel.waitingSenders();
            }

            @Override
            public boolean isGrantFinal() {
              return true;
            }

            @Override
            public boolean isUntouched() {
              return channel.trySend(1).isSent();
            }
          };
        });
  }
}
