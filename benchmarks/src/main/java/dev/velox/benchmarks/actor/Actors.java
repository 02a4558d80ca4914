package dev.velox.benchmarks.actor;

import dev.velox.benchmarks.Threads;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What the actor benchmarks share: the peers by name. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
public abstract class Actors {

  ActorPeer actors;

  final void open(String peer) {
    actors =
        switch (peer) {
          case "velox" -> new VeloxActors(true, false);
          case "velox-unbounded" -> new VeloxActors(false, false);
          case "velox-stream" -> new VeloxActors(true, true);
          case "pekko" -> new PekkoActors();
          case "kotlin" -> new KotlinActors();
          case "jox" ->
              Threads.newPeerOf21(ActorPeer.class, "dev.velox.benchmarks.actor.JoxActors");
          default -> throw new IllegalArgumentException("No peer " + peer);
        };
  }

  static boolean supports(String peer) {
    return Threads.virtual() || !peer.equals("jox");
  }

  @TearDown
  public void close() throws Exception {
    actors.close();
  }
}
