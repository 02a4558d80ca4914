package dev.velox.reactor.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.velox.reactor.actor.Termination.Reason;
import dev.velox.reactor.channel.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;
import reactor.test.util.RaceTestUtils;

/** Several actors as one: who gets what, and what happens when one of them stops. */
class RouterTest {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final List<String> log = new ArrayList<>();
  private final Sinks.One<Integer> gate = Sinks.one();

  /** Logs what it is told; answers by its name; waits at "wait", fails at "fail". */
  private StatefulActor<Integer, Object> actor(String name) {
    return Actor.builder(0, (Integer state, Object message) -> receive(name, state, message))
        .name(name)
        .mailbox(1)
        .scheduler(Schedulers.immediate())
        .build();
  }

  @SuppressWarnings("unchecked")
  private Mono<Integer> receive(String name, int state, Object message) {
    if (message instanceof Question question) {
      log.add(name + " asked " + question.key);
      return question.key.equals("fail")
          ? Mono.error(new IllegalStateException("no"))
          : Mono.fromSupplier(
              () -> {
                question.reply.reply(name);
                return state;
              });
    }
    if (message instanceof ReplyStream<?> stream) {
      return ((ReplyStream<String>) stream)
          .next(name)
          .then(Mono.fromRunnable(stream::complete))
          .thenReturn(state);
    }
    log.add(name + " " + message);
    return message.equals("wait") ? gate.asMono() : Mono.just(state + 1);
  }

  private record Question(String key, Reply<String> reply) {}

  private static Object key(Object message) {
    return message instanceof Question question ? question.key : message;
  }

  private List<StatefulActor<Integer, Object>> actors(int count) {
    return IntStream.range(0, count).mapToObj(i -> actor("a" + i)).toList();
  }

  private static String ask(Actor<Object> router, String key) {
    return router.<String>ask(reply -> new Question(key, reply)).block(LIMIT);
  }

  // ---- round-robin ----------------------------------------------------------------------------

  @Test
  void round_robin_takes_one_after_the_other() {
    Actor<Object> router = Router.roundRobin(actors(3));
    router.send("x").block(LIMIT);
    router.trySend("y");
    assertThat(ask(router, "k")).isEqualTo("a2");
    router.tell("z").block(LIMIT);
    assertThat(log).containsExactly("a0 x", "a1 y", "a2 asked k", "a0 z");
    assertThat(router.<String>askMany(stream -> stream).blockFirst(LIMIT)).isEqualTo("a1");
    assertThat(router.name()).isEqualTo("roundRobin(a0, a1, a2)");
  }

  @Test
  void each_subscription_is_a_turn_of_its_own() {
    Actor<Object> router = Router.roundRobin(actors(2));
    Mono<Void> send = router.send("x");
    assertThat(log).isEmpty();
    send.then(send).block(LIMIT);
    assertThat(log).containsExactly("a0 x", "a1 x");
  }

