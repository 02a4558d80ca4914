package dev.velox.reactor.retry;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.MetricsListener.Event;
import dev.velox.reactor.MetricsListener.Timing;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Tells a metrics listener what a retry listener hears. */
record RetryMetrics(MetricsListener metrics) implements RetryListener {

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
