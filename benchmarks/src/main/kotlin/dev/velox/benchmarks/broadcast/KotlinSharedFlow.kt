package dev.velox.benchmarks.broadcast

import dev.velox.benchmarks.Item
import dev.velox.benchmarks.Tally
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/** kotlinx.coroutines' `SharedFlow`, which waits for its slowest collector; collectors on `Default`, or unconfined. */
class KotlinSharedFlow(unconfined: Boolean) : BroadcastPeer {

  private val collectors: CoroutineDispatcher = if (unconfined) Dispatchers.Unconfined else Dispatchers.Default

  override fun run(subscribers: Int, items: Array<Item>): Tally = runBlocking {
    withTimeout(30_000) {
      withContext(Dispatchers.Default) {
        val shared = MutableSharedFlow<Item>(extraBufferCapacity = 256)
        val seen = List(subscribers) {
          async(collectors) {
            var count = 0L
            var sum = 0L
            shared.take(items.size).collect {
              count++
              sum += it.number()
            }
            Tally(count, sum)
          }
        }
        shared.subscriptionCount.first { it == subscribers }
        for (item in items) shared.emit(item)
        seen.awaitAll().reduce(Tally::plus)
      }
    }
  }
}
