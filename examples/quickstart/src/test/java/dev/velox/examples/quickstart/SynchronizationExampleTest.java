package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.examples.quickstart.SynchronizationExample.BoundedQueue;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SynchronizationExampleTest {

  @Test
  void a_full_queue_holds_its_producer_up_until_there_is_room() {
    BoundedQueue<String> queue = new BoundedQueue<>(1);
    queue.enqueue("a").block();
    CompletableFuture<Void> second = queue.enqueue("b").toFuture();
    assertThat(second).isNotDone();

    assertThat(queue.dequeue().block()).isEqualTo("a");

    assertThat(second).isDone();
    assertThat(queue.dequeue().block()).isEqualTo("b");
  }

  @Test
  void the_program_prints_its_results() {
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      SynchronizationExample.main(new String[0]);
    } finally {
      System.setOut(console);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "Ada is 36, deleted: true", "1", "2", "3", "4", "5", "3 are running, 3 were woken");
  }
}
