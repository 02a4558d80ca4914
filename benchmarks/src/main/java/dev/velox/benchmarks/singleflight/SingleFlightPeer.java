package dev.velox.benchmarks.singleflight;

import reactor.core.publisher.Mono;

/** A map that loads what it lacks, once for all who ask meanwhile. */
interface SingleFlightPeer {

  Mono<Integer> get(Integer key);
}
