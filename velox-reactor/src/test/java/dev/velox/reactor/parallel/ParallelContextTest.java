package dev.velox.reactor.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.context.ContextRegistry;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** Thread-locals (as MDC's) follow the subscriber's context into processors and items. */
class ParallelContextTest {

  private static final String KEY = "parallel-who";
  private static final ThreadLocal<String> WHO = new ThreadLocal<>();

  @BeforeEach
  void enable() {
    ContextRegistry.getInstance().registerThreadLocalAccessor(KEY, WHO);
    Hooks.enableAutomaticContextPropagation();
  }

  @AfterEach
  void disable() {
    Hooks.disableAutomaticContextPropagation();
    ContextRegistry.getInstance().removeThreadLocalAccessor(KEY);
    WHO.remove();
  }

  @ParameterizedTest
  @EnumSource(ParallelTest.Form.class)
  void they_are_there_in_the_processor_and_in_the_item_on_whatever_thread(ParallelTest.Form form) {
    Queue<String> seen = new ConcurrentLinkedQueue<>();

    Flux.range(0, 50)
        .transform(
            form.<Integer, Integer>of(
                Parallel.withConcurrency(4),
                i -> {
                  seen.add("processor " + WHO.get());
                  return Mono.delay(Duration.ofMillis(1))
                      .map(
                          tick -> {
                            seen.add("item " + WHO.get());
                            return i;
                          })
                      .subscribeOn(Schedulers.parallel());
                }))
        .doOnNext(i -> seen.add("after " + WHO.get()))
        .contextWrite(Context.of(KEY, "me"))
        .blockLast(Duration.ofSeconds(20));

    assertThat(seen).hasSize(150).containsOnly("processor me", "item me", "after me");
  }

  @Test
  void they_are_there_in_plain_functions_on_the_rails() {
    Queue<String> seen = new ConcurrentLinkedQueue<>();

    ParallelArray.of(1, 2, 3, 4)
        .parallelism(2)
        .map(
            i -> {
              seen.add("function " + WHO.get());
              return i;
            })
        .contextWrite(Context.of(KEY, "me"))
        .block(Duration.ofSeconds(20));

    assertThat(seen).hasSize(4).containsOnly("function me");
  }
}
