package dev.velox.reactor.spring;

import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/**
 * {@code DOWN} when a pipeline has failed, so that nobody receives from its channel any more;
 * {@code OUT_OF_SERVICE} while the application works off what it has accepted. A construct that is
 * full is none of its business: that is load, and passes.
 */
final class VeloxHealthIndicator implements ReactiveHealthIndicator {

  private final LiveBeans beans;
  private final GracefulShutdown shutdown;

  VeloxHealthIndicator(LiveBeans beans, GracefulShutdown shutdown) {
    this.beans = beans;
    this.shutdown = shutdown;
  }

  @Override
  public Mono<Health> health() {
    return Mono.fromSupplier(this::look);
  }

  private Health look() {
    Map<String, String> pipelines = new TreeMap<>();
    boolean failed = false;
    for (Pipeline pipeline : beans.of(Pipeline.class).values()) {
      Throwable failure = pipeline.failure();
      failed |= failure != null;
      pipelines.put(pipeline.name(), pipeline.state() + (failure == null ? "" : ": " + failure));
    }
    Health.Builder health =
        failed ? Health.down() : shutdown.isRunning() ? Health.up() : Health.outOfService();
    return health.withDetail("pipelines", pipelines).build();
  }
}
