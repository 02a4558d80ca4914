package dev.velox.benchmarks.channel

import dev.velox.benchmarks.Item
import dev.velox.benchmarks.Tally
import dev.velox.benchmarks.channel.ChannelPeer.Form
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield

/** kotlinx.coroutines: a coroutine per producer and per consumer. */
class KotlinChannels private constructor(
    private val capacity: Int,
    private val form: Form,
    private val dispatcher: CoroutineDispatcher,
    private val executor: ExecutorService?,
) : ChannelPeer {

  override fun run(producers: Int, consumers: Int, items: Array<Item>): Tally = runBlocking {
    withTimeout(30_000) { withContext(dispatcher) { move(producers, consumers, items) } }
  }

  private suspend fun move(producers: Int, consumers: Int, items: Array<Item>): Tally = coroutineScope {
    val channel = Channel<Item>(capacity)
    val share = items.size * producers / consumers
    val seen = List(consumers) { async { if (form == Form.PER_ELEMENT) receive(channel, share) else collect(channel) } }
    List(producers) { launch { send(channel, items) } }.joinAll()
    channel.close()
    seen.awaitAll().reduce(Tally::plus)
  }

  private suspend fun send(channel: Channel<Item>, items: Array<Item>) {
    when (form) {
      Form.PER_ELEMENT -> for (item in items) channel.send(item)
      Form.PER_STREAM -> items.asFlow().collect { channel.send(it) }
      Form.TRY -> for (item in items) while (!channel.trySend(item).isSuccess) yield()
    }
  }

  private suspend fun receive(channel: Channel<Item>, share: Int): Tally {
    var sum = 0L
    repeat(share) { sum += channel.receive().number() }
    return Tally(share.toLong(), sum)
  }

  private suspend fun collect(channel: Channel<Item>): Tally {
    var count = 0L
    var sum = 0L
    channel.receiveAsFlow().collect {
      count++
      sum += it.number()
    }
    return Tally(count, sum)
  }

  override fun close() {
    executor?.shutdown()
  }

  companion object {
    // Kotlin's own numbers for the capacities: 0 is RENDEZVOUS, Int.MAX_VALUE is UNLIMITED.
    @JvmStatic
    fun onDefault(capacity: Int, form: Form): ChannelPeer = KotlinChannels(capacity, form, Dispatchers.Default, null)

    @JvmStatic
    fun onOneThread(capacity: Int, form: Form): ChannelPeer {
      val one = Executors.newSingleThreadExecutor()
      return KotlinChannels(capacity, form, one.asCoroutineDispatcher(), one)
    }
  }
}

/** kotlinx.coroutines: a flow, a buffer, and its collector in another coroutine. */
class KotlinFlowBuffer(private val capacity: Int) : ChannelPeer {

  override fun run(producers: Int, consumers: Int, items: Array<Item>): Tally = runBlocking {
    withTimeout(30_000) {
      withContext(Dispatchers.Default) {
        var count = 0L
        var sum = 0L
        items.asFlow().buffer(capacity).collect {
          count++
          sum += it.number()
        }
        Tally(count, sum)
      }
    }
  }
}
