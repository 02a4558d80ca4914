package dev.velox.reactor.stm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.stm.History.Append;
import dev.velox.reactor.stm.History.Attempt;
import dev.velox.reactor.stm.History.Read;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Random transactions, recorded and checked by a checker that knows nothing of the engine. */
class StmHistoryTest {

  private static final int KEYS = 8;

  /** How the recorded transactions are run: well, or in ways that break what is promised. */
  private enum Engine {
    SOUND,
    /** Each read and write is a transaction of its own. */
    NOT_ATOMIC,
    /** Reads are of before the transaction, as if a commit did not validate. */
    UNVALIDATED,
    /** Reads are of a state that was over when the transaction began. */
    STALE
  }

  private final AtomicLong clock = new AtomicLong();
  private final AtomicInteger values = new AtomicInteger();
  private final AtomicInteger ids = new AtomicInteger();
  private final Queue<Attempt> attempts = new ConcurrentLinkedQueue<>();
  private final List<TRef<List<Integer>>> keys = new ArrayList<>();

  StmHistoryTest() {
    for (int i = 0; i < KEYS; i++) {
      keys.add(TRef.of(List.of()));
    }
  }

  @Test
  void a_recorded_history_is_strictly_serialisable_and_opaque() {
    record(Engine.SOUND, 4, 2_000);
    assertThat(check()).isEmpty();
    assertThat(attempts.size()).isGreaterThanOrEqualTo(8_000);
  }

  @Test
  @Tag("stress")
  void a_long_recorded_history_is_strictly_serialisable_and_opaque() {
    // Lists grow with each append, so a long history is many shorter ones.
    long checked = 0;
    while (checked < 200_000) {
      StmHistoryTest part = new StmHistoryTest();
      part.record(Engine.SOUND, 8, 2_500);
      assertThat(part.check()).isEmpty();
      checked += part.attempts.size();
    }
  }

  /** In one history of many: in one whose tasks ran one after the other nothing went wrong. */
  private static void assertCaught(Engine engine) {
    boolean caught = false;
    for (int histories = 0; !caught && histories < 100; histories++) {
      StmHistoryTest part = new StmHistoryTest();
      part.record(engine, 4, 1_000);
      caught = part.check().isPresent();
    }
    assertThat(caught).isTrue();
  }

  @Test
  void an_engine_that_is_not_atomic_is_caught() {
    assertCaught(Engine.NOT_ATOMIC);
  }

  @Test
  void an_engine_that_does_not_validate_is_caught() {
    assertCaught(Engine.UNVALIDATED);
  }

  @Test
  void an_engine_that_reads_the_past_is_caught() {
    record(Engine.STALE, 1, 1_000);
    assertThat(check().orElseThrow()).startsWith("cycle");
  }

  private java.util.Optional<String> check() {
    List<List<Integer>> finals = keys.stream().map(TRef::peek).toList();
    return History.violation(List.copyOf(attempts), finals);
  }

  private void record(Engine engine, int tasks, int each) {
    Tasks.run(
        tasks,
        task -> {
          Random random = new Random(task);
          for (int i = 0; i < each; i++) {
            one(engine, random, i);
          }
        });
  }

  /** What is done to one key: a read, or a read and an append. */
  private record Step(int key, boolean append) {}

