/**
 * Workers: code that may block, or compute for long, on a thread of its own, spoken to by messages.
 * Start at {@link dev.velox.reactor.worker.Worker}.
 *
 * <p>Behind it, in the order in which a message passes: {@code PostMono}, the inbox, {@code
 * WorkerCore} with the worker's thread and its whole life, and an {@code Engine}: {@code
 * JavaEngine} for a body in Java, {@code ScriptEngine} for a script, {@code PoolEngine} for the
 * tasks of a pool.
 */
@NullMarked
package dev.velox.reactor.worker;

import org.jspecify.annotations.NullMarked;
