package dev.velox.benchmarks.actor

import dev.velox.benchmarks.Item
import dev.velox.benchmarks.Tally
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/** kotlinx.coroutines: an actor is a coroutine that reads a bounded channel. */
class KotlinActors : ActorPeer {

  private class Ask(val number: Int, val reply: CompletableDeferred<Int>)

  private fun <T> onDefault(body: suspend CoroutineScope.() -> T): T = runBlocking {
    withTimeout(30_000) { withContext(Dispatchers.Default, body) }
  }

  override fun tell(producers: Int, items: Array<Item>): Tally = onDefault {
    val mailbox = Channel<Item>(MAILBOX)
    val actor = async {
      var count = 0L
      var sum = 0L
      for (item in mailbox) {
        count++
        sum += item.number()
      }
      Tally(count, sum)
    }
    List(producers) { launch { for (item in items) mailbox.send(item) } }.joinAll()
    mailbox.close()
    actor.await()
  }

  override fun ask(asks: Int, inFlight: Int): Long = onDefault {
    val mailbox = Channel<Ask>(MAILBOX)
    val actor = launch { for (ask in mailbox) ask.reply.complete(ask.number + 1) }
    val lanes = List(inFlight) {
      async {
        var sum = 0L
        repeat(asks / inFlight) {
          val reply = CompletableDeferred<Int>()
          mailbox.send(Ask(it, reply))
          sum += reply.await()
        }
        sum
      }
    }
    val sum = lanes.awaitAll().sum()
    mailbox.close()
    actor.join()
    sum
  }

  override fun pingPong(items: Array<Item>): Tally = onDefault {
    val first = Channel<Item>(MAILBOX)
    val second = Channel<Item>(MAILBOX)
    val players = listOf(async { play(items, first, second) }, async { play(items, second, first) })
    first.send(items.last())
    players.awaitAll().reduce(Tally::plus)
  }

  private suspend fun play(items: Array<Item>, mine: Channel<Item>, other: Channel<Item>): Tally {
    var count = 0L
    var sum = 0L
    for (item in mine) {
      count++
      sum += item.number()
      if (item.number() > 1) other.send(items[item.number() - 2])
      if (item.number() <= 2) break
    }
    return Tally(count, sum)
  }

  override fun createAndStop(actors: Int): Int = onDefault {
    val handled = AtomicInteger()
    val item = Item(1)
    List(actors) {
          val mailbox = Channel<Item>(MAILBOX)
          val actor = launch { for (message in mailbox) handled.addAndGet(message.number()) }
          mailbox.send(item)
          mailbox.close()
          actor
        }
        .joinAll()
    handled.get()
  }

  private companion object {
    const val MAILBOX = 1024
  }
}