  @Test
  void one_that_has_stopped_is_left_out_and_when_all_have_the_router_refuses() {
    List<StatefulActor<Integer, Object>> actors = actors(3);
    Actor<Object> router = Router.roundRobin(actors);
    actors.get(1).dispose();
    for (int i = 0; i < 4; i++) {
      router.send(i).block(LIMIT);
    }
    assertThat(log).noneMatch(line -> line.startsWith("a1")).hasSize(4);
    assertThat(router.isDisposed()).isFalse();
    actors.get(0).dispose();
    assertThat(ask(router, "k")).isEqualTo("a2");

    actors.get(2).dispose();
    assertThat(router.isDisposed()).isTrue();
    StepVerifier.create(router.send("x"))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(ActorStoppedException.class)
                    .hasMessageContaining("roundRobin(a0, a1, a2)"));
    StepVerifier.create(router.ask(reply -> "x")).verifyError(ActorStoppedException.class);
    StepVerifier.create(router.askMany(reply -> "x")).verifyError(ActorStoppedException.class);
    assertThat(router.trySend("x")).isEqualTo(SendResult.CLOSED);
  }

  @Test
  void a_send_whose_actor_stops_while_it_waits_goes_to_the_next() {
    List<StatefulActor<Integer, Object>> actors = actors(2);
    Actor<Object> router = Router.roundRobin(actors);
    actors.get(0).trySend("wait");
    actors.get(0).trySend("full");
    TestSubscriber<Void> sent = TestSubscriber.create();
    router.send("x").subscribe(sent);
    assertThat(router.waitingSenders()).isEqualTo(1);
    assertThat(router.mailboxSize()).isEqualTo(1);
    actors.get(0).dispose();
    assertThat(sent.isTerminatedComplete()).isTrue();
    assertThat(log).endsWith("a1 x");
  }

  @Test
  void what_must_not_wait_passes_over_the_full() {
    List<StatefulActor<Integer, Object>> actors = actors(2);
    Actor<Object> router = Router.roundRobin(actors);
    actors.get(0).trySend("wait");
    actors.get(0).trySend("full");
    assertThat(router.trySend("x")).isEqualTo(SendResult.SENT);
    assertThat(log).endsWith("a1 x");
    actors.get(1).trySend("wait");
    actors.get(1).trySend("full");
    assertThat(router.trySend("x")).isEqualTo(SendResult.FULL);
  }

  // ---- consistent hash ------------------------------------------------------------------------

  @Test
  void messages_of_a_key_are_handled_by_one_actor_in_order() {
    record Message(int key, int number) {}
    int keys = 50;
    int each = 200;
    Map<Integer, Queue<Integer>> seen = new ConcurrentHashMap<>();
    Map<Integer, Queue<String>> by = new ConcurrentHashMap<>();
    List<StatefulActor<Integer, Message>> actors =
        IntStream.range(0, 4)
            .mapToObj(
                i ->
                    Actor.builder(
                            0,
                            (Integer state, Message message) -> {
                              seen.computeIfAbsent(message.key, k -> new ConcurrentLinkedQueue<>())
                                  .add(message.number);
                              by.computeIfAbsent(message.key, k -> new ConcurrentLinkedQueue<>())
                                  .add("a" + i);
                              Mono<Integer> done = Mono.just(state);
                              return message.number % 7 == 0
                                  ? done.subscribeOn(Schedulers.parallel())
                                  : done;
                            })
                        .name("a" + i)
                        .mailbox(4)
                        .build())
            .toList();
    Actor<Message> router = Router.consistentHash(actors, Message::key);
    Flux.range(0, keys)
        .flatMap(
            key ->
                router
                    .sendAll(Flux.range(0, each).map(number -> new Message(key, number)))
                    .subscribeOn(Schedulers.boundedElastic()),
            8)
        .blockLast(LIMIT);
    router.stop().block(LIMIT);
    for (int key = 0; key < keys; key++) {
      assertThat(List.copyOf(seen.get(key))).hasSize(each).isSorted();
      assertThat(by.get(key)).containsOnly(by.get(key).peek());
    }
    assertThat(by.values().stream().map(Queue::peek).distinct()).hasSize(4);
  }

  @Test
  void keys_are_spread_and_only_those_of_one_that_goes_move() {
    List<StatefulActor<Integer, Object>> actors = actors(10);
    Actor<Object> router = Router.consistentHash(actors, RouterTest::key);
    Map<String, String> before = owners(router);
    Map<String, Integer> shares = new HashMap<>();
    before.values().forEach(owner -> shares.merge(owner, 1, Integer::sum));
    assertThat(shares).hasSize(10);
    assertThat(shares.values()).allSatisfy(share -> assertThat(share).isBetween(50, 150));

    actors.get(3).dispose();
    Map<String, String> after = owners(router);
    before.forEach(
        (key, owner) -> {
          if (owner.equals("a3")) {
            assertThat(after.get(key)).isNotEqualTo("a3");
          } else {
            assertThat(after).containsEntry(key, owner);
          }
        });
    assertThat(
            before.keySet().stream()
                .filter(key -> before.get(key).equals("a3"))
                .map(after::get)
                .distinct())
        .as("who takes over")
        .hasSizeGreaterThan(5);
  }

  private Map<String, String> owners(Actor<Object> router) {
    Map<String, String> owners = new HashMap<>();
    for (int i = 0; i < 1_000; i++) {
      String key = "key " + i;
      owners.put(key, ask(router, key));
    }
    return owners;
  }

  @Test
  void routers_over_actors_of_the_same_names_agree() {
    Map<String, String> first = owners(Router.consistentHash(actors(5), RouterTest::key));
    assertThat(owners(Router.consistentHash(actors(5), RouterTest::key))).isEqualTo(first);
    // One more takes keys from all, and moves no other.
    owners(Router.consistentHash(actors(6), RouterTest::key))
        .forEach(
            (key, owner) -> {
              if (!owner.equals("a5")) {
                assertThat(first).containsEntry(key, owner);
              }
            });
  }

  @Test
  void by_hash_too_the_stopped_are_left_out_and_an_ask_whose_actor_stops_fails() {
    List<StatefulActor<Integer, Object>> actors = actors(2);
    Actor<Object> router = Router.consistentHash(actors, RouterTest::key);
    String owner = ask(router, "k");
    StatefulActor<Integer, Object> first = actors.get(owner.equals("a0") ? 0 : 1);
    StatefulActor<Integer, Object> second = actors.get(owner.equals("a0") ? 1 : 0);
    first.trySend("wait");
    TestSubscriber<String> asked = TestSubscriber.create();
    router.<String>ask(reply -> new Question("k", reply), LIMIT).subscribe(asked);
    TestSubscriber<Void> waiting = TestSubscriber.create();
    router.send("k").subscribe(waiting);
    assertThat(router.trySend("k")).isEqualTo(SendResult.FULL);
    first.kill().block(LIMIT);
    assertThat(asked.expectTerminalError()).isInstanceOf(ActorStoppedException.class);
    assertThat(waiting.isTerminatedComplete()).isTrue();
    assertThat(log).endsWith(second.name() + " k");
    assertThat(router.trySend("k")).isEqualTo(SendResult.SENT);
    second.dispose();
    assertThat(router.trySend("k")).isEqualTo(SendResult.CLOSED);
    StepVerifier.create(router.send("k")).verifyError(ActorStoppedException.class);
  }

  @Test
  void two_actors_of_a_name_are_refused() {
    assertThatThrownBy(
            () -> Router.consistentHash(List.of(actor("a"), actor("a")), RouterTest::key))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("actors must not have two of the name a");
  }

  // ---- broadcast ------------------------------------------------------------------------------

  @Test
  void a_broadcast_reaches_all() {
    Actor<Object> router = Router.broadcast(actors(3));
    router.send("x").block(LIMIT);
    assertThat(router.trySend("y")).isEqualTo(SendResult.SENT);
    assertThat(log).containsExactly("a0 x", "a1 x", "a2 x", "a0 y", "a1 y", "a2 y");
    assertThat(router.<String>askMany(stream -> stream).collectList().block(LIMIT))
        .containsExactlyInAnyOrder("a0", "a1", "a2");
  }

  @Test
  void a_broadcast_is_sent_when_all_that_live_have_accepted_it() {
    List<StatefulActor<Integer, Object>> actors = actors(3);
    Actor<Object> router = Router.broadcast(actors);
    actors.get(0).dispose();
    actors.get(1).trySend("wait");
    actors.get(1).trySend("full");
    TestSubscriber<Void> sent = TestSubscriber.create();
    router.send("x").subscribe(sent);
    assertThat(log).endsWith("a2 x");
    assertThat(sent.isTerminated()).isFalse();
    assertThat(router.trySend("y")).isEqualTo(SendResult.FULL);
    assertThat(log).endsWith("a2 y");
    gate.tryEmitValue(1);
    assertThat(sent.isTerminatedComplete()).isTrue();
    actors.forEach(Disposable::dispose);
    StepVerifier.create(router.send("x")).verifyError(ActorStoppedException.class);
    assertThat(router.trySend("x")).isEqualTo(SendResult.CLOSED);
    StepVerifier.create(router.askMany(stream -> stream)).verifyError(ActorStoppedException.class);
    StepVerifier.create(router.ask(reply -> reply)).verifyError(ActorStoppedException.class);
  }

  @Test
  void the_first_answer_of_a_broadcast_counts_and_the_other_asks_are_never_executed() {
    List<StatefulActor<Integer, Object>> actors = actors(3);
    Actor<Object> router = Router.broadcast(actors);
    actors.get(0).trySend("wait");
    assertThat(ask(router, "k")).isEqualTo("a1");
    gate.tryEmitValue(1);
    assertThat(log).noneMatch(line -> line.startsWith("a0 asked"));
    StepVerifier.create(router.<String>ask(reply -> new Question("fail", reply)))
        .verifyErrorMessage("no");
    assertThat(router.<String>ask(reply -> new Question("k", reply), LIMIT).block(LIMIT))
        .isEqualTo("a0");
  }

  // ---- life -----------------------------------------------------------------------------------

  @Test
  void a_router_lives_and_ends_as_its_actors_do() {
    List<StatefulActor<Integer, Object>> actors = actors(3);
    Actor<Object> router = Router.roundRobin(actors);
    TestSubscriber<Termination> ended = TestSubscriber.create();
    router.terminated().subscribe(ended);
    actors.get(0).kill().block(LIMIT);
    actors.get(1).stop().block(LIMIT);
    assertThat(ended.isTerminated()).isFalse();
    assertThat(router.stop().block(LIMIT).reason()).isEqualTo(Reason.KILLED);
    assertThat(ended.getReceivedOnNext())
        .containsExactly(new Termination(router.name(), Reason.KILLED, null));
    assertThat(actors).allMatch(Actor::isDisposed);

    StatefulActor<Integer, Object> failing =
        Actor.builder(0, (Integer state, Object message) -> receive("f", state, message))
            .supervision(Supervision.stop())
            .scheduler(Schedulers.immediate())
            .build();
    Actor<Object> other = Router.broadcast(List.of(actor("a"), failing));
    other.<String>ask(reply -> new Question("fail", reply)).onErrorComplete().block(LIMIT);
    Termination end = other.stopNow().block(LIMIT);
    assertThat(end.reason()).isEqualTo(Reason.FAILED);
    assertThat(end.cause()).hasMessage("no");
  }

  @Test
  void a_router_of_routers_and_keys_is_an_actor_like_any_other() {
    ActorGroup<String, Object> group =
        ActorGroup.byKey(
            (String key) ->
                Actor.builder(0, (Integer state, Object message) -> receive(key, state, message))
                    .scheduler(Schedulers.immediate()));
    Actor<Object> router =
        Router.broadcast(
            List.of(Router.roundRobin(List.of(group.actor("x"), group.actor("y"))), actor("z")));
    assertThat(router.sendAll(Flux.just("1", "2")).block(LIMIT)).isEqualTo(2);
    Flux.just("3").subscribe(router.asSubscriber());
    assertThat(log).containsExactly("x 1", "z 1", "y 2", "z 2", "x 3", "z 3");
    assertThat(ask(router, "k")).isEqualTo("y");
    router.dispose();
    assertThat(group.size()).isZero();
  }

  @Test
  void bad_arguments_fail_at_the_call() {
    assertThatThrownBy(() -> Router.roundRobin(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("actors must not be empty");
    assertThatThrownBy(() -> Router.broadcast(null)).hasMessage("actors must not be null");
    assertThatThrownBy(() -> Router.consistentHash(actors(1), null))
        .hasMessage("key must not be null");
    Actor<Object> router = Router.roundRobin(actors(1));
    assertThatThrownBy(() -> router.send(null)).hasMessage("message must not be null");
    assertThatThrownBy(() -> router.trySend(null)).hasMessage("message must not be null");
    assertThatThrownBy(() -> router.ask(null)).hasMessage("question must not be null");
    assertThatThrownBy(() -> router.ask(reply -> reply, Duration.ZERO))
        .hasMessageContaining("PT0S");
    assertThatThrownBy(() -> router.stop(Duration.ofSeconds(-1))).hasMessageContaining("PT-1S");
  }

  @Test
  void of_a_send_through_a_router_and_the_stop_of_an_actor_no_message_is_lost() {
    for (int i = 0; i < 1_000; i++) {
      AtomicInteger handled = new AtomicInteger();
      List<StatefulActor<Integer, Integer>> actors =
          IntStream.range(0, 2)
              .mapToObj(
                  n ->
                      Actor.of(
                          0,
                          Behavior.sync(
                              (Integer state, Integer message) -> {
                                handled.incrementAndGet();
                                return state;
                              })))
              .toList();
      Actor<Integer> router = Router.roundRobin(actors);
      AtomicInteger sent = new AtomicInteger();
      Runnable send = () -> router.send(1).subscribe(nothing -> {}, e -> {}, sent::incrementAndGet);
      RaceTestUtils.race(send, send, () -> actors.get(0).stop().subscribe());
      router.stop().block(LIMIT);
      assertThat(sent).hasValue(2);
      assertThat(handled).hasValue(2);
    }
  }
}
