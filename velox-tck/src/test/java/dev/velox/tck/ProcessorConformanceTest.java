package dev.velox.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.Rule.Origin;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Processor;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

class ProcessorConformanceTest {

  private static ProcessorConformance<Integer> multicast() {
    return ProcessorConformance.<Integer>of("Sinks.multicast", Emitter::new, n -> n)
        .fanOut(FanOut.LOCK_STEP)
        .failing(() -> Flux.error(new IllegalStateException("failed")));
  }

  @TestFactory
  Stream<DynamicNode> reactors_multicast_sink_with_an_upstream_follows_every_rule() {
    return multicast().tests();
  }

  @Test
  void every_check_of_the_official_kit_but_those_for_independent_subscribers_applies() {
    assertThat(multicast().rules()).filteredOn(rule -> rule.origin() == Origin.TCK).hasSize(46);
  }

  /** Reactor's multicast sink, which is a subscriber and a publisher, as one processor. */
  private static final class Emitter implements Processor<Integer, Integer> {
    private final Sinks.ManyWithUpstream<Integer> sink;
    private final Subscriber<Integer> in;

    @SuppressWarnings("unchecked")
    Emitter(int bufferSize) {
      sink = Sinks.unsafe().manyWithUpstream().multicastOnBackpressureBuffer(bufferSize, true);
      in = (Subscriber<Integer>) sink;
    }

    @Override
    public void subscribe(Subscriber<? super Integer> subscriber) {
      sink.asFlux().subscribe(subscriber);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      in.onSubscribe(subscription);
    }

    @Override
    public void onNext(Integer element) {
      in.onNext(element);
    }

    @Override
    public void onError(Throwable failure) {
      in.onError(failure);
    }

    @Override
    public void onComplete() {
      in.onComplete();
    }
  }
}
