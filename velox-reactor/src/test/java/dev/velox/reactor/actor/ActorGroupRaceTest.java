package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** Whatever races with the end of a key's actor, no message is lost and no order is changed. */
class ActorGroupRaceTest {

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration IDLE = Duration.ofMillis(20);
  private static final int RACES = 1_000;

  /** A group whose clock the test moves, and what its actors handled. */
  private static final class Subject {
    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    final Queue<Object> handled = new ConcurrentLinkedQueue<>();
    final AtomicInteger living = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final AtomicInteger made = new AtomicInteger();
    final ActorGroup<String, Object> group;

    Subject(int mailbox) {
      group =
          ActorGroup.builder(
                  (String key) -> Actor.builder(0, new Recording()).mailbox(mailbox).timer(time))
              .idleTimeout(IDLE)
              .timer(time)
              .build();
    }

    void passTime() {
      time.advanceTimeBy(IDLE.multipliedBy(2));
    }

    private final class Recording implements ContextBehavior<Integer, Object> {
      @Override
      public Mono<Integer> onStart(ActorContext<Integer, Object> context, Integer initial) {
        made.incrementAndGet();
        most.accumulateAndGet(living.incrementAndGet(), Math::max);
        return Mono.empty();
      }

      @Override
      @SuppressWarnings("unchecked")
      public Mono<Integer> receive(
          ActorContext<Integer, Object> context, Integer state, Object message) {
        if (message instanceof Reply<?> reply) {
          ((Reply<Integer>) reply).reply(state);
        } else {
          handled.add(message);
        }
        return Mono.just(state + 1);
      }

      @Override
      public Mono<Void> postStop(ActorContext<Integer, Object> context, Integer state) {
        living.decrementAndGet();
        return Mono.empty();
      }
    }
  }

  private static Subject resting() {
    Subject subject = new Subject(4);
    // Asked and answered: it has rested, or is about to.
    subject.group.actor("k").<Integer>ask(reply -> reply).block(LIMIT);
    return subject;
  }

  @Test
  void of_a_message_and_the_idle_end_none_is_lost() {
    int successors = 0;
    for (int i = 0; i < RACES; i++) {
      Subject subject = resting();
      Actor<Object> actor = subject.group.actor("k");
      List<Object> sent = new ArrayList<>();
      RaceTestUtils.race(
          subject::passTime,
          () -> {
            for (int n = 0; n < 3; n++) {
              if (actor.trySend(n) == SendResult.SENT) {
                sent.add(n);
              }
            }
          });
      subject.group.stop().block(LIMIT);
      assertThat(sent).containsExactly(0, 1, 2);
      assertThat(subject.handled).containsExactlyElementsOf(sent);
      assertThat(subject.most).as("living at once").hasValue(1);
      successors += subject.made.get() - 1;
    }
    assertThat(successors).as("idle ends that came first").isPositive();
  }

