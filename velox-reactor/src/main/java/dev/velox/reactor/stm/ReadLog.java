package dev.velox.reactor.stm;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a synchronous body has read: refs, each with the head that was there. Touched by the body's
 * thread only.
 *
 * <p>A read appends and searches nothing, since a head that is not newer than its attempt is the
 * same as any time before. So a ref read twice is there twice; a log that has become long is
 * searched for such refs before it grows, so its size stays within a small multiple of the refs.
 * The first two reads are fields: most transactions need no array.
 */
final class ReadLog {

  // Reads that the first piece has room for; the next has room for twice as many, and so on up to
  // so many: collectors treat an array apart that is very long.
  private static final int FIRST = 8;
  private static final int LAST = 1 << 12;

  // A log is never longer than so many times its refs, if it is long at all.
  private static final int MOST = 8;

  /** How long a log becomes before refs read twice are searched for. */
  static final int SWEPT_FROM = 1 << 14;

  private static final Object[] NONE = {};

  private @Nullable TRef<?> ref0;
  private @Nullable TRef<?> ref1;
  private @Nullable Object head0;
  private @Nullable Object head1;

  // The piece before it, then ref, head, ref, head ...
  private Object[] piece = NONE;
  private int next;
  private int size;
  private int limit = SWEPT_FROM;

  /** How many reads it holds. */
  int size() {
    return size;
  }

  /**
   * Takes note of a read.
   *
   * @return how many refs read twice were found now; mostly none is looked for
   */
  int add(TRef<?> ref, Object head) {
    int dropped = 0;
    if (size == 0) {
      ref0 = ref;
      head0 = head;
    } else if (size == 1) {
      ref1 = ref;
      head1 = head;
    } else {
      if (next == piece.length) {
        dropped = makeRoom();
      }
      Object[] last = piece;
      last[next] = ref;
      last[next + 1] = head;
      next += 2;
    }
    size++;
    return dropped;
  }

  private int makeRoom() {
    int dropped = size < limit ? 0 : sweep();
    if (next == piece.length) {
      beginPiece();
    }
    return dropped;
  }

  private void beginPiece() {
    int length = Math.max(1 + 2 * FIRST, 2 * piece.length - 1);
    Object[] longer = new Object[Math.min(length, 1 + 2 * LAST)];
    longer[0] = piece;
    piece = longer;
    next = 1;
  }

  /** Leaves each ref in the log once, but for the first two, and answers how many have gone. */
  private int sweep() {
    RefSet met = new RefSet(size);
    boolean ignored = ref0 != null && met.add(ref0) && ref1 != null && met.add(ref1);
    int before = size;
    int end = next;
    Object[] swept = piece;
    piece = NONE;
    next = 0;
    size = 2;
    for (Object[] each = swept; each.length > 0; each = (Object[]) each[0], end = each.length) {
      for (int i = 1; i < end; i += 2) {
        TRef<?> ref = (TRef<?>) each[i];
        if (met.add(ref)) {
          if (next == piece.length) {
            beginPiece();
          }
          piece[next] = ref;
          piece[next + 1] = each[i + 1];
          next += 2;
          size++;
        }
      }
    }
    int dropped = before - size;
    // Who reads ever new refs is rarely looked at again; who reads the same ones is soon.
    limit = Math.max(SWEPT_FROM, (dropped < before / 4 ? MOST : 2) * size);
    return dropped;
  }

  /** The head that was read; {@code null} if the ref was not read. */
  @Nullable Object headOf(TRef<?> ref) {
    if (ref == ref0) {
      return head0;
    }
    if (ref == ref1) {
      return head1;
    }
    int end = next;
    for (Object[] each = piece; each.length > 0; each = (Object[]) each[0], end = each.length) {
      for (int i = 1; i < end; i += 2) {
        if (each[i] == ref) {
          return each[i + 1];
        }
      }
    }
    return null;
  }

  /** Whether each ref still has the head that was read. */
  boolean isCurrent() {
    if (!(isCurrent(ref0, head0) && isCurrent(ref1, head1))) {
      return false;
    }
    int end = next;
    for (Object[] each = piece; each.length > 0; each = (Object[]) each[0], end = each.length) {
      for (int i = 1; i < end; i += 2) {
        if (((TRef<?>) each[i]).head() != each[i + 1]) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isCurrent(@Nullable TRef<?> ref, @Nullable Object head) {
    return ref == null || ref.head() == head;
  }

  interface Reader {
    void read(TRef<?> ref, Object head);
  }

  /** Each ref that was read, once. */
  private void forEachOnce(Reader reader) {
    RefSet met = new RefSet(size);
    once(met, ref0, head0, reader);
    once(met, ref1, head1, reader);
    int end = next;
    for (Object[] each = piece; each.length > 0; each = (Object[]) each[0], end = each.length) {
      for (int i = 1; i < end; i += 2) {
        once(met, (TRef<?>) each[i], each[i + 1], reader);
      }
    }
  }

  private static void once(
      RefSet met, @Nullable TRef<?> ref, @Nullable Object head, Reader reader) {
    if (ref != null && head != null && met.add(ref)) {
      reader.read(ref, head);
    }
  }

  List<TRef<?>> refs() {
    List<TRef<?>> refs = new ArrayList<>();
    forEachOnce((ref, head) -> refs.add(ref));
    return refs;
  }

  IdentityHashMap<TRef<?>, Object> heads() {
    IdentityHashMap<TRef<?>, Object> heads = new IdentityHashMap<>();
    forEachOnce(heads::put);
    return heads;
  }
}
