/**
 * Workers: code that may block, or compute for long, on a thread of its own, spoken to by messages.
 * Start at {@link dev.velox.reactor.worker.Worker} and {@link dev.velox.reactor.worker.WorkerPool}.
 *
 * <p>Behind it, in the order in which a message passes: {@code PostMono}, the inbox, {@code
 * WorkerCore} with the worker's thread and its whole life, and an {@code Engine}: {@code
 * JavaEngine} for a body in Java, {@code ScriptRun} for a script. What comes out goes through
 * {@code Outbox}. A pool lines up its {@code PoolRun}s at a semaphore, and each of its threads is a
 * {@code WorkerCore} with a {@code PoolWorker} for an engine.
 */
@NullMarked
package dev.velox.reactor.worker;

import org.jspecify.annotations.NullMarked;
