package dev.velox.reactor.architecture;

import java.util.Map;
import java.util.Set;

/**
 * The floors of the house, in one place. A package imports from floors below its own, and from the
 * neighbours named here.
 */
final class Floors {

  static final String ROOT = "dev.velox.reactor";

  private static final Map<String, Integer> FLOOR =
      Map.ofEntries(
          Map.entry("spring", 5),
          Map.entry("micrometer", 5),
          Map.entry("actor", 4),
          Map.entry("worker", 4),
          Map.entry("channel", 3),
          Map.entry("collection", 3),
          Map.entry("sync", 2),
          Map.entry("stm", 2),
          Map.entry("parallel", 2),
          Map.entry("retry", 2),
          Map.entry("async", 2),
          Map.entry("internal", 1),
          Map.entry("", 1));

  // On the first floor the listener and the shared exceptions stand beside the machinery;
  // collections stand on the channel.
  private static final Map<String, Set<String>> NEIGHBOURS =
      Map.of("internal", Set.of(""), "", Set.of("internal"), "collection", Set.of("channel"));

  private Floors() {}

  /** The room of a package: "channel" for dev.velox.reactor.channel and what is below it. */
  static String room(String packageName) {
    String rest = packageName.substring(ROOT.length());
    String[] parts = rest.split("\\.", -1);
    return parts.length < 2 ? "" : parts[1];
  }

  static boolean isKnown(String room) {
    return FLOOR.containsKey(room);
  }

  static boolean mayImport(String from, String to) {
    return from.equals(to)
        || FLOOR.getOrDefault(from, 0) > FLOOR.getOrDefault(to, Integer.MAX_VALUE)
        || NEIGHBOURS.getOrDefault(from, Set.of()).contains(to);
  }
}
