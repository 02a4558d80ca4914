package dev.velox.reactor.worker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Builds a value that comes out of a script, token by token: {@code Integer}, {@code Long} or
 * {@code Double} for a number, whichever is the first to tell it exactly, {@code List}, {@code
 * Map}, {@code String}, {@code Boolean}, {@code Instant}, {@code byte[]}.
 */
final class CopyBuilder {

  private static final double MAX_EXACT = 1L << 53;

  /** A list or map that has begun, and the key of the value to come. */
  private static final class Open {
    final @Nullable List<@Nullable Object> list;
    final @Nullable Map<String, @Nullable Object> map;
    String key = "";

    Open(boolean isMap) {
      list = isMap ? null : new ArrayList<>();
      map = isMap ? new LinkedHashMap<>() : null;
    }

    void put(@Nullable Object value) {
      if (list != null) {
        list.add(value);
      } else if (map != null) {
        map.put(key, value);
      }
    }

    Object container() {
      return list != null ? list : map != null ? map : key;
    }
  }

  private final ArrayDeque<Open> open = new ArrayDeque<>();
  private @Nullable Object value;

  void put(@Nullable Object next) {
    Object normal = next instanceof Double number ? normal(number) : next;
    Open around = open.peek();
    if (around == null) {
      value = normal;
    } else {
      around.put(normal);
    }
  }

  void begin(Copy.Mark mark) {
    open.push(new Open(mark == Copy.Mark.MAP));
  }

  void key(String key) {
    open.element().key = key;
  }

  void end() {
    Object ended = open.pop().container();
    put(ended);
  }

  @Nullable Object value() {
    return value;
  }

  private static Number normal(double number) {
    boolean isWhole = number == Math.rint(number) && Math.abs(number) <= MAX_EXACT;
    boolean isNegativeZero = number == 0 && 1 / number < 0;
    if (!isWhole || isNegativeZero) {
      return number;
    }
    long whole = (long) number;
    if (whole == (int) whole) {
      return (int) whole;
    }
    return whole;
  }
}
