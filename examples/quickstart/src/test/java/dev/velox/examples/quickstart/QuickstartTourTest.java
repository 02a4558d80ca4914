package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartTourTest {

  @Test
  void the_tour_passes_through_all_sections_and_ends_by_itself(@TempDir Path directory)
      throws Exception {
    Path output = directory.resolve("tour.txt");
    Process tour =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                QuickstartTour.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(tour.waitFor(120, TimeUnit.SECONDS)).as("it ended").isTrue();
    } finally {
      tour.destroyForcibly();
    }

    List<String> lines = Files.readAllLines(output);
    assertThat(tour.exitValue()).as(String.join("\n", lines)).isZero();
    assertThat(lines)
        .anyMatch(line -> line.startsWith("1. Async/await"))
        .contains("with a retry: Data[city=Oslo, degrees=-3]")
        .anyMatch(line -> line.startsWith("2. Parallel processing"))
        .contains("at most 3 at once")
        .anyMatch(line -> line.startsWith("3. Actor"))
        .contains("counted to 1", "counted by hand to 1")
        .anyMatch(line -> line.startsWith("4. Software transactional memory"))
        .contains("balances: [60, 40]", "balances: [10, 100]")
        .anyMatch(line -> line.startsWith("5. Channel"))
        .contains("1 waits to send", "received three", "received hello")
        .anyMatch(line -> line.startsWith("6. Worker"))
        .contains("worker.js: 6", "in Java: [adder failed, sum 6]")
        .anyMatch(line -> line.startsWith("7. Parallel collections"))
        .contains("sum: 500500", "primes: 168")
        .anyMatch(line -> line.startsWith("8. Concurrent data structures"))
        .contains("loaded 1 time", "dequeued the second")
        .anyMatch(line -> line.startsWith("9. Synchronization"))
        .contains("Ada is 36, deleted: true", "3 are running, 3 were woken")
        .anyMatch(line -> line.startsWith("10. Error handling"))
        .contains("execute: answer to call 3", "operation 3: 0 calls, CallNotPermittedException");
  }
}
