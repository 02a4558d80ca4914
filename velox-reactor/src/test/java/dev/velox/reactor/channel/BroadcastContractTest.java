package dev.velox.reactor.channel;

import dev.velox.reactor.testing.ConstructContract;
import dev.velox.reactor.testing.Waiting;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.test.subscriber.TestSubscriber;

class BroadcastContractTest extends ConstructContract {

  @Override
  protected void construct() {
    waiting(
        "publish",
        () -> {
          Broadcast<Integer> broadcast =
              Broadcast.<Integer>builder().subscribers(SlowSubscriber.WAIT, 1).build();
          TestSubscriber<Integer> slow = TestSubscriber.builder().initialRequest(0).build();
          broadcast.asFlux().subscribe(slow);
          broadcast.tryPublish(0);
          return new Waiting() {
            @Override
            public Publisher<?> operation() {
              return broadcast.publish(1);
            }

            @Override
            public void release() {
              slow.request(1);
            }

            @Override
            public int waiting() {
              return broadcast.waitingPublishers();
            }

            @Override
            public boolean isUntouched() {
              return broadcast.tryPublish(2).isPublished();
            }

            @Override
            public boolean isGrantFinal() {
              return true;
            }
          };
        });
    publisher("asFlux", () -> Broadcast.create().asFlux(SlowSubscriber.DROP_LATEST, 1));
    publisher("publishAll", () -> Broadcast.<Integer>create().publishAll(Flux.just(1)));
  }
}
