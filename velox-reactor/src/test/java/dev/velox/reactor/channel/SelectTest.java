package dev.velox.reactor.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

class SelectTest {

  private static <T> TestSubscriber<T> subscribe(Mono<T> mono) {
    TestSubscriber<T> subscriber = TestSubscriber.create();
    mono.subscribe(subscriber);
    return subscriber;
  }

  private static Mono<String> either(Channel<Integer> a, Channel<Integer> b) {
    return Select.<String>fair()
        .onReceive(a, element -> "a" + element)
        .onReceive(b, element -> "b" + element)
        .toMono();
  }

  @Test
  void takes_from_the_channel_that_has_something_and_leaves_the_other_alone() {
    Channel<Integer> a = Channel.bounded(1);
    Channel<Integer> b = Channel.bounded(1);
    b.trySend(7);

    StepVerifier.create(either(a, b)).expectNext("b7").verifyComplete();

    assertThat(a.waitingReceivers()).isZero();
    assertThat(b.waitingReceivers()).isZero();
  }

  @Test
  void waits_for_the_first_and_leaves_the_line_of_the_other() {
    Channel<Integer> a = Channel.rendezvous();
    Channel<Integer> b = Channel.rendezvous();
    TestSubscriber<String> selected = subscribe(either(a, b));
    assertThat(a.waitingReceivers()).isEqualTo(1);

    assertThat(b.trySend(1)).isEqualTo(SendResult.SENT);

    assertThat(selected.getReceivedOnNext()).containsExactly("b1");
    assertThat(selected.isTerminatedComplete()).isTrue();
    assertThat(a.waitingReceivers()).isZero();
    assertThat(a.trySend(2)).isEqualTo(SendResult.FULL);
  }

  @Test
  void sends_or_receives_whichever_is_possible() {
    Channel<Integer> in = Channel.bounded(1);
    Channel<Integer> out = Channel.bounded(1);
    out.trySend(0);
    Mono<String> select =
        Select.<String>biased()
            .onReceive(in, element -> "received " + element)
            .onSend(out, 9, () -> "sent")
            .toMono();
    TestSubscriber<String> selected = subscribe(select);

    assertThat(out.tryReceive().get()).isZero();

    assertThat(selected.getReceivedOnNext()).containsExactly("sent");
    assertThat(out.tryReceive().get()).isEqualTo(9);
    assertThat(in.waitingReceivers()).isZero();
    out.trySend(1);
    in.trySend(5);
    StepVerifier.create(select).expectNext("received 5").verifyComplete();
    assertThat(out.tryReceive().get()).isEqualTo(1);
    assertThat(out.size()).isZero();
  }

  @Test
  void a_default_does_not_wait() {
    Channel<Integer> a = Channel.bounded(1);
    Mono<String> select =
        Select.<String>fair().onReceive(a, element -> "a" + element).orElse(() -> "none").toMono();

    StepVerifier.create(select).expectNext("none").verifyComplete();
    a.trySend(1);
    StepVerifier.create(select).expectNext("a1").verifyComplete();
    assertThat(a.waitingReceivers()).isZero();
  }

  @Test
  void a_time_out_takes_nothing() {
    Channel<Integer> a = Channel.bounded(1);

    StepVerifier.withVirtualTime(
            () ->
                Select.<String>fair()
                    .onReceive(a, element -> "a" + element)
                    .onTimeout(Duration.ofSeconds(3), () -> "late")
                    .toMono())
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(2))
        .thenAwait(Duration.ofSeconds(1))
        .expectNext("late")
        .verifyComplete();

