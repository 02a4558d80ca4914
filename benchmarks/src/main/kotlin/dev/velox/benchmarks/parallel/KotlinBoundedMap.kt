package dev.velox.benchmarks.parallel

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.flatMapMerge
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.fold
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield

/** flatMapMerge over so many items; the sum of the answers. */
object KotlinBoundedMap {

  @OptIn(ExperimentalCoroutinesApi::class)
  @JvmStatic
  fun run(items: Int, concurrency: Int, work: String): Long =
    runBlocking(Dispatchers.Default) {
      (0 until items)
        .asFlow()
        .flatMapMerge(concurrency) { item ->
          when (work) {
            "JUST" -> flowOf(item)
            "SYNC" -> flow { emit(item) }
            "HOP" ->
              flow {
                yield()
                emit(item)
              }
            else ->
              flow {
                delay(1)
                emit(item)
              }
          }
        }
        .fold(0L) { sum, item -> sum + item }
    }
}
