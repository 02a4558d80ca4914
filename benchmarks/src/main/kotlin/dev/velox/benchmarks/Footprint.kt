package dev.velox.benchmarks

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.Semaphore

// kotlinx's objects, for Footprint to weigh.

private val scope = CoroutineScope(Dispatchers.Unconfined)

fun channel(capacity: Int): Any = Channel<Any>(capacity)

fun mutex(): Any = Mutex()

fun semaphore(): Any = Semaphore(1)

/** A coroutine that waits for its mailbox. */
fun actor(): Any {
  val mailbox = Channel<Any>(1024)
  scope.launch { for (message in mailbox) message.hashCode() }
  return mailbox
}
