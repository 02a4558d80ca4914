package dev.velox.benchmarks.channel;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Producers on threads of their own try, and yield where there is no room; a stream comes out. */
public class TrySend extends ChannelBenchmark {

  @Param({
    "velox",
    "velox-hop",
    "kotlin",
    "jdk-virtual",
    "sink-busyLooping",
    "sink-busyLooping-hop",
    "limit-jctools"
  })
  public String peer;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    // Its producers are threads, so that there is nothing to see on one.
    return params.get("on").equals(ChannelPeers.POOL) && supports(params, shortForm);
  }

  @Setup
  public void open() {
    open(peer, ChannelPeer.Form.TRY);
  }
}
