package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** A million actors, in a JVM of their own whose heap holds 512 MiB. */
@Tag("stress")
class ActorFootprintTest {

  private static final int ACTORS = 1_000_000;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @Test
  void a_million_idle_actors_live_in_half_a_gibibyte() throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseParallelGC",
                "-cp",
                System.getProperty("java.class.path"),
                Million.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    assertThat(said).contains("sum of all: " + ACTORS);
  }

  /** Makes them with a context, which is the heavier form; each starts and handles a message. */
  static final class Million {

    private static final AtomicInteger STARTED = new AtomicInteger();

    private Million() {}

    /** Counts how many started, and adds up. */
    private static final class Adding implements ContextBehavior<Integer, Integer> {
      @Override
      public Mono<Integer> onStart(ActorContext<Integer, Integer> context, Integer initial) {
        STARTED.incrementAndGet();
        return Mono.empty();
      }

      @Override
      public Mono<Integer> receive(
          ActorContext<Integer, Integer> context, Integer state, Integer message) {
        return Mono.just(state + message);
      }
    }

    public static void main(String[] arguments) {
      ActorBuilder<Integer, Integer> options = Actor.builder(0, new Adding());
      Object[] actors = new Object[ACTORS];
      for (int i = 0; i < ACTORS; i++) {
        actors[i] = options.build();
      }
      long sum = 0;
      for (Object each : actors) {
        @SuppressWarnings("unchecked")
        StatefulActor<Integer, Integer> actor = (StatefulActor<Integer, Integer>) each;
        actor.send(1).block(LIMIT);
        sum += actor.states().filter(state -> state == 1).blockFirst(LIMIT);
      }
      if (STARTED.get() != ACTORS) {
        throw new IllegalStateException(STARTED + " have started");
      }
      System.out.println("sum of all: " + sum);
      System.exit(0);
    }
  }
}
