package dev.velox.reactor.parallel;

import reactor.util.context.Context;

/**
 * Where the parts that chunks come to are brought together.
 *
 * @param <A> the part of one chunk
 * @param <R> the whole
 */
interface Gather<A, R> {

  /** Takes the part of a chunk; from the thread that made it, once per chunk. */
  void put(int chunk, A part);

  /** The whole, when all parts are there. */
  R whole();

  /** Discards the parts that are there. Any thread, any number of times, beside {@code put}. */
  void discard(Context context);
}
