package dev.velox.benchmarks.sync

import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.sync.withPermit
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield

/** kotlinx.coroutines' `Mutex` (one permit) and `Semaphore`, a coroutine per task. */
class KotlinLocks private constructor(
    private val permits: Int,
    private val dispatcher: CoroutineDispatcher,
    private val executor: ExecutorService?,
) : LockPeer {

  override fun run(guarded: Guarded, tasks: Int, cycles: Int, yields: Boolean): Unit = runBlocking {
    val mutex = Mutex()
    val semaphore = Semaphore(permits)
    withTimeout(30_000) {
      List(tasks) {
            launch(dispatcher) {
              if (permits == 1) {
                repeat(cycles) { mutex.withLock { visit(guarded, yields) } }
              } else {
                repeat(cycles) { semaphore.withPermit { visit(guarded, yields) } }
              }
            }
          }
          .joinAll()
    }
  }

  private suspend fun visit(guarded: Guarded, yields: Boolean) {
    guarded.enter()
    if (yields) yield()
    guarded.leave(0)
  }

  override fun close() {
    executor?.shutdown()
  }

  companion object {
    @JvmStatic fun onDefault(permits: Int): LockPeer = KotlinLocks(permits, Dispatchers.Default, null)

    @JvmStatic
    fun onOneThread(permits: Int): LockPeer {
      val one = Executors.newSingleThreadExecutor()
      return KotlinLocks(permits, one.asCoroutineDispatcher(), one)
    }
  }
}

/** Coroutines that wait for a `Mutex`, without a thread switch to get there. */
class KotlinWaiters : WaitersPeer {

  private val mutex = Mutex(locked = true)
  private val scope = CoroutineScope(Dispatchers.Unconfined)

  override fun join(): Any = scope.launch { mutex.lock() }

  override fun leave(waiter: Any) = (waiter as Job).cancel()

  override fun isLeft(waiter: Any) = (waiter as Job).isCancelled

  override fun close() = scope.cancel()
}
