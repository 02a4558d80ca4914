/**
 * Locks, semaphores and meeting points that wait without a thread.
 *
 * <p>{@link dev.velox.reactor.sync.Mutex} with {@link dev.velox.reactor.sync.Condition}, {@link
 * dev.velox.reactor.sync.Semaphore}, {@link dev.velox.reactor.sync.ReadWriteMutex} and {@link
 * dev.velox.reactor.sync.KeyedMutex} lend a {@link dev.velox.reactor.sync.Lease}: who has it holds,
 * whatever the thread. {@link dev.velox.reactor.sync.CountDownLatch} and {@link
 * dev.velox.reactor.sync.CyclicBarrier} let pipelines wait for each other, and {@link
 * dev.velox.reactor.sync.Keyed} runs a stream in order per key.
 */
@NullMarked
package dev.velox.reactor.sync;

import org.jspecify.annotations.NullMarked;
