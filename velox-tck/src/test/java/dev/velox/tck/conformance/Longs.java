package dev.velox.tck.conformance;

import reactor.core.publisher.Flux;

/** A source that makes its elements on demand, however many are asked for. */
final class Longs {

  private Longs() {}

  static Flux<Long> upTo(long count) {
    return Flux.generate(
        () -> 0L,
        (next, sink) -> {
          if (next < count) {
            sink.next(next);
          } else {
            sink.complete();
          }
          return next + 1;
        });
  }
}
