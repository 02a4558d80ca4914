package dev.velox.examples.scalingout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Channel;
import io.rsocket.transport.netty.server.CloseableChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/**
 * The sender is this JVM, the receiver another one, which takes elements only when it is told to.
 *
 * <p>So the sender's lead can be counted exactly: {@link #allowed} is raised before the receiver is
 * told, and is never less than what it has taken. A bridge that fetched one element too many would
 * be seen by {@link #mostAhead}, and the test waits each time until the bound is reached.
 */
class ChannelBridgeTest {

  private static final int BOUND = 8;

  private final Channel<Integer> channel = Channel.bounded(4);
  private final BlockingQueue<Integer> sent = new LinkedBlockingQueue<>();
  private final AtomicInteger sentCount = new AtomicInteger();
  private final AtomicInteger allowed = new AtomicInteger();
  private final AtomicInteger mostAhead = new AtomicInteger();
  private final CountDownLatch cancelled = new CountDownLatch(1);

  private CloseableChannel server;
  private int port;

  @BeforeEach
  void offer() {
    Flux<Integer> watched =
        channel
            .asFlux()
            .doOnNext(
                element -> {
                  mostAhead.accumulateAndGet(
                      sentCount.incrementAndGet() - allowed.get(), Math::max);
                  sent.add(element);
                })
            .doOnCancel(cancelled::countDown);
    server =
        Objects.requireNonNull(
            ChannelBridge.offer(0, watched, Object::toString).block(Duration.ofSeconds(60)));
    port = server.address().getPort();
  }

  @AfterEach
  void end() {
    channel.cancel();
    server.dispose();
  }

  @Test
  void all_elements_cross_in_order_with_the_sender_no_further_ahead_than_the_receiver_has_room()
      throws Exception {
    int count = 1000;
    channel.sendAll(Flux.range(1, count)).doOnSuccess(all -> channel.close()).subscribe();
    try (ReceiverJvm receiver = new ReceiverJvm(port, BOUND)) {
      assertThat(receiver.line()).isEqualTo("connected");
      awaitSent(1, BOUND);

      allow(receiver, 1);
      assertThat(receiver.line()).isEqualTo("received 1");
      awaitSent(BOUND + 1, BOUND + 1);

      allow(receiver, 500);
      for (int i = 2; i <= 501; i++) {
        assertThat(receiver.line()).isEqualTo("received " + i);
      }
      awaitSent(BOUND + 2, BOUND + 501);
      assertThat(sent).as("nothing goes ahead of what is allowed").isEmpty();

      allow(receiver, count); // more than there are: the last one is the end
      for (int i = 502; i <= count; i++) {
        assertThat(receiver.line()).isEqualTo("received " + i);
      }
      assertThat(receiver.line()).isEqualTo("the end");
      assertThat(receiver.exitCode()).isZero();
    }
    assertThat(sentCount).hasValue(count);
    assertThat(mostAhead).hasValue(BOUND);
  }

  @Test
  void an_error_that_closes_the_channel_crosses_after_the_elements() throws Exception {
    try (ReceiverJvm receiver = new ReceiverJvm(port, BOUND)) {
      assertThat(receiver.line()).isEqualTo("connected");
      assertThat(channel.send(1).then(channel.send(2)).toFuture())
          .succeedsWithin(Duration.ofSeconds(60));
      channel.close(new IllegalStateException("the harvest failed"));

      allow(receiver, 3);

      assertThat(receiver.line()).isEqualTo("received 1");
      assertThat(receiver.line()).isEqualTo("received 2");
      assertThat(receiver.line()).isEqualTo("failed: the harvest failed");
      assertThat(receiver.exitCode()).isZero();
    }
  }

  @Test
  void a_receiver_that_gives_up_is_known_to_the_sender_and_leaves_the_rest_to_the_next()
      throws Exception {
    channel.sendAll(Flux.range(1, 100)).subscribe();
    try (ReceiverJvm first = new ReceiverJvm(port, BOUND)) {
      assertThat(first.line()).isEqualTo("connected");
      awaitSent(1, BOUND);

      first.tell("cancel"); // and stays connected
      assertThat(first.line()).isEqualTo("cancelled");
      assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();

      try (ReceiverJvm second = new ReceiverJvm(port, BOUND)) {
        assertThat(second.line()).isEqualTo("connected");
        allow(second, 1);
        assertThat(second.line()).isEqualTo("received " + (BOUND + 1));
      }
    }
  }

  @Test
  void a_receiver_that_dies_takes_with_it_what_it_had_asked_for_and_nothing_else()
      throws Exception {
    channel.sendAll(Flux.range(1, 100)).subscribe();
    try (ReceiverJvm first = new ReceiverJvm(port, BOUND)) {
      assertThat(first.line()).isEqualTo("connected");
      allow(first, 5);
      for (int i = 1; i <= 5; i++) {
        assertThat(first.line()).isEqualTo("received " + i);
      }
      awaitSent(1, BOUND + 5);

      first.kill();
      assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    }
    try (ReceiverJvm second = new ReceiverJvm(port, BOUND)) {
      assertThat(second.line()).isEqualTo("connected");
      allow(second, 1);
      assertThat(second.line()).as("6 to 13 are lost").isEqualTo("received " + (BOUND + 6));
    }
  }

  private void allow(ReceiverJvm receiver, int count) {
    allowed.addAndGet(count);
    receiver.tell(Integer.toString(count));
  }

  private void awaitSent(int from, int to) throws InterruptedException {
    for (int i = from; i <= to; i++) {
      assertThat(sent.poll(60, TimeUnit.SECONDS)).as("element sent").isEqualTo(i);
    }
  }
}
