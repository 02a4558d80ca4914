package dev.velox.reactor.retry;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A receive that waits is put under a policy and under a hedge: they must not get in its way. */
class RetryContractTest extends ConstructContract {

  @Override
  protected void construct() {
    RetryPolicy plain = RetryPolicy.builder().build();
    RetryPolicy timed =
        RetryPolicy.builder()
            .attemptTimeout(Duration.ofMinutes(30))
            .deadline(Duration.ofHours(1))
            .build();
    RetryPolicy results =
        RetryPolicy.builder().retryOnEmpty().retryOnResult(Integer.class, i -> i < 0).build();
    receiver("execute", channel -> plain.execute(channel::receive));
    receiver("execute under time-outs", channel -> timed.execute(channel::receive));
    receiver("execute and look at results", channel -> results.execute(channel::receive));
    receiver("operator of a Flux", channel -> channel.asFlux().transform(plain.operator()));
    receiver("hedge", channel -> Hedge.after(Duration.ofHours(1)).execute(channel::receive));
    publisher("executeFlux", () -> plain.executeFlux(Flux::never));
    publisher("operator of a Mono", () -> Mono.never().transform(plain.operator()));
    publisher("companion", () -> (Publisher<?>) plain.generateCompanion(Flux.never()));
    publisher("resuming", () -> plain.executeFlux(Flux::never, last -> Flux.never()));

    badArgument("null call", NullPointerException.class, () -> plain.executeAttempts(null), "call");
    badArgument(
        "zero attempts",
        IllegalArgumentException.class,
        () -> RetryPolicy.builder().maxAttempts(0),
        "maxAttempts",
        "0");
    badArgument(
        "negative delay",
        IllegalArgumentException.class,
        () -> Backoff.fixed(Duration.ofMillis(-5)),
        "delay",
        "PT-0.005S");
  }

  private void receiver(String name, Function<Channel<Integer>, Publisher<?>> operation) {
    waiting(
        name,
        () -> {
          Channel<Integer> channel = Channel.bounded(16);
          return new Waiting() {
            @Override
            public Publisher<?> operation() {
              return operation.apply(channel);
            }

            @Override
            public void release() {
              channel.send(1).subscribe();
            }

            @Override
            public int waiting() {
              return channel.waitingReceivers();
            }

            @Override
            public boolean isGrantFinal() {
              // A hedge can't pass on an answer that comes after its cancellation: it discards it.
              return name.equals("hedge");
            }

            @Override
            public boolean isUntouched() {
              return channel.tryReceive().isReceived();
            }
          };
        });
  }
}
