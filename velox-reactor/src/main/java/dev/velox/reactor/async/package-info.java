/**
 * Direct style: a body of plain Java that waits for publishers where it needs their values, as a
 * {@code Mono} or {@code Flux}.
 *
 * <p>{@link dev.velox.reactor.async.Async} is the whole of what a user calls; {@link
 * dev.velox.reactor.async.AsyncGenerator} and {@link dev.velox.reactor.async.AsyncEmitter} are the
 * two ends of a generator. Behind it, {@code Body} is one run with its state machine, {@code Await}
 * the subscriber of one awaited source, and {@code BodyThread} the one class in which a thread
 * waits.
 */
@NullMarked
package dev.velox.reactor.async;

import org.jspecify.annotations.NullMarked;
