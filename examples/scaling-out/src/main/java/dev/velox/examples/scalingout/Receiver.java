package dev.velox.examples.scalingout;

import dev.velox.reactor.channel.Channel;
import io.rsocket.RSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Receives from a {@link Sender} into a channel of its own, and takes elements out of that only
 * when told: an empty line takes one, a number so many, {@code cancel} gives up.
 */
public final class Receiver {

  private Receiver() {}

  /**
   * Runs until the other side has ended, or the input has.
   *
   * @param args the port, and how many elements the channel here holds
   * @throws IOException if the input can't be read
   */
  public static void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 7878;
    int capacity = args.length > 1 ? Integer.parseInt(args[1]) : 8;

    Channel<Integer> numbers = Channel.bounded(capacity);
    RSocket connection = Objects.requireNonNull(ChannelBridge.connect(port).block());
    ChannelBridge.receive(connection, Integer::valueOf).subscribe(numbers.asSubscriber());
    System.out.println("connected");

    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    boolean more = true;
    while (more) {
      String line = input.readLine();
      if (line == null) {
        more = false;
      } else if (line.equals("cancel")) {
        numbers.cancel();
        System.out.println("cancelled");
      } else {
        more = take(numbers, line.isBlank() ? 1 : Integer.parseInt(line.strip()));
      }
    }
    connection.dispose();
  }

  private static boolean take(Channel<Integer> numbers, int count) {
    for (int i = 0; i < count; i++) {
      try {
        Integer number = numbers.receive().block();
        if (number == null) {
          System.out.println("the end");
          return false;
        }
        System.out.println("received " + number);
      } catch (RuntimeException e) {
        System.out.println("failed: " + e.getMessage());
        return false;
      }
    }
    return true;
  }
}
