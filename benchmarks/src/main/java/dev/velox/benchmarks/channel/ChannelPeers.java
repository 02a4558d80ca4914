package dev.velox.benchmarks.channel;

import dev.velox.benchmarks.Threads;
import dev.velox.benchmarks.channel.ChannelPeer.Form;
import java.util.Set;
import reactor.core.scheduler.Scheduler;

/** The peers by name, and what each can do. */
final class ChannelPeers {

  static final String POOL = "pool";
  static final String ONE = "one";

  private static final Set<String> NEED_VIRTUAL_THREADS = Set.of("jox", "jdk-virtual");
  private static final Set<String> ON_ONE_THREAD = Set.of("velox", "kotlin");
  private static final Set<String> FROM_ONE_TO_ONE =
      Set.of("kotlin-buffer", "publishOn", "publishOn-pool");
  private static final Set<String> TO_ONE =
      Set.of("merge", "sink-busyLooping", "sink-busyLooping-hop");
  private static final Set<String> NEED_A_BUFFER = Set.of("publishOn", "publishOn-pool", "merge");

  private ChannelPeers() {}

  static int capacity(String name) {
    return name.equals("unbounded") ? ChannelPeer.UNBOUNDED : Integer.parseInt(name);
  }

  static int producers(String shape) {
    return Integer.parseInt(shape.split("x")[0]);
  }

  static int consumers(String shape) {
    return Integer.parseInt(shape.split("x")[1]);
  }

  static boolean supports(String peer, String shape, String capacity, String on) {
    if (NEED_VIRTUAL_THREADS.contains(peer) && !Threads.virtual()) {
      return false;
    }
    if (on.equals(ONE) && !ON_ONE_THREAD.contains(peer)) {
      return false;
    }
    if (FROM_ONE_TO_ONE.contains(peer) && !shape.equals("1x1")
        || TO_ONE.contains(peer) && consumers(shape) > 1) {
      return false;
    }
    if (NEED_A_BUFFER.contains(peer) && (capacity.equals("0") || capacity.equals("unbounded"))
        || peer.equals("merge") && producers(shape) == 1
        || peer.startsWith("sink") && capacity.equals("0")) {
      return false;
    }
    return !peer.equals("limit-jctools")
        || SpinningPeer.supports(capacity(capacity), consumers(shape));
  }

  static ChannelPeer of(String peer, int capacity, Form form, String on) {
    Scheduler scheduler = on.equals(ONE) ? Threads.newOne() : Threads.newPool();
    return switch (peer) {
      case "velox" -> new VeloxChannels(capacity, form, false, false, scheduler);
      case "velox-hop" -> new VeloxChannels(capacity, form, true, false, scheduler);
      case "velox-sink" -> new VeloxChannels(capacity, form, false, true, scheduler);
      case "velox-sink-hop" -> new VeloxChannels(capacity, form, true, true, scheduler);
      case "kotlin" ->
          on.equals(ONE)
              ? KotlinChannels.onOneThread(capacity, form)
              : KotlinChannels.onDefault(capacity, form);
      case "kotlin-buffer" -> new KotlinFlowBuffer(capacity);
      case "jox" ->
          Threads.newPeerOf21(
              ChannelPeer.class, "dev.velox.benchmarks.channel.JoxChannels", capacity);
      case "jdk-virtual" -> new QueuePeer(capacity, Threads.newVirtual(), form);
      case "jdk-platform" -> new QueuePeer(capacity, Threads.newPlatform(), form);
      case "publishOn" -> ReactorPeers.PublishOn.parallel(capacity);
      case "publishOn-pool" -> ReactorPeers.PublishOn.pool(capacity);
      case "merge" -> new ReactorPeers.Merge(capacity);
      case "sink-busyLooping" -> new ReactorPeers.UnicastSink(capacity, false, false);
      case "sink-busyLooping-hop" -> new ReactorPeers.UnicastSink(capacity, true, false);
      case "sink-synchronized" -> new ReactorPeers.UnicastSink(capacity, false, true);
      case "sink-synchronized-hop" -> new ReactorPeers.UnicastSink(capacity, true, true);
      case "create" -> new ReactorPeers.Create(capacity, false);
      case "create-hop" -> new ReactorPeers.Create(capacity, true);
      case "limit-jctools" -> new SpinningPeer(capacity);
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }
}
