package dev.velox.reactor.async;

import static dev.velox.reactor.async.Async.async;
import static dev.velox.reactor.async.Async.asyncFlux;
import static dev.velox.reactor.async.Async.await;
import static dev.velox.reactor.async.Async.awaitAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ThreadLocalAccessor;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.BasicMDCAdapter;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class AsyncContextTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  /** SLF4J's own MDC, of which the binding of this module's tests has none. */
  private static final BasicMDCAdapter MDC = new BasicMDCAdapter();

  private static final class MdcAccessor implements ThreadLocalAccessor<String> {
    @Override
    public Object key() {
      return "traceId";
    }

    @Override
    public String getValue() {
      return MDC.get("traceId");
    }

    @Override
    public void setValue(String value) {
      MDC.put("traceId", value);
    }

    @Override
    public void setValue() {
      MDC.remove("traceId");
    }
  }

  @BeforeEach
  void registerMdc() {
    ContextRegistry.getInstance().registerThreadLocalAccessor(new MdcAccessor());
  }

  @AfterEach
  void removeMdc() {
    ContextRegistry.getInstance().removeThreadLocalAccessor("traceId");
  }

  private static Mono<String> user() {
    return Mono.deferContextual(context -> Mono.just(context.getOrDefault("user", "nobody")));
  }

  @Test
  void the_subscribers_context_is_the_context_of_everything_awaited() {
    Mono<List<String>> body =
        async(
            () ->
                Arrays.asList(
                    Async.context().get("user"),
                    await(user()),
                    await(user().subscribeOn(Schedulers.parallel())),
                    String.join("+", awaitAll(user(), user())),
                    await(async(() -> await(user()))),
                    await(asyncFlux((AsyncEmitter<String> e) -> e.emit(await(user()))).next()),
                    await(user().contextWrite(c -> c.put("user", "another")))));

    StepVerifier.create(body.contextWrite(c -> c.put("user", "ada")))
        .expectNext(Arrays.asList("ada", "ada", "ada", "ada+ada", "ada", "ada", "another"))
        .expectComplete()
        .verify(SOON);
    StepVerifier.create(async(() -> await(user())))
        .expectNext("nobody")
        .expectComplete()
        .verify(SOON);
  }

  @Test
  void mdc_follows_the_context_into_the_body_and_leaves_the_thread_as_it_was() {
    Executor pool = new BodyExecutor.Pool(1, TimeUnit.SECONDS);
    Mono<List<String>> body =
        async(
            () -> {
              List<String> seen = new ArrayList<>();
              seen.add(MDC.get("traceId"));
              seen.add(
                  await(
                      Mono.delay(Duration.ofMillis(1))
                          .then(async(() -> MDC.get("traceId"), pool))));
              seen.add(MDC.get("traceId"));
              return seen;
            },
            pool);

    for (String trace : List.of("one", "two")) {
      StepVerifier.create(body.contextWrite(c -> c.put("traceId", trace)))
          .expectNext(List.of(trace, trace, trace))
          .expectComplete()
          .verify(SOON);
    }
    StepVerifier.create(async(() -> MDC.get("traceId") == null, pool))
        .expectNext(true)
        .expectComplete()
        .verify(SOON);
    StepVerifier.create(
            async(() -> MDC.get("traceId")).contextWrite(c -> c.put("traceId", "own thread")))
        .expectNext("own thread")
        .expectComplete()
        .verify(SOON);
  }

  @Test
  void works_without_context_propagation_on_the_class_path() throws Exception {
    ClassLoader without = new WithoutContextPropagation();
    assertThatExceptionOfType(ClassNotFoundException.class)
        .isThrownBy(() -> without.loadClass("io.micrometer.context.ContextSnapshotFactory"));
    Class<?> async = without.loadClass(Async.class.getName());
    assertThat(async.getClassLoader()).isSameAs(without);

    Mono<?> mono =
        (Mono<?>)
            async.getMethod("async", Callable.class).invoke(null, (Callable<String>) () -> "alone");

    assertThat(mono.contextWrite(c -> c.put("traceId", "ignored")).block(SOON)).isEqualTo("alone");
  }

  /** Loads Velox itself and sees everything else, but for context-propagation. */
  private static final class WithoutContextPropagation extends ClassLoader {
    WithoutContextPropagation() {
      super(AsyncContextTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("io.micrometer.context.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("dev.velox.reactor.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
