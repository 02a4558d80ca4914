package dev.velox.benchmarks.parallel;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * What is done with an item. Its answer is the item itself, so that a sum tells whether all came
 * through.
 */
public enum Work {
  /** The answer is there: what an operator can see without subscribing. */
  JUST {
    @Override
    public Mono<Integer> mono(int item) {
      return Mono.just(item);
    }

    @Override
    public int block(int item) {
      return item;
    }
  },
  /** The answer is there, but only a subscription shows it. */
  SYNC {
    @Override
    public Mono<Integer> mono(int item) {
      return Mono.just(item).hide();
    }

    @Override
    public int block(int item) {
      return item;
    }
  },
  /**
   * The answer comes from another thread. For a peer with a thread per item, that thread is the
   * hop.
   */
  HOP {
    @Override
    public Mono<Integer> mono(int item) {
      return Mono.just(item).publishOn(Schedulers.parallel());
    }

    @Override
    public int block(int item) {
      return item;
    }
  },
  /** The answer takes a millisecond. */
  TIMER {
    @Override
    public Mono<Integer> mono(int item) {
      return Mono.delay(Duration.ofMillis(1)).map(tick -> item);
    }

    @Override
    public int block(int item) {
      try {
        Thread.sleep(1);
        return item;
      } catch (InterruptedException stopped) {
        throw new IllegalStateException(stopped);
      }
    }
  };

  public abstract Mono<Integer> mono(int item);

  /** The same on a thread that may block. */
  public abstract int block(int item);
}