    assertThat(a.waitingReceivers()).isZero();
    a.trySend(1);
    assertThat(a.size()).isEqualTo(1);
  }

  @Test
  void biased_takes_the_first_written_and_rotating_takes_turns() {
    Channel<Integer> a = Channel.unbounded();
    Channel<Integer> b = Channel.unbounded();
    for (int i = 0; i < 4; i++) {
      a.trySend(i);
      b.trySend(i);
    }
    Mono<String> biased =
        Select.<String>biased().onReceive(a, x -> "a").onReceive(b, x -> "b").toMono();
    assertThat(List.of(biased.block(), biased.block())).containsExactly("a", "a");
    Mono<String> rotating =
        Select.<String>rotating().onReceive(a, x -> "a").onReceive(b, x -> "b").toMono();
    assertThat(List.of(rotating.block(), rotating.block(), rotating.block(), rotating.block()))
        .containsExactly("a", "b", "a", "b");
  }

  @Test
  void fair_is_fair_within_five_per_cent() {
    fairness(100_000);
  }

  @Test
  @Tag("stress")
  void fair_is_fair_within_five_per_cent_over_a_million_rounds() {
    fairness(1_000_000);
  }

  private static void fairness(int rounds) {
    Channel<Integer> a = Channel.unbounded();
    Channel<Integer> b = Channel.unbounded();
    AtomicInteger fromA = new AtomicInteger();
    a.trySend(0);
    b.trySend(0);
    Mono<Boolean> select =
        Select.<Boolean>fair()
            .onReceive(a, x -> a.trySend(fromA.incrementAndGet()).isSent())
            .onReceive(b, x -> b.trySend(0).isSent())
            .toMono();

    select.repeat(rounds - 1).blockLast();

    assertThat(fromA.get()).isBetween((int) (rounds * 0.475), (int) (rounds * 0.525));
  }

  @Test
  void a_closed_channel_is_passed_over_and_none_left_is_the_end() {
    Channel<Integer> a = Channel.bounded(1);
    Channel<Integer> b = Channel.bounded(1);
    a.close();
    TestSubscriber<String> selected = subscribe(either(a, b));
    assertThat(selected.isTerminated()).isFalse();
    b.trySend(1);
    assertThat(selected.getReceivedOnNext()).containsExactly("b1");

    TestSubscriber<String> ended = subscribe(either(a, b));
    b.close();
    assertThat(ended.isTerminatedComplete()).isTrue();

    Channel<Integer> failed = Channel.bounded(1);
    failed.close(new IllegalStateException("cause"));
    StepVerifier.create(either(a, failed)).verifyErrorMessage("cause");
    StepVerifier.create(Select.<String>fair().onSend(a, 1, () -> "sent").toMono())
        .verifyError(ChannelClosedException.class);
  }

  @Test
  void cancelled_it_receives_and_sends_nothing() {
    Channel<Integer> a = Channel.bounded(1);
    Channel<Integer> full = Channel.bounded(1);
    full.trySend(0);
    TestSubscriber<String> selected =
        subscribe(
            Select.<String>fair()
                .onReceive(a, x -> "received")
                .onSend(full, 1, () -> "sent")
                .toMono());

    selected.cancel();

    assertThat(a.waitingReceivers() + full.waitingSenders()).isZero();
    a.trySend(5);
    assertThat(a.size()).isEqualTo(1);
    assertThat(full.tryReceive().get()).isZero();
    assertThat(full.tryReceive().isEmpty()).isTrue();
  }

  @Test
  void a_handler_that_throws_fails_the_selection() {
    Channel<Integer> a = Channel.bounded(1);
    a.trySend(1);
    StepVerifier.create(
            Select.<String>fair()
                .onReceive(
                    a,
                    element -> {
                      throw new IllegalStateException("handler");
                    })
                .toMono())
        .verifyErrorMessage("handler");
    assertThat(a.trySend(2)).isEqualTo(SendResult.SENT);
  }

  @Test
  void two_channels_that_become_ready_at_once_lose_nothing() {
    bothReady(3_000);
  }

  @Test
  @Tag("stress")
  void two_channels_that_become_ready_at_once_lose_nothing_ever() {
    bothReady(100_000);
  }

  private static void bothReady(int races) {
    for (int i = 0; i < races; i++) {
      Channel<Integer> a = Channel.bounded(i % 2);
      Channel<Integer> b = Channel.bounded(i % 2);
      TestSubscriber<String> selected = TestSubscriber.create();

      RaceTestUtils.race(
          () -> either(a, b).subscribe(selected),
          () -> a.send(1).subscribe(),
          () -> b.send(2).subscribe());

      assertThat(selected.getReceivedOnNext()).hasSize(1);
      int left = (a.tryReceive().isReceived() ? 1 : 0) + (b.tryReceive().isReceived() ? 1 : 0);
      assertThat(left).isEqualTo(1);
      assertThat(a.waitingReceivers() + b.waitingReceivers()).isZero();
    }
  }

  @Test
  void a_selection_cancelled_as_it_is_served_passes_the_element_on() {
    for (int i = 0; i < 3_000; i++) {
      Channel<Integer> a = Channel.bounded(1);
      Channel<Integer> b = Channel.bounded(1);
      TestSubscriber<String> selected = subscribe(either(a, b));

      RaceTestUtils.race(selected::cancel, () -> a.trySend(1), () -> b.trySend(2));

      int got = selected.getReceivedOnNext().size();
      int left = (a.tryReceive().isReceived() ? 1 : 0) + (b.tryReceive().isReceived() ? 1 : 0);
      assertThat(got + left).isEqualTo(2);
    }
  }

  @Test
  void two_selections_on_opposite_channels_meet() {
    for (int i = 0; i < 3_000; i++) {
      Channel<Integer> a = Channel.rendezvous();
      Channel<Integer> b = Channel.rendezvous();
      TestSubscriber<String> first = TestSubscriber.create();
      TestSubscriber<String> second = TestSubscriber.create();

      RaceTestUtils.race(
          () ->
              Select.<String>fair()
                  .onSend(a, 1, () -> "sent a")
                  .onReceive(b, x -> "received b")
                  .toMono()
                  .subscribe(first),
          () ->
              Select.<String>fair()
                  .onSend(b, 2, () -> "sent b")
                  .onReceive(a, x -> "received a")
                  .toMono()
                  .subscribe(second));

      List<String> both = new ArrayList<>(first.getReceivedOnNext());
      both.addAll(second.getReceivedOnNext());
      assertThat(both).isIn(List.of("sent a", "received a"), List.of("received b", "sent b"));
      assertThat(a.waitingSenders() + a.waitingReceivers()).isZero();
      assertThat(b.waitingSenders() + b.waitingReceivers()).isZero();
    }
  }

  @Test
  void bad_arguments_and_contradictions_are_refused() {
    Channel<Integer> a = Channel.bounded(1);
    assertThatThrownBy(() -> Select.fair().toMono())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("clause");
    assertThatThrownBy(
            () -> Select.<String>fair().onTimeout(Duration.ZERO, () -> "").onReceive(a, x -> ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("after");
    assertThatThrownBy(
            () -> Select.<String>fair().orElse(() -> "").onTimeout(Duration.ofSeconds(1), () -> ""))
        .isInstanceOf(IllegalStateException.class);
  }
}
