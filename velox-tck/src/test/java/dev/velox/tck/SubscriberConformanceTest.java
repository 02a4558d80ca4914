package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.Rule.Origin;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import reactor.core.publisher.BaseSubscriber;

class SubscriberConformanceTest {

  private static SubscriberConformance<Integer> base() {
    return SubscriberConformance.of("BaseSubscriber", Probed::new, n -> n);
  }

  @TestFactory
  Stream<DynamicNode> reactors_base_subscriber_follows_every_rule() {
    return base().tests();
  }

  @Test
  void every_check_of_the_official_kit_applies() {
    assertThat(base().rules()).filteredOn(rule -> rule.origin() == Origin.TCK).hasSize(14);
  }

  private static final class Probed extends BaseSubscriber<Integer> {
    private final WhiteboxSubscriberProbe<Integer> probe;

    Probed(WhiteboxSubscriberProbe<Integer> probe) {
      this.probe = probe;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      probe.registerOnSubscribe(
          new SubscriberPuppet() {
            @Override
            public void triggerRequest(long elements) {
              request(elements);
            }

            @Override
            public void signalCancel() {
              cancel();
            }
          });
    }

    @Override
    protected void hookOnNext(Integer element) {
      probe.registerOnNext(element);
    }

    @Override
    protected void hookOnError(Throwable failure) {
      probe.registerOnError(failure);
    }

    @Override
    protected void hookOnComplete() {
      probe.registerOnComplete();
    }
  }
}
