/**
 * Work on many items at once, with a limit: {@link dev.velox.reactor.parallel.Parallel} for
 * functions that answer with a publisher, {@link dev.velox.reactor.parallel.ParallelArray} for a
 * collection, with asynchronous functions as well as with plain ones that keep processors busy.
 *
 * <p>Machinery: {@code OrderedMapFlux} and its {@code OrderedMapMain} and {@code OrderedItem} are
 * the ordered map; {@code UnorderedMap} composes {@code flatMap}; {@code Failures} keeps what
 * tolerated items failed with; {@code Chunks}, {@code ChunkRun} and {@code CombineTree} run plain
 * functions over pieces of an array on a {@code ParallelFlux}.
 */
@NullMarked
package dev.velox.reactor.parallel;

import org.jspecify.annotations.NullMarked;