  @Test
  void of_a_send_that_may_wait_and_the_idle_end_none_is_refused() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject(1);
      Actor<Object> actor = subject.group.actor("k");
      actor.<Integer>ask(reply -> reply).block(LIMIT);
      RaceTestUtils.race(
          subject::passTime,
          () -> {
            for (int n = 0; n < 5; n++) {
              actor.send(n).subscribe();
            }
          });
      // Those that wait are let in before this one.
      actor.<Integer>ask(reply -> reply).block(LIMIT);
      subject.group.stop().block(LIMIT);
      assertThat(subject.handled).containsExactly(0, 1, 2, 3, 4);
    }
  }

  @Test
  void of_an_ask_and_the_idle_end_the_ask_is_answered() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = resting();
      Actor<Object> actor = subject.group.actor("k");
      List<Integer> answers = new ArrayList<>();
      RaceTestUtils.race(
          subject::passTime, () -> answers.add(actor.<Integer>ask(reply -> reply).block(LIMIT)));
      assertThat(answers).hasSize(1);
      subject.group.stop().block(LIMIT);
    }
  }

  @Test
  void of_two_first_messages_one_makes_the_actor() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject(4);
      RaceTestUtils.race(
          () -> subject.group.actor("k").trySend(1), () -> subject.group.actor("k").trySend(2));
      assertThat(subject.group.size()).isEqualTo(1);
      subject.group.stop().block(LIMIT);
      assertThat(subject.handled).containsExactlyInAnyOrder(1, 2);
      assertThat(subject.made).hasValue(1);
    }
  }

  @Test
  void of_a_message_and_the_end_of_the_group_what_was_accepted_is_handled() {
    for (int i = 0; i < RACES; i++) {
      Subject subject = new Subject(4);
      AtomicInteger sent = new AtomicInteger();
      RaceTestUtils.race(
          () -> {
            if (subject.group.actor("k").trySend(1) == SendResult.SENT) {
              sent.incrementAndGet();
            }
          },
          () -> subject.group.stop().subscribe());
      subject.group.terminated().block(LIMIT);
      assertThat(subject.handled).hasSize(sent.get());
      assertThat(subject.group.size()).isZero();
      assertThat(subject.living).hasValue(0);
    }
  }

  @Test
  void of_new_keys_and_a_limit_the_limit_holds() {
    for (int i = 0; i < RACES; i++) {
      ActorGroup<Integer, Integer> group =
          ActorGroup.builder((Integer key) -> Actor.builder(0, Behavior.sync(Integer::sum)))
              .maxKeys(1)
              .build();
      AtomicInteger sent = new AtomicInteger();
      Runnable[] senders = new Runnable[3];
      for (int n = 0; n < senders.length; n++) {
        int key = n;
        senders[n] = () -> sent.addAndGet(group.actor(key).trySend(1) == SendResult.SENT ? 1 : 0);
      }
      RaceTestUtils.race(senders);
      assertThat(sent).hasValue(1);
      assertThat(group.size()).isEqualTo(1);
      group.stop().block(LIMIT);
    }
  }

  private record Numbered(int sender, int number) {}

  @Test
  void under_many_senders_and_many_ends_each_keys_messages_come_once_and_in_order() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    int senders = 4;
    int keys = 3;
    int each = 1_000;
    Map<Integer, Queue<Numbered>> seen = new ConcurrentHashMap<>();
    AtomicInteger made = new AtomicInteger();
    ActorGroup<Integer, Numbered> group =
        ActorGroup.builder(
                (Integer key) ->
                    Actor.builder(
                            made.incrementAndGet(),
                            (Integer state, Numbered message) -> {
                              seen.computeIfAbsent(key, k -> new ConcurrentLinkedQueue<>())
                                  .add(message);
                              Mono<Integer> done = Mono.just(state);
                              return message.number % 5 == 0
                                  ? done.subscribeOn(Schedulers.parallel())
                                  : done;
                            })
                        .mailbox(8))
            .idleTimeout(Duration.ofMillis(1))
            .timer(time)
            .build();
    Flux.range(0, senders)
        .flatMap(
            sender ->
                Flux.range(0, each)
                    .concatMap(
                        number -> {
                          if (number % 10 == sender) {
                            time.advanceTimeBy(Duration.ofMillis(20));
                          }
                          return group.actor(number % keys).send(new Numbered(sender, number));
                        })
                    .subscribeOn(Schedulers.boundedElastic()))
        .blockLast(LIMIT);
    group.stop().block(LIMIT);

    for (int key = 0; key < keys; key++) {
      int[] last = new int[senders];
      Arrays.fill(last, -1);
      for (Numbered message : seen.get(key)) {
        assertThat(message.number).isGreaterThan(last[message.sender]);
        last[message.sender] = message.number;
      }
    }
    assertThat(seen.values().stream().mapToInt(Queue::size).sum()).isEqualTo(senders * each);
    assertThat(made.get()).as("actors made").isGreaterThan(keys);
  }
}
