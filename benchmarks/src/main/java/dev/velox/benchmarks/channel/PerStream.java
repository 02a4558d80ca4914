package dev.velox.benchmarks.channel;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * A stream into the channel and a stream out of it: {@code sendAll} and {@code asFlux}, or what a
 * peer has for it.
 */
public class PerStream extends ChannelBenchmark {

  @Param({
    "velox",
    "velox-hop",
    "kotlin",
    "kotlin-buffer",
    "jox",
    "jdk-virtual",
    "publishOn",
    "publishOn-pool",
    "merge",
    "limit-jctools"
  })
  public String peer;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return supports(params, shortForm);
  }

  @Setup
  public void open() {
    open(peer, ChannelPeer.Form.PER_STREAM);
  }
}
