package dev.velox.benchmarks.stm;

/** The peers by name. */
final class StmPeers {

  private StmPeers() {}

  static StmPeer of(String name) {
    return switch (name) {
      case "velox-sync" -> new VeloxSync();
      case "velox-mono" -> new VeloxMono();
      case "scala-stm" -> new ScalaStm();
      case "zio-stm" -> new ZioStm();
      case "limit-one-lock" -> new OneLock();
      default -> throw new IllegalArgumentException(name);
    };
  }

  static void check(String what, long seen, long expected) {
    if (seen != expected) {
      throw new IllegalStateException(what + " is " + seen + " instead of " + expected);
    }
  }
}
