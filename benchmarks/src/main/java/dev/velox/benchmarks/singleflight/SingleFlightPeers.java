package dev.velox.benchmarks.singleflight;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.velox.reactor.collection.ConcurrentMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** The peers by name. */
final class SingleFlightPeers {

  private SingleFlightPeers() {}

  static SingleFlightPeer of(String peer, Function<Integer, Mono<Integer>> loader) {
    return switch (peer) {
      case "velox" -> {
        ConcurrentMap<Integer, Integer> map = ConcurrentMap.create();
        yield key -> map.getOrLoad(key, loader);
      }
      case "caffeine" -> {
        // Without a bound, as the map beside it: no eviction policy to pay for.
        AsyncLoadingCache<Integer, Integer> cache =
            Caffeine.newBuilder().buildAsync((key, executor) -> loader.apply(key).toFuture());
        yield key -> Mono.fromFuture(() -> cache.get(key), true);
      }
      case "map-of-cached-monos" -> {
        ConcurrentHashMap<Integer, Mono<Integer>> map = new ConcurrentHashMap<>();
        yield key -> Mono.defer(() -> map.computeIfAbsent(key, k -> loader.apply(k).cache()));
      }
      default -> throw new IllegalArgumentException("No peer " + peer);
    };
  }
}
