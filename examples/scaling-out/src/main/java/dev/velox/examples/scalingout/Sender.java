package dev.velox.examples.scalingout;

import dev.velox.reactor.channel.Channel;
import io.rsocket.transport.netty.server.CloseableChannel;
import java.io.IOException;
import java.util.Objects;
import reactor.core.publisher.Flux;

/** Offers the numbers from 1 on through a channel of four, and prints each that leaves it. */
public final class Sender {

  private Sender() {}

  /**
   * Runs until Enter is pressed.
   *
   * @param args the port, and how many numbers
   * @throws IOException if the input can't be read
   */
  public static void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 7878;
    int count = args.length > 1 ? Integer.parseInt(args[1]) : 100;

    Channel<Integer> numbers = Channel.bounded(4);
    CloseableChannel server =
        Objects.requireNonNull(
            ChannelBridge.offer(
                    port,
                    numbers.asFlux().doOnNext(number -> System.out.println("sent " + number)),
                    Object::toString)
                .block());
    System.out.println("offers " + count + " numbers at port " + port + "; Enter ends");

    numbers.sendAll(Flux.range(1, count)).doOnSuccess(all -> numbers.close()).subscribe();
    numbers.onDrained().subscribe(null, null, () -> System.out.println("all sent"));
    System.in.read();
    server.dispose();
  }
}
