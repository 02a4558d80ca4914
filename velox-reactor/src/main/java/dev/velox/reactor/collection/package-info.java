/**
 * Collections whose operations wait without a thread: {@link
 * dev.velox.reactor.collection.ConcurrentMap}, with turns per key, one load for all who ask for the
 * same, and a stream of its {@link dev.velox.reactor.collection.Change changes}; and {@link
 * dev.velox.reactor.collection.ConcurrentQueue}, a channel in the words of a queue.
 */
@NullMarked
package dev.velox.reactor.collection;

import org.jspecify.annotations.NullMarked;
