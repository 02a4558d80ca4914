package dev.velox.reactor.stm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadLogTest {

  private static final int MANY = 20_000;

  // A log is swept when a piece is full.
  private static final int PIECE = 4096;

  private final ReadLog log = new ReadLog();

  private static List<TRef<Integer>> refs(int count) {
    return IntStream.range(0, count).mapToObj(TRef::of).toList();
  }

  private int read(List<TRef<Integer>> refs) {
    int dropped = 0;
    for (TRef<Integer> ref : refs) {
      dropped += log.add(ref, ref.head());
    }
    return dropped;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 10, 11, 1023, 1024, 1025, 5000, 20_000})
  void each_ref_is_told_once_with_the_head_that_was_read(int count) {
    List<TRef<Integer>> refs = refs(count);
    int dropped = read(refs) + read(refs) + read(refs);
    assertThat(log.size()).isEqualTo(3 * count - dropped);
    assertThat(log.refs()).hasSize(count);
    assertThat(new HashSet<>(log.refs())).isEqualTo(new HashSet<>(refs));
    IdentityHashMap<TRef<?>, Object> heads = log.heads();
    assertThat(heads).hasSize(count);
    for (TRef<Integer> ref : refs) {
      assertThat(log.headOf(ref)).isSameAs(ref.head());
      assertThat(heads.get(ref)).isSameAs(ref.head());
    }
    assertThat(log.headOf(TRef.of(-1))).isNull();
    assertThat(log.isCurrent()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 2000})
  void a_change_of_any_ref_is_noticed_and_what_was_read_is_still_known(int count) {
    for (int changed : new int[] {0, count / 2, count - 1}) {
      ReadLog fresh = new ReadLog();
      List<TRef<Integer>> refs = refs(count);
      refs.forEach(ref -> fresh.add(ref, ref.head()));
      Object before = refs.get(changed).head();
      refs.get(changed).write(-1).block();
      assertThat(fresh.isCurrent()).isFalse();
      assertThat(fresh.headOf(refs.get(changed))).isSameAs(before);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 400})
  void few_refs_read_for_ever_take_little_room(int count) {
    List<TRef<Integer>> refs = refs(count);
    int dropped = 0;
    for (int i = 0; i < MANY; i++) {
      dropped += read(refs);
      assertThat(log.size()).isLessThanOrEqualTo(2 * ReadLog.SWEPT_FROM);
    }
    assertThat(dropped + log.size()).isEqualTo(MANY * count);
  }

  @Test
  void a_log_of_many_refs_stays_within_a_multiple_of_them() {
    List<TRef<Integer>> refs = refs(MANY);
    for (int i = 0; i < 20; i++) {
      int ignored = read(refs);
      assertThat(log.size()).isLessThanOrEqualTo(8 * MANY + PIECE);
    }
    // Those that were read twice have been found, so it is looked for them soon again.
    assertThat(log.size()).isLessThanOrEqualTo(2 * MANY + PIECE);
    assertThat(log.refs()).hasSize(MANY);
  }
}
