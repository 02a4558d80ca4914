package dev.velox.reactor;

import java.util.concurrent.TimeUnit;

enum NoopMetricsListener implements MetricsListener {
  INSTANCE;

  @Override
  public void count(Event event) {}

  @Override
  public void time(Timing timing, long amount, TimeUnit unit) {}
}
