package dev.velox.examples.scalingout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link Receiver} in a JVM of its own, which ends with this object, or with the test's JVM. */
final class ReceiverJvm implements AutoCloseable {

  static final int LIMIT_SECONDS = 60;

  private final Process process;
  private final PrintWriter input;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  ReceiverJvm(int port, int capacity) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // it lives for a second
                "-cp",
                System.getProperty("java.class.path"),
                Receiver.class.getName(),
                Integer.toString(port),
                Integer.toString(capacity))
            .redirectError(ProcessBuilder.Redirect.INHERIT) // where a JVM puts its warnings
            .start();
    input = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    Thread reader = new Thread(this::read, "receiver's output");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      output.lines().forEach(lines::add);
    } catch (IOException | java.io.UncheckedIOException e) {
      lines.add("its output broke off: " + e.getMessage());
    }
  }

  /** The next line that it prints. */
  String line() throws InterruptedException {
    String line = lines.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(line).as("a line of the receiver, alive: " + process.isAlive()).isNotNull();
    return line;
  }

  void tell(String command) {
    input.println(command);
  }

  /** Ends it as a power cut would. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  /** Awaits that it ends by itself. */
  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as("it ended").isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
