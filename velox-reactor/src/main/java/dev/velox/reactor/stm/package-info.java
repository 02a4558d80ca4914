/**
 * Software transactional memory: {@link dev.velox.reactor.stm.TRef} cells that are read and written
 * in transactions ({@link dev.velox.reactor.stm.Stm#atomic}), all at one instant or not at all,
 * with {@code retry}, {@code orElse} and nesting, for synchronous bodies and for {@code Mono} ones;
 * and collections that are made of such cells.
 */
@NullMarked
package dev.velox.reactor.stm;

import org.jspecify.annotations.NullMarked;