  private void one(Engine engine, Random random, int number) {
    List<Step> steps = new ArrayList<>();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      steps.add(new Step(random.nextInt(KEYS), random.nextInt(3) == 0));
    }
    boolean fails = random.nextInt(20) == 0;
    switch (engine) {
      case SOUND -> {
        switch (number % 4) {
          case 0, 1 -> sync(steps, fails);
          case 2 -> async(steps, fails, random.nextInt(100) == 0);
          default -> nested(steps);
        }
      }
      case NOT_ATOMIC -> notAtomic(steps);
      case UNVALIDATED -> unvalidated(steps);
      case STALE -> stale(steps);
    }
  }

  private Recording begin() {
    return new Recording(clock.getAndIncrement());
  }

  /** The runs of one transaction. Made before it is subscribed. */
  private final class Runs {
    private final List<Recording> all = new ArrayList<>();
    // A run has its snapshot before its body is called: it began not before this.
    private long earliest = clock.getAndIncrement();

    Recording next() {
      Recording recording = new Recording(earliest);
      earliest = clock.getAndIncrement();
      all.add(recording);
      return recording;
    }

    /** All runs but the last were lost. */
    void end(boolean committed) {
      for (int i = 0; i < all.size(); i++) {
        all.get(i).end(committed && i == all.size() - 1);
      }
    }
  }

  private final class Recording {
    private final long began;
    private final List<Read> reads = new ArrayList<>();
    private final List<Append> appends = new ArrayList<>();

    Recording(long began) {
      this.began = began;
    }

    void read(int key, List<Integer> seen) {
      reads.add(new Read(key, seen));
    }

    List<Integer> append(int key, List<Integer> seen) {
      int value = values.incrementAndGet();
      List<Integer> longer = new ArrayList<>(seen);
      longer.add(value);
      appends.add(new Append(key, value));
      return List.copyOf(longer);
    }

    void end(boolean committed) {
      attempts.add(
          new Attempt(
              ids.incrementAndGet(),
              began,
              clock.getAndIncrement(),
              committed,
              List.copyOf(reads),
              List.copyOf(appends)));
    }
  }

  private static final class Expected extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private void perform(Transaction tx, Recording recording, List<Step> steps) {
    for (Step step : steps) {
      List<Integer> seen = tx.get(keys.get(step.key));
      recording.read(step.key, seen);
      if (step.append) {
        tx.set(keys.get(step.key), recording.append(step.key, seen));
      }
    }
  }

  private void sync(List<Step> steps, boolean fails) {
    Runs runs = new Runs();
    try {
      Stm.atomic(
              (Transaction tx) -> {
                Recording recording = runs.next();
                perform(tx, recording, steps);
                if (fails) {
                  throw new Expected();
                }
              })
          .block();
      runs.end(true);
    } catch (Expected expected) {
      runs.end(false);
    }
  }

  private void nested(List<Step> steps) {
    Runs runs = new Runs();
    Stm.atomic(
            (Transaction tx) -> {
              Recording recording = runs.next();
              Recording undone = new Recording(recording.began);
              try {
                tx.nested(
                    inner -> {
                      perform(inner, undone, steps);
                      throw new Expected();
                    });
              } catch (Expected expected) {
                // What it read counts, what it appended must never be seen.
              }
              undone.end(false);
              tx.orElse(
                  left -> {
                    perform(left, undone, steps);
                    return left.retry();
                  },
                  right -> {
                    perform(right, recording, steps);
                    return null;
                  });
            })
        .block();
    runs.end(true);
  }

  private void async(List<Step> steps, boolean fails, boolean slow) {
    Runs runs = new Runs();
    try {
      Stm.atomicMono(
              tx -> {
                Recording recording = runs.next();
                return Flux.fromIterable(steps)
                    .concatMap(
                        step -> {
                          TRef<List<Integer>> key = keys.get(step.key);
                          Mono<Void> done =
                              key.read()
                                  .flatMap(
                                      seen -> {
                                        recording.read(step.key, seen);
                                        return step.append
                                            ? key.write(recording.append(step.key, seen))
                                            : Mono.empty();
                                      });
                          return slow ? Mono.delay(Duration.ofMillis(1)).then(done) : done;
                        })
                    .then(fails ? Mono.error(new Expected()) : Mono.empty());
              })
          .block();
      runs.end(true);
    } catch (Expected expected) {
      runs.end(false);
    }
  }

  // --- engines with a planted fault

  private void notAtomic(List<Step> steps) {
    Recording recording = begin();
    for (Step step : steps) {
      TRef<List<Integer>> key = keys.get(step.key);
      List<Integer> seen = key.read().block();
      recording.read(step.key, seen);
      if (step.append) {
        key.write(recording.append(step.key, seen)).block();
      }
    }
    recording.end(true);
  }

  private void unvalidated(List<Step> steps) {
    Recording recording = begin();
    List<List<Integer>> before = Stm.readOnly(tx -> keys.stream().map(tx::get).toList()).block();
    Stm.atomic(
            (Transaction tx) -> {
              List<List<Integer>> now = new ArrayList<>(before);
              for (Step step : steps) {
                List<Integer> seen = now.get(step.key);
                recording.read(step.key, seen);
                if (step.append) {
                  now.set(step.key, recording.append(step.key, seen));
                  tx.set(keys.get(step.key), now.get(step.key));
                }
              }
            })
        .block();
    recording.end(true);
  }

  private void stale(List<Step> steps) {
    List<Integer> old = keys.get(0).peek();
    sync(List.of(new Step(0, true)), false);
    Recording recording = begin();
    recording.read(0, old);
    recording.end(true);
    sync(steps, false);
  }

  // --- the checker itself, on histories small enough to see

  @Test
  void the_checker_accepts_a_serial_history() {
    assertThat(
            History.violation(
                List.of(
                    committed(1, 0, 1, List.of(new Read(0, List.of())), new Append(0, 1)),
                    committed(2, 2, 3, List.of(new Read(0, List.of(1))), new Append(1, 2)),
                    committed(3, 1, 5, List.of(new Read(0, List.of(1)), new Read(1, List.of())))),
                List.of(List.of(1), List.of(2))))
        .isEmpty();
  }

  @Test
  void the_checker_names_each_kind_of_violation() {
    // Lost update: both read nothing, one append is gone.
    assertThat(
            History.violation(
                List.of(
                    committed(1, 0, 3, List.of(new Read(0, List.of())), new Append(0, 1)),
                    committed(2, 0, 3, List.of(new Read(0, List.of())), new Append(0, 2))),
                List.of(List.of(2))))
        .hasValueSatisfying(message -> assertThat(message).startsWith("lost update"));
    // Write skew: each read what the other then wrote.
    assertThat(
            History.violation(
                List.of(
                    committed(1, 0, 3, List.of(new Read(1, List.of())), new Append(0, 1)),
                    committed(2, 0, 3, List.of(new Read(0, List.of())), new Append(1, 2))),
                List.of(List.of(1), List.of(2))))
        .hasValueSatisfying(message -> assertThat(message).startsWith("cycle"));
    // A mixed read, by an attempt that was not committed.
    assertThat(
            History.violation(
                List.of(
                    committed(1, 0, 3, List.of(), new Append(0, 1), new Append(1, 2)),
                    new Attempt(
                        2,
                        0,
                        3,
                        false,
                        List.of(new Read(0, List.of(1)), new Read(1, List.of())),
                        List.of())),
                List.of(List.of(1), List.of(2))))
        .hasValueSatisfying(message -> assertThat(message).startsWith("cycle"));
    // Out of date: it began after the write had ended, and did not see it.
    assertThat(
            History.violation(
                List.of(
                    committed(1, 0, 1, List.of(), new Append(0, 1)),
                    committed(2, 2, 3, List.of(new Read(0, List.of())))),
                List.of(List.of(1))))
        .hasValueSatisfying(message -> assertThat(message).startsWith("cycle"));
    // A write of what was rolled back.
    assertThat(
            History.violation(
                List.of(new Attempt(1, 0, 1, false, List.of(), List.of(new Append(0, 1)))),
                List.of(List.of(1))))
        .hasValueSatisfying(message -> assertThat(message).startsWith("aborted write"));
  }

  private static Attempt committed(
      int id, long began, long ended, List<Read> reads, Append... appends) {
    return new Attempt(id, began, ended, true, reads, List.of(appends));
  }
}
