package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ChannelExampleTest {

  @Test
  void the_third_sender_waits_until_a_receiver_makes_room() {
    assertThat(ChannelExample.boundedChannel().collectList().block())
        .startsWith("sent one", "sent two", "1 waits to send")
        .containsSubsequence("1 waits to send", "sent three")
        .containsSubsequence("received one", "received two", "received three")
        .hasSize(7);
  }

  @Test
  void a_sender_and_a_receiver_meet_without_a_buffer() {
    assertThat(ChannelExample.rendezvous().collectList().block())
        .containsExactlyInAnyOrder("received hello", "taken");
  }

  @Test
  void the_program_prints_its_story() {
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      ChannelExample.main(new String[0]);
    } finally {
      System.setOut(console);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .hasSize(9)
        .contains("received one", "sent three", "received hello");
  }
}
