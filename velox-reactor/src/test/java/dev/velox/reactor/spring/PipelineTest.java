package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class PipelineTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final Channel<Integer> channel = Channel.bounded(4);

  @Test
  void it_takes_nothing_before_it_is_started() {
    List<Integer> seen = new ArrayList<>();
    Pipeline pipeline = Pipeline.of("seen", channel, flux -> flux.doOnNext(seen::add));
    assertThat(channel.trySend(1)).isEqualTo(SendResult.SENT);
    assertThat(channel.size()).isOne();
    pipeline.start();
    pipeline.start();
    assertThat(seen).containsExactly(1);
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.RUNNING);
  }

  @Test
  void it_ends_when_the_work_on_the_last_element_has_ended() {
    Sinks.Empty<Void> work = Sinks.empty();
    Pipeline pipeline = Pipeline.of("slow", channel, flux -> flux.concatMap(e -> work.asMono()));
    pipeline.start();
    assertThat(channel.trySend(1)).isEqualTo(SendResult.SENT);
    assertThat(channel.close()).isTrue();
    StepVerifier.create(pipeline.ended())
        .expectSubscription()
        .then(() -> assertThat(channel.onDrained().block(LONG)).isNull())
        .then(() -> assertThat(pipeline.state()).isEqualTo(Pipeline.State.RUNNING))
        .then(work::tryEmitEmpty)
        .expectComplete()
        .verify(LONG);
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.COMPLETED);
  }

  @Test
  void an_error_ends_it_and_is_kept() {
    IllegalStateException failure = new IllegalStateException("no");
    Pipeline pipeline = Pipeline.of("failing", channel, flux -> Mono.error(failure));
    pipeline.start();
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.FAILED);
    assertThat(pipeline.failure()).isSameAs(failure);
    StepVerifier.create(pipeline.ended()).verifyComplete();

    Pipeline throwing =
        Pipeline.of(
            "throwing",
            channel,
            flux -> {
              throw failure;
            });
    throwing.start();
    assertThat(throwing.failure()).isSameAs(failure);
  }

  @Test
  void cancelled_it_gives_back_what_it_has_not_taken() {
    Pipeline pipeline = Pipeline.of("stuck", channel, flux -> flux.concatMap(e -> Mono.never(), 1));
    pipeline.start();
    for (int i = 0; i < 3; i++) {
      assertThat(channel.trySend(i)).isEqualTo(SendResult.SENT);
    }
    pipeline.cancel();
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.CANCELLED);
    assertThat(channel.size()).isPositive();
    StepVerifier.create(pipeline.ended()).expectComplete().verify(LONG);
  }

  @Test
  void cancelled_before_it_is_started_it_never_starts() {
    Pipeline pipeline = Pipeline.of("never", channel, flux -> flux);
    pipeline.cancel();
    pipeline.start();
    assertThat(pipeline.state()).isEqualTo(Pipeline.State.CANCELLED);
    assertThat(channel.waitingReceivers()).isZero();
  }
}
