package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.examples.quickstart.ActorExample.Counter;
import dev.velox.examples.quickstart.ActorExample.Decrement;
import dev.velox.examples.quickstart.ActorExample.Get;
import dev.velox.examples.quickstart.ActorExample.Increment;
import dev.velox.reactor.actor.StatefulActor;
import dev.velox.tck.actor.ActorProbe;
import dev.velox.tck.actor.BehaviorTester;
import dev.velox.tck.actor.ReplyProbe;
import dev.velox.tck.actor.Step;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The specification's {@code CounterActor}, tested with the kit for actors. */
class CounterActorTest {

  private final BehaviorTester<Integer, Counter> counter =
      BehaviorTester.of(0, ActorExample.COUNTING);

  @Test
  void it_counts_up_and_down() {
    assertThat(counter.run(new Increment()).state()).isEqualTo(1);
    assertThat(counter.run(new Increment()).state()).isEqualTo(2);
    assertThat(counter.run(new Decrement()).state()).isEqualTo(1);
    counter.expectIdle(); // it has sent itself nothing
  }

  @Test
  void it_answers_with_the_state_and_keeps_it() {
    counter.run(new Increment());

    ReplyProbe<Integer> reply = counter.ask(Get::new);

    reply.expectReply(1); // once, and no more
    Step<Integer, Counter> step = counter.last();
    assertThat(step.state()).isEqualTo(step.before());
    assertThat(step.effects()).isEmpty();
  }

  @Test
  void those_who_watch_its_states_see_each_change() {
    ActorProbe<Integer> watcher = ActorProbe.create();
    StatefulActor<Integer, Counter> actor = counter.actor();
    actor.states().subscribe(watcher.ref()::trySend);

    counter.run(new Increment());
    counter.run(new Decrement());

    assertThat(watcher.receiveMessages(3)).containsExactly(0, 1, 0);
    watcher.expectNoMessage(Duration.ZERO);
  }

  @Test
  void it_ends_when_it_is_told_to() {
    StatefulActor<Integer, Counter> actor = ActorExample.counterActor();
    actor.dispose();

    ActorProbe.create().expectTerminated(actor);
  }
}
