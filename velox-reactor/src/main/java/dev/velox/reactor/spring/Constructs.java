package dev.velox.reactor.spring;

import dev.velox.reactor.MetricsListener;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.ChannelBuilder;
import dev.velox.reactor.retry.Backoff;
import dev.velox.reactor.retry.Jitter;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.retry.RetryPolicyBuilder;
import dev.velox.reactor.spring.VeloxProperties.ChannelSettings;
import dev.velox.reactor.spring.VeloxProperties.JitterKind;
import dev.velox.reactor.spring.VeloxProperties.MutexSettings;
import dev.velox.reactor.spring.VeloxProperties.RetrySettings;
import dev.velox.reactor.spring.VeloxProperties.SemaphoreSettings;
import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.sync.SyncOptions;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Makes constructs from properties, and says which property is to blame when it can't. */
final class Constructs {

  private Constructs() {}

  static <S, C> Map<String, C> all(
      String prefix, Map<String, S> settings, BiFunction<String, S, C> make) {
    Map<String, C> made = new TreeMap<>();
    settings.forEach(
        (name, each) -> {
          try {
            made.put(name, make.apply(name, each));
          } catch (IllegalArgumentException refused) {
            throw new IllegalArgumentException(
                "velox." + prefix + "." + name + ": " + refused.getMessage(), refused);
          }
        });
    return made;
  }

  static Mutex mutex(String name, MutexSettings settings, MetricsListener metrics) {
    SyncOptions options = options(name, settings.maxWaiters(), metrics);
    return settings.reentrant() ? Mutex.reentrant(options) : Mutex.create(options);
  }

  static Semaphore semaphore(String name, SemaphoreSettings settings, MetricsListener metrics) {
    Integer permits = settings.permits();
    if (permits == null) {
      throw new IllegalArgumentException("permits must be set");
    }
    return Semaphore.of(permits, options(name, settings.maxWaiters(), metrics));
  }

  private static SyncOptions options(
      String name, @Nullable Integer maxWaiters, MetricsListener metrics) {
    SyncOptions options = SyncOptions.named(name).metrics(metrics);
    return maxWaiters == null ? options : options.maxWaiters(maxWaiters);
  }

  static Channel<?> channel(String name, ChannelSettings settings, MetricsListener metrics) {
    ChannelBuilder<Object> builder =
        Channel.builder()
            .name(name)
            .capacity(settings.capacity())
            .overflow(settings.overflow())
            .metrics(metrics);
    if (settings.unbounded()) {
      if (settings.capacity() != 0) {
        throw new IllegalArgumentException(
            "unbounded must not be combined with a capacity, but that was " + settings.capacity());
      }
      builder.unbounded();
    }
    if (settings.maxWaitingSenders() != null) {
      builder.maxWaitingSenders(settings.maxWaitingSenders());
    }
    if (settings.maxWaitingReceivers() != null) {
      builder.maxWaitingReceivers(settings.maxWaitingReceivers());
    }
    return builder.build();
  }

  @SuppressWarnings("unchecked") // an array of the classes that are in the list
  static RetryPolicy retry(String name, RetrySettings settings, MetricsListener metrics) {
    RetryPolicyBuilder builder =
        RetryPolicy.builder()
            .name(name)
            .maxAttempts(settings.maxAttempts())
            .backoff(
                Backoff.exponential(settings.firstDelay(), settings.factor())
                    .max(settings.maxDelay())
                    .jitter(jitter(settings.jitter())))
            .retryOn(settings.retryOn().toArray(Class[]::new))
            .abortOn(settings.abortOn().toArray(Class[]::new))
            .metrics(metrics);
    if (settings.attemptTimeout() != null) {
      builder.attemptTimeout(settings.attemptTimeout());
    }
    if (settings.deadline() != null) {
      builder.deadline(settings.deadline());
    }
    if (settings.maxRetryAfter() != null) {
      builder.maxRetryAfter(settings.maxRetryAfter());
    }
    return builder.build();
  }

  private static Jitter jitter(JitterKind kind) {
    return switch (kind) {
      case NONE -> Jitter.NONE;
      case FULL -> Jitter.FULL;
      case EQUAL -> Jitter.EQUAL;
      case DECORRELATED -> Jitter.DECORRELATED;
    };
  }
}
