package dev.velox.benchmarks.async

import java.util.concurrent.Executor
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.mono
import reactor.core.publisher.Mono
import reactor.core.scheduler.Scheduler
import reactor.core.scheduler.Schedulers

/** kotlinx.coroutines: `mono { awaitSingle() }`. */
class KotlinAwait private constructor(private val dispatcher: CoroutineDispatcher) : AwaitPeer {

  private val executor: Executor = dispatcher.asExecutor()
  private val pool: Scheduler = Schedulers.fromExecutor(executor)

  override fun sum(source: Mono<Int>, times: Int): Mono<Long> =
      mono(dispatcher) {
        var sum = 0L
        repeat(times) { sum += source.awaitSingle() }
        sum
      }

  override fun ownPool(): Scheduler = pool

  companion object {
    @JvmStatic fun onDefault(): AwaitPeer = KotlinAwait(Dispatchers.Default)

    @JvmStatic fun unconfined(): AwaitPeer = KotlinAwait(Dispatchers.Unconfined)
  }
}
