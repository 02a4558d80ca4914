package dev.velox.benchmarks.channel;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * Both sides wait for each item: a {@code Mono} per send and per receive, or what a peer has for
 * it.
 */
public class PerElement extends ChannelBenchmark {

  @Param({"velox", "velox-hop", "kotlin", "jox", "jdk-virtual", "jdk-platform", "limit-jctools"})
  public String peer;

  public static boolean runs(Map<String, String> params, boolean shortForm) {
    return supports(params, shortForm);
  }

  @Setup
  public void open() {
    open(peer, ChannelPeer.Form.PER_ELEMENT);
  }
}
