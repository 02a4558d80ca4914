package dev.velox.reactor.retry;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Kind;
import dev.velox.reactor.MetricsListener.Timing;
import dev.velox.reactor.internal.Metrics;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells a metrics listener what a retry listener hears. */
record RetryMetrics(MetricsListener metrics) implements RetryListener {

  /** The same with the listener that a policy of this name tells; {@code null} for nobody. */
  @Nullable RetryMetrics of(@Nullable String name) {
    MetricsListener told = Metrics.of(metrics, Kind.RETRY, name);
    return told == null ? null : new RetryMetrics(told);
  }

  @Override
  public void beforeAttempt(int attempt) {
    metrics.count(Event.STARTED);
  }

  @Override
  public void onRetry(FailedAttempt failed, Duration delay) {
    metrics.count(Event.RETRIED);
    metrics.time(Timing.WAIT, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void onGiveUp(FailedAttempt failed, Reason reason) {
    metrics.count(Event.FAILED);
  }

  @Override
  public void onSuccess(int attempt) {
    metrics.count(Event.SUCCEEDED);
  }
}
